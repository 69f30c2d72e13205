package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/jsonl"
)

// printJSON writes one value as one line.
func (a *app) printJSON(value any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	return e.Encode(value)
}

// printMemory writes a memory as the record that import takes again.
func (a *app) printMemory(m *engine.Memory) error { return jsonl.NewWriter(a.out).Write(m) }

func (a *app) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(a.out, format, args...)
	return err
}

func (a *app) note(format string, args ...any) { fmt.Fprintf(a.errOut, format+"\n", args...) }

// Text for people is wrapped to the terminal, within these bounds.
const (
	widthMin     = 40
	widthMax     = 120
	widthDefault = 100 // where standard output is no terminal
)

func outputWidth() int {
	width, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return widthDefault
	}
	return min(max(width, widthMin), widthMax)
}

// printable replaces what a terminal would obey: stored text must not be able
// to move the cursor or set a title. Line ends and tabs stay, other white space
// is a space.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || !unicode.IsControl(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return unicode.ReplacementChar
	}, strings.ReplaceAll(s, "\r\n", "\n"))
}

// squeezed is printable with every run of white space as one space.
func squeezed(s string) string { return strings.Join(strings.Fields(printable(s)), " ") }

// oneLine returns text on one line of at most width columns.
func oneLine(text string, width int) string {
	if len(text) > 4*width {
		text = strings.ToValidUTF8(text[:4*width], "") + " …" // no character is longer; saves work on long texts
	}
	return runewidth.Truncate(squeezed(text), width, "…")
}

// wrap breaks text into lines of at most width columns, at most linesMax of
// them (0: all); the last ends in … where text was left out.
func wrap(text string, width, linesMax int) []string {
	var lines []string
	line, columns := "", 0
	for word := range strings.FieldsSeq(printable(text)) {
		size := runewidth.StringWidth(word)
		if line != "" && columns+1+size > width {
			if len(lines)+1 == linesMax {
				return append(lines, runewidth.Truncate(line+" "+word+" ", width, "…"))
			}
			lines, line = append(lines, line), ""
		}
		if line == "" {
			line, columns = word, size
			continue
		}
		line, columns = line+" "+word, columns+1+size
	}
	return append(lines, line)
}

// byline tells who said it, when and where, as far as that is known.
func byline(m *engine.Memory) string {
	parts := []string{fmt.Sprintf("#%d", m.ID)}
	for _, p := range []struct{ label, value string }{
		{"", m.Speaker}, {"", clock(m.EventTime)}, {"user ", m.User}, {"session ", m.Session}, {"agent ", m.Agent},
		{"tenant ", m.Tenant}, {"", place(m)},
	} {
		if p.value != "" {
			parts = append(parts, squeezed(p.label+p.value))
		}
	}
	return strings.Join(parts, " · ")
}

// place names where a memory was cut from, else its key.
func place(m *engine.Memory) string {
	switch {
	case m.Source != "" && m.End > 0:
		return fmt.Sprintf("%s:%d-%d", m.Source, m.Start, m.End)
	case m.Source != "":
		return m.Source
	}
	return m.Key
}

func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}

// counted returns a number with its noun in the right form.
func counted[N int | uint64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// byteCount returns a size as people read it.
func byteCount(n uint64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d bytes", n)
	}
	value, unit := float64(n)/(1<<10), 0
	for value >= 1<<10 && unit < 4 {
		value /= 1 << 10
		unit++
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTP"[unit])
}
