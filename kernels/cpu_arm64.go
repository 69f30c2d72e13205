package kernels

import "golang.org/x/sys/cpu"

// detectFeatures asks the operating system; every arm64 CPU that Go runs on has NEON.
func detectFeatures() (f feature) {
	f = featureNEON
	if cpu.ARM64.HasASIMDDP {
		f |= featureDotProd
	}
	if cpu.ARM64.HasI8MM {
		f |= featureI8MM
	}
	if cpu.ARM64.HasSVE {
		f |= featureSVE
	}
	return f
}
