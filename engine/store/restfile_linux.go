package store

import (
	"syscall"

	bolt "go.etcd.io/bbolt"
)

// restFile gives the pages of truth.db back that have been read. They stay in the system's
// cache. The caller is the writer, or there is none.
func restFile(db *bolt.DB) {
	_ = db.View(func(tx *bolt.Tx) error { // it keeps the file mapped where it is
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, db.Info().Data, uintptr(tx.Size()), syscall.MADV_DONTNEED) // advice
		return nil
	})
}
