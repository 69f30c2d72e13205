//go:build !linux

package store

import bolt "go.etcd.io/bbolt"

// restFile does nothing: elsewhere pages that were read are not sure to be as good as dropped.
func restFile(*bolt.DB) {}
