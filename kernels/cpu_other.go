//go:build !amd64 && !arm64

package kernels

// detectFeatures finds nothing: no kernel is written for this architecture.
func detectFeatures() feature { return 0 }
