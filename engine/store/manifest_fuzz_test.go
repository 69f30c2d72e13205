package store

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// FuzzManifest opens a store whose manifest has a row of any bytes: it opens whole, what
// the row names being rebuilt, or says that it is corrupt.
func FuzzManifest(f *testing.F) {
	origin := f.TempDir()
	s, err := Open(context.Background(), origin, Options{})
	if err != nil {
		f.Fatal(err)
	}
	if _, err := s.Add(context.Background(), numbered(100)); err != nil {
		f.Fatal(err)
	}
	if err := s.Close(); err != nil {
		f.Fatal(err)
	}
	row := func(first, last uint64, sum uint32) []byte {
		return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, first), last), sum)
	}
	f.Add(idBytes(1), row(1, 100, 0))
	f.Add(idBytes(2), row(1, 100, 7))
	f.Add(idBytes(1<<64-1), row(1<<64-1, 0, 7))
	f.Add(idBytes(0), row(0, 1<<64-1, 0))
	f.Add([]byte("short"), []byte{})
	f.Fuzz(func(t *testing.T, key, value []byte) {
		if len(key) == 0 || len(key) > bolt.MaxKeySize {
			return
		}
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(origin)); err != nil {
			t.Fatal(err)
		}
		db, err := bolt.Open(filepath.Join(dir, truthName), 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(func(tx *bolt.Tx) error { return tx.Bucket(bucketSegments).Put(key, value) })
		if db.Close(); err != nil {
			t.Fatal(err)
		}
		s, err := Open(context.Background(), dir, Options{Files: vfs.OS})
		if err != nil {
			if model.CodeOf(err) != model.CodeCorrupt {
				t.Fatal(err)
			}
			return
		}
		wantSound(t, s, 100)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
