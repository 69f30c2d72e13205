package store

import (
	"errors"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
)

// storedLanguage returns what a closed store's truth says, after writing another if it is given.
func storedLanguage(t *testing.T, dir, other string) (language string) {
	t.Helper()
	db, err := openFile(filepath.Join(dir, truthName), false)
	if err == nil {
		err = db.Update(func(tx *bolt.Tx) error {
			language = string(tx.Bucket(bucketMeta).Get(metaLanguage))
			if other == "" {
				return nil
			}
			return tx.Bucket(bucketMeta).Put(metaLanguage, []byte(other))
		})
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return language
}

// TestTheTruthNamesTheLanguage: where it is not English; one of a later version is
// unsupported, and segments of another language than the truth's are built again.
func TestTheTruthNamesTheLanguage(t *testing.T) {
	dir := t.TempDir()
	fill := func(language string) {
		t.Helper()
		s := openStore(t, dir, Options{Language: language})
		if _, err := s.Add(t.Context(), notes(3000)); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	fill("")
	if got := storedLanguage(t, dir, ""); got != "" {
		t.Fatalf("English stands in the truth as %q", got)
	}
	dir = t.TempDir()
	fill("de")
	if got := storedLanguage(t, dir, "xx"); got != "de" {
		t.Fatalf("German stands in the truth as %q", got)
	}
	if _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, model.ErrUnsupported) {
		t.Fatalf("opened in a language that nobody knows: %v", err)
	}
	for language, outdated := range map[string]bool{"de": false, "fr": true} {
		storedLanguage(t, dir, language)
		s := openStore(t, dir, Options{ReadOnly: true})
		if st, err := s.Stats(); err != nil || st.Language != language || s.Language() != language || (st.Outdated > 0) != outdated || st.Discarded > 0 {
			t.Fatalf("language %q, %d segments outdated, %d discarded, %v", st.Language, st.Outdated, st.Discarded, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
