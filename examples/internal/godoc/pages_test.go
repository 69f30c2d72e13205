package godoc

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPagesAreCutAndInOrder(t *testing.T) {
	dir := t.TempDir()
	long := "# Title\n\n" + strings.Repeat("One sentence of a long page follows another. ", 300)
	for name, text := range map[string]string{
		"b.md": "# B\n\nShort.", "a/long.md": long, "a/code.go": "package a", ".hidden/x.md": "x", "testdata/y.md": "y",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var keys []string
	seen := map[string]bool{}
	for r, err := range Pages(dir) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[r.Key] || r.Text == "" || !strings.HasPrefix(r.Key, r.Source+"#") {
			t.Errorf("record %+v", r)
		}
		seen[r.Key] = true
		keys = append(keys, r.Key)
	}
	if len(keys) < 4 || keys[0] != "a/long.md#0" || keys[len(keys)-1] != "b.md#0" {
		t.Errorf("keys %q", keys)
	}
}

func TestPagesOfNowhere(t *testing.T) {
	for _, err := range Pages(filepath.Join(t.TempDir(), "none")) {
		if err == nil {
			t.Error("no error")
		}
	}
}
