package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/chunk"
	"github.com/nexus-memory/nexus/engine/model"
)

// pieces cuts a text file into memories and adds them. A regular file is read
// once before, so that nothing of a binary file is added.
func (in *intake) pieces(ctx context.Context, s source, f io.Reader, r *sourceReader) error {
	if seeker, ok := f.(io.Seeker); ok && s.regular {
		if err := checkTextFile(ctx, f); err != nil {
			return err
		}
		if _, err := seeker.Seek(0, io.SeekStart); err != nil {
			return sourceFault{reason(err)}
		}
	}
	c := cutter{r: r, options: in.flags.chunks, line: 1}
	var memories []engine.Memory
	var lines []int
	for {
		p, err := c.next()
		ended := err != nil
		if err == io.EOF {
			err = nil
		}
		if !ended {
			memories, lines = append(memories, in.piece(s, p)), append(lines, p.line)
		}
		if ended || len(memories) == in.flags.batch {
			if commitErr := in.commit(ctx, s, memories, lines); commitErr != nil {
				return errors.Join(commitErr, err)
			}
			memories, lines = memories[:0], lines[:0]
		}
		if ended {
			return err
		}
	}
}

// piece makes a memory of a piece. Only what has a path can have a key.
func (in *intake) piece(s source, p piece) engine.Memory {
	m := engine.Memory{Text: p.text, EventTime: s.changed}
	if s.path != stdinPath {
		m.Key = fmt.Sprintf("%s#%d", s.path, p.start)
		m.Source, m.Start, m.End = s.path, p.start, p.start+uint64(len(p.text))
	}
	in.flags.complete(&m)
	return m
}

// commit adds memories together, or one by one where that fails for one of
// them. It runs to its end whatever becomes of ctx.
func (in *intake) commit(ctx context.Context, s source, memories []engine.Memory, lines []int) error {
	ctx = context.WithoutCancel(ctx)
	ids, err := in.db.Add(ctx, memories...)
	if err == nil {
		in.acknowledge(s, lines, memories, ids)
		return in.failed
	}
	if !memorysFault(err) {
		return err
	}
	for i := range memories {
		id, err := in.addOne(ctx, memories[i])
		switch {
		case err == nil:
			in.acknowledge(s, lines[i:i+1], memories[i:i+1], []engine.ID{id})
		case memorysFault(err):
			in.bad(s, lines[i], err)
		default:
			return err
		}
	}
	return in.failed
}

// addOne adds a memory. One that is there with the same text is there, even if
// its file has got another date since.
func (in *intake) addOne(ctx context.Context, m engine.Memory) (engine.ID, error) {
	ids, err := in.db.Add(ctx, m)
	if err == nil {
		return ids[0], nil
	}
	if errors.Is(err, engine.ErrExists) {
		old, getErr := in.db.GetByKey(ctx, m.Tenant, m.Key)
		if getErr != nil {
			return 0, errors.Join(err, getErr)
		}
		if old.Text == m.Text && old.Scope == m.Scope {
			return old.ID, nil
		}
		return 0, fmt.Errorf("its key is taken by memory %d with other content; run: %s, then add again: %w", old.ID, clearing(&m, &old), engine.ErrExists)
	}
	return 0, err
}

// clearing is the command that makes room for a memory whose key old has.
func clearing(m, old *engine.Memory) string {
	command := fmt.Sprintf("nexus delete %d", old.ID)
	if m.Source != "" && old.Source == m.Source {
		command = "nexus delete --source " + shellWord(m.Source)
		if m.Tenant != "" {
			command += " --tenant " + shellWord(m.Tenant)
		}
	}
	return command
}

// shellWord quotes what a shell would take apart.
func shellWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-+,:@%=", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// memorysFault reports whether an error is about a memory, not about the store.
func memorysFault(err error) bool {
	return errors.Is(err, engine.ErrInvalid) || errors.Is(err, engine.ErrExists) || errors.Is(err, engine.ErrDimension)
}

// piece is a passage of a text.
type piece struct {
	text  string
	start uint64 // byte within the source
	line  int    // on which it starts, from 1
}

// windowBytes is how much of a text is looked at together: far more than a
// piece, and little memory for a file of any size.
const windowBytes = 1 << 20

