package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

func TestExportFileAndImportFileTellHowFarTheyAre(t *testing.T) {
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "a"), engine.Options{})
	for i := range 40 {
		add(t, db, engine.Memory{Key: fmt.Sprint(i), Text: fmt.Sprintf("text %d %s", i, strings.Repeat("word ", 2000))})
	}
	path := filepath.Join(dir, "out.jsonl")
	var done, total uint64
	tell := func(d, t uint64) { done, total = d, t }
	if count, err := db.ExportFile(t.Context(), path, tell); count != 40 || err != nil || done != 40 || total != 40 {
		t.Fatalf("exported %d (%v), told %d of %d", count, err, done, total)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	other := open(t, filepath.Join(dir, "b"), engine.Options{})
	report, err := other.ImportFile(t.Context(), path, engine.ImportOptions{}, tell)
	if report.Added != 40 || err != nil || done != uint64(info.Size()) || total != done {
		t.Errorf("imported %+v (%v), told %d of %d bytes", report, err, done, total)
	}
}

func TestAnInterruptedExportLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "store"), engine.Options{})
	for i := range 100 {
		add(t, db, engine.Memory{Text: fmt.Sprintf("text %d %s", i, strings.Repeat("word ", 2000))})
	}
	out := filepath.Join(dir, "out")
	path := filepath.Join(out, "export.jsonl")
	if err := errors.Join(os.Mkdir(out, 0o755), os.WriteFile(path, []byte("the one before"), 0o644)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := db.ExportFile(ctx, path, func(uint64, uint64) { cancel() })
	if !errors.Is(err, engine.ErrCancelled) {
		t.Errorf("error %v", err)
	}
	entries, _ := os.ReadDir(out)
	content, _ := os.ReadFile(path)
	if len(entries) != 1 || string(content) != "the one before" {
		t.Errorf("left behind: %v, %q", entries, content)
	}
}

func TestFilesThatCannotBeUsedGiveTypedErrors(t *testing.T) {
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "store"), engine.Options{})
	add(t, db, engine.Memory{Text: "text"})
	for name, c := range map[string]struct {
		run  func(path string) error
		path string
		want error
	}{
		"export into no folder":  {func(p string) error { _, err := db.ExportFile(t.Context(), p, nil); return err }, "none/x", engine.ErrNotFound},
		"export under a file":    {func(p string) error { _, err := db.ExportFile(t.Context(), p, nil); return err }, "store/LOCK/x", engine.ErrInvalid},
		"export over a folder":   {func(p string) error { _, err := db.ExportFile(t.Context(), p, nil); return err }, "store", engine.ErrInvalid},
		"export, NUL in a name":  {func(p string) error { _, err := db.ExportFile(t.Context(), p, nil); return err }, "a\x00b", engine.ErrInvalid},
		"import of no file":      {func(p string) error { _, err := db.ImportFile(t.Context(), p, engine.ImportOptions{}, nil); return err }, "none", engine.ErrNotFound},
		"import of a directory":  {func(p string) error { _, err := db.ImportFile(t.Context(), p, engine.ImportOptions{}, nil); return err }, "store", engine.ErrInvalid},
		"import of a binary one": {func(p string) error { _, err := db.ImportFile(t.Context(), p, engine.ImportOptions{}, nil); return err }, "store/truth.db", nil},
	} {
		if err := c.run(filepath.Join(dir, c.path)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestAnExportReplacesNeitherALinkNorAPipe(t *testing.T) {
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "store"), engine.Options{})
	add(t, db, engine.Memory{Text: "text"})
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(file, []byte("before"), 0o644), os.Symlink("file", link)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExportFile(t.Context(), link, nil); err != nil {
		t.Fatal(err)
	}
	content, _ := os.ReadFile(file)
	if target, err := os.Readlink(link); err != nil || target != "file" || !strings.Contains(string(content), `"text"`) {
		t.Errorf("the link is %q (%v), the file %q", target, err, content)
	}
	pipe := filepath.Join(dir, "pipe") // not a device of the machine: a bug would replace that
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string, 1)
	go func() {
		data, _ := os.ReadFile(pipe)
		read <- string(data)
	}()
	if count, err := db.ExportFile(t.Context(), pipe, nil); count != 1 || err != nil {
		t.Fatalf("to a pipe: %d, %v", count, err)
	}
	select {
	case got := <-read:
		if !strings.Contains(got, `"text"`) {
			t.Errorf("the pipe gave %q", got)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came through the pipe")
	}
	if info, err := os.Stat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Error("the pipe is gone")
	}
}
