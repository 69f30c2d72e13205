package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
)

// The formats of a source.
const (
	formatJSONL    = "jsonl"
	formatText     = "text"
	formatMarkdown = "markdown"
)

const stdinPath = "-"

// formats maps endings of file names to formats. A file that is named on the
// command line and is not here is text.
var formats = map[string]string{
	".jsonl": formatJSONL, ".ndjson": formatJSONL, ".json": formatJSONL,
	".md": formatMarkdown, ".markdown": formatMarkdown,
	".txt": formatText, ".text": formatText, ".rst": formatText, ".org": formatText, ".adoc": formatText,
}

// unwalked is what a walk of a directory passes over all the same: most .json
// files are one document over many lines, not memories.
const unwalked = ".json"

func walked(path string) bool {
	ending := strings.ToLower(filepath.Ext(path))
	return formats[ending] != "" && ending != unwalked
}

// walkedNames lists the endings that a walk reads, for the help.
func walkedNames() string {
	var names []string
	for ending := range formats {
		if walked(ending) {
			names = append(names, ending)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// source is a file to read; standard input has the path "-".
type source struct {
	path    string
	size    int64 // -1: unknown
	regular bool
	changed time.Time
}

func (s source) name() string {
	switch s.path {
	case "":
		return "--text"
	case stdinPath:
		return "standard input"
	}
	return s.path
}

// file is the name in an ack.
func (s source) file() string {
	if s.path == stdinPath {
		return ""
	}
	return s.path
}

func (s source) formatOr(format string) string {
	switch {
	case format != "":
		return format
	case s.path == stdinPath:
		return formatJSONL
	}
	if format = formats[strings.ToLower(filepath.Ext(s.path))]; format != "" {
		return format
	}
	return formatText
}

// open opens the source. A named pipe opens when somebody begins to write to it: a signal
// ends waiting for that, with errInterrupted.
func (s source) open(ctx context.Context, stdin io.Reader) (io.ReadCloser, error) {
	path := filepath.FromSlash(s.path)
	switch {
	case s.path == stdinPath:
		return io.NopCloser(stdin), nil
	case s.regular:
		return os.Open(path)
	}
	type outcome struct {
		file *os.File
		err  error
	}
	opened := make(chan outcome, 1)
	go func() {
		f, err := os.Open(path)
		opened <- outcome{f, err}
	}()
	select {
	case o := <-opened:
		return o.file, o.err
	case <-ctx.Done():
		return nil, errInterrupted
	}
}

// expand turns the arguments into sources. What is not there is reported,
// counted and left out.
func (in *intake) expand(args []string) (sources []source) {
	for _, arg := range args {
		if arg == stdinPath {
			sources = append(sources, source{path: stdinPath, size: -1})
			continue
		}
		path := filepath.Clean(arg)
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && strings.Contains(arg, " "):
			in.skip(arg, fmt.Errorf("%w; to add the words themselves: --text", reason(err)))
		case err != nil:
			in.skip(arg, reason(err))
		case info.IsDir():
			sources = in.walk(sources, path)
		default:
			sources = append(sources, newSource(path, info))
		}
	}
	return sources
}

// sourcePath is the path that memories cut from a file have as their Source.
func sourcePath(path string) string { return filepath.ToSlash(filepath.Clean(path)) }

func newSource(path string, info fs.FileInfo) source {
	s := source{path: sourcePath(path), size: -1, regular: info.Mode().IsRegular(), changed: info.ModTime()}
	if s.regular {
		s.size = info.Size()
	}
	return s
}

// walk adds the text files below a directory, in the order of names. Links to
// files are followed, links to directories are not.
func (in *intake) walk(sources []source, root string) []source {
	filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		hidden := path != root && strings.HasPrefix(filepath.Base(path), ".")
		switch {
		case err != nil:
			in.skip(path, reason(err))
			return nil
		case hidden && entry.IsDir():
			return fs.SkipDir
		case hidden || entry.IsDir() || !walked(path):
			return nil
		}
		info, err := os.Stat(path)
		switch {
		case err != nil:
			in.skip(path, reason(err))
		case info.Mode().IsRegular():
			sources = append(sources, newSource(path, info))
		}
		return nil
	})
	return sources
}

// totalBytes returns the size of all sources, -1 where that is not known.
func totalBytes(sources []source) (total int64) {
	for _, s := range sources {
		if s.size < 0 {
			return -1
		}
		total += s.size
	}
	return total
}

// reason takes the path off an error that is printed behind that path.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// sourceFault is an error of a source, not of the store: the next can be read.
type sourceFault struct{ error }

func (f sourceFault) Unwrap() error { return f.error }

// sourceReader reads a source until it ends or the verb is to stop.
type sourceReader struct {
	ctx context.Context
	in  *intake
	r   io.Reader
	err error // what ended it, if not its end

	first byte // the first that is no white space; 0: not yet read
}

// reader returns a reader that a signal can end, even where it waits for input.
func (in *intake) reader(ctx context.Context, s source, f io.Reader) *sourceReader {
	if !s.regular {
		f = pump(ctx, f)
	}
	return &sourceReader{ctx: ctx, in: in, r: f}
}

func (r *sourceReader) Read(p []byte) (int, error) {
	switch {
	case r.err != nil:
	case r.ctx.Err() != nil:
		r.err = errInterrupted
	case r.in.failed != nil:
		r.err = r.in.failed
	}
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.r.Read(p)
	r.in.progress.read(n)
	if r.first == 0 {
		if head := bytes.TrimSpace(p[:n]); len(head) > 0 {
			r.first = head[0]
		}
	}
	switch {
	case err == nil || err == io.EOF:
	case errors.Is(err, model.ErrCancelled):
		r.err = err
	default:
		r.err = sourceFault{reason(err)}
		err = r.err
	}
	return n, err
}

// pumpBytes is what one read of a pipe takes at most.
const pumpBytes = 256 << 10

// pump reads f in a goroutine of its own, so that waiting for it can be ended.
// The goroutine stays in its last read until the process ends.
func pump(ctx context.Context, f io.Reader) io.Reader {
	r, w := io.Pipe()
	context.AfterFunc(ctx, func() { w.CloseWithError(errInterrupted) })
	go func() {
		_, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{f}, make([]byte, pumpBytes))
		w.CloseWithError(err)
	}()
	return r
}