// cutter cuts a text of any length into pieces.
type cutter struct {
	r       io.Reader
	options chunk.Options

	window []byte // read, and not cut yet
	base   uint64 // byte of the source at which window starts
	line   int    // line of the source at which window starts
	ended  bool   // window is the last
	ready  []piece
	ranges []chunk.Range
}

// next returns the next piece, io.EOF after the last, or why there is none.
func (c *cutter) next() (piece, error) {
	for len(c.ready) == 0 {
		if c.ended && len(c.window) == 0 {
			return piece{}, io.EOF
		}
		if err := c.cut(); err != nil {
			return piece{}, err
		}
	}
	p := c.ready[0]
	c.ready = c.ready[1:]
	return p, nil
}

// cut fills the window and cuts it. Unless it is the last, the window's last
// piece is cut again with what follows it.
func (c *cutter) cut() error {
	if err := c.fill(); err != nil {
		return err
	}
	valid, err := checkText(c.window, c.base, c.ended)
	if err != nil {
		return err
	}
	text := string(c.window[:valid])
	if c.ranges, err = chunk.Split(c.ranges[:0], text, c.options); err != nil {
		return err
	}
	used := valid
	if n := len(c.ranges); n > 0 && !c.ended {
		if used = c.ranges[n-1].End; n > 1 {
			used = c.ranges[n-1].Start
			c.ranges = c.ranges[:n-1]
		}
	}
	c.ready = c.ready[:0]
	at, line := 0, c.line
	for _, r := range c.ranges {
		line += newlines(text, at, r.Start)
		at = r.Start
		c.ready = append(c.ready, piece{text[r.Start:r.End], c.base + uint64(r.Start), line})
	}
	c.line = line + newlines(text, at, used)
	c.base += uint64(used)
	c.window = c.window[:copy(c.window, c.window[used:])]
	return nil
}

// newlines counts line ends between two places; going back they are negative.
func newlines(text string, from, to int) int {
	if from > to {
		return -newlines(text, to, from)
	}
	return bytes.Count([]byte(text[from:to]), []byte{'\n'})
}

// fill reads until the window is full or the source at its end. A byte order
// mark is passed over.
func (c *cutter) fill() error {
	have := len(c.window)
	if cap(c.window) < windowBytes {
		c.window = append(make([]byte, 0, windowBytes), c.window...)
	}
	n, err := io.ReadFull(c.r, c.window[have:windowBytes])
	c.window = c.window[:have+n]
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		c.ended = true
	case err != nil:
		return err
	}
	if c.base == 0 && bytes.HasPrefix(c.window, byteOrderMark) {
		c.window, c.base = c.window[len(byteOrderMark):], uint64(len(byteOrderMark))
	}
	return nil
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// checkTextFile reads a file to its end and reports where it is no text.
func checkTextFile(ctx context.Context, f io.Reader) error {
	block, have, base := make([]byte, windowBytes), 0, uint64(0)
	for {
		if ctx.Err() != nil {
			return errInterrupted
		}
		n, err := io.ReadFull(f, block[have:])
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return sourceFault{reason(err)}
		}
		valid, err := checkText(block[:have+n], base, last)
		if err != nil || last {
			return err
		}
		base += uint64(valid)
		have = copy(block, block[valid:have+n])
	}
}

// checkText returns how much of block, which starts at byte base, is whole
// characters of UTF-8, or at which byte it is no text. Unless it is the last
// block, its last character may be cut off.
func checkText(block []byte, base uint64, last bool) (valid int, err error) {
	if base == 0 && (bytes.HasPrefix(block, []byte{0xff, 0xfe}) || bytes.HasPrefix(block, []byte{0xfe, 0xff})) {
		return 0, sourceFault{fmt.Errorf("it is UTF-16, convert it to UTF-8 first: %w", model.ErrInvalid)}
	}
	if at := bytes.IndexByte(block, 0); at >= 0 {
		return 0, sourceFault{fmt.Errorf("binary, not text: byte %d is NUL: %w", base+uint64(at), model.ErrInvalid)}
	}
	if utf8.Valid(block) {
		return len(block), nil
	}
	for at := 0; at < len(block); {
		r, size := utf8.DecodeRune(block[at:])
		if r == utf8.RuneError && size <= 1 {
			if !last && !utf8.FullRune(block[at:]) {
				return at, nil
			}
			return 0, sourceFault{fmt.Errorf("not UTF-8 text: byte %d is invalid: %w", base+uint64(at), model.ErrInvalid)}
		}
		at += size
	}
	return len(block), nil
}
