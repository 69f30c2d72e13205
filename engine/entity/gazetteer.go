package entity

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/vellum"
	"github.com/zeebo/xxh3"

	"github.com/nexus-memory/nexus/engine/model"
)

// A gazetteer is bytes, little endian:
//
//	0  magic "nxgazet1"
//	8  u64 xxh3 of what follows
//	16 u32 names, u32 longest name in bytes
//	24 a finite-state transducer (vellum v1) from folded names to kinds
const (
	gazetteerMagic    = "nxgazet1"
	gazetteerHeadSize = 24
)

const (
	// GazetteerNamesMax bounds the names of a gazetteer.
	GazetteerNamesMax = 1 << 20
	// GazetteerNameBytesMax bounds a name, as given and as folded.
	GazetteerNameBytesMax = 128
)

// Entry is a name that a user gives, and what it is.
type Entry struct {
	// Name is valid UTF-8 with a letter or digit, at most GazetteerNameBytesMax bytes. It does
	// not start with a sign that stands between words: a bracket, a quote, a comma.
	Name string
	Kind Kind // any; Custom where none of the others fits
}

// Gazetteer finds given names in texts: the longest that starts at a place and lies between
// borders of words. Letters of both cases, with marks and without, and blanks of any number
// are one; signs count. Where words have no blanks between them, as in Chinese, every
// character has borders. It never changes; any number of goroutines may use it.
type Gazetteer struct {
	fst     *vellum.FST
	data    []byte
	longest int
	// first is set for the first byte of each name, short for that of names of one or two bytes,
	// and starts has a bit for the hash of the first three bytes of all others. Most places of
	// a text are none where a name starts, by these.
	first, short [256]bool
	starts       [1 << 10]uint64
}

// BuildGazetteer returns the bytes of a gazetteer, which depend on its entries alone, not
// their order. ErrInvalid, with the index of the entry, if one is no name, or is there twice
// with different kinds. O(bytes * log(entries)).
func BuildGazetteer(entries []Entry) ([]byte, error) {
	if len(entries) > GazetteerNamesMax {
		return nil, fmt.Errorf("entity: gazetteer of %d names, at most %d: %w", len(entries), GazetteerNamesMax, model.ErrInvalid)
	}
	names, err := foldEntries(entries)
	if err != nil {
		return nil, err
	}
	longest := 0
	out := bytes.NewBuffer(make([]byte, gazetteerHeadSize, gazetteerHeadSize+8*len(names)))
	builder, err := vellum.New(out, &vellum.BuilderOpts{Encoder: 1, RegistryTableSize: min(10_000, 1<<bits.Len(uint(len(names)))), RegistryMRUSize: 2})
	if err != nil {
		return nil, fmt.Errorf("entity: gazetteer: %w: %w", err, model.ErrInternal)
	}
	for _, n := range names {
		longest = max(longest, len(n.folded))
		if err := builder.Insert(n.folded, uint64(n.kind)); err != nil {
			return nil, fmt.Errorf("entity: gazetteer: %w: %w", err, model.ErrInternal)
		}
	}
	if err := builder.Close(); err != nil {
		return nil, fmt.Errorf("entity: gazetteer: %w: %w", err, model.ErrInternal)
	}
	data := out.Bytes()
	copy(data, gazetteerMagic)
	binary.LittleEndian.PutUint32(data[16:], uint32(len(names)))
	binary.LittleEndian.PutUint32(data[20:], uint32(longest))
	binary.LittleEndian.PutUint64(data[8:], xxh3.Hash(data[16:]))
	return data, nil
}

type foldedName struct {
	folded []byte
	kind   Kind
	index  int
}

// foldEntries returns the names as texts are compared with them, ascending and different.
func foldEntries(entries []Entry) ([]foldedName, error) {
	names := make([]foldedName, 0, len(entries))
	for i, e := range entries {
		folded := appendGazetteer(nil, strings.TrimSpace(e.Name))
		if cause := faultOf(e, folded); cause != "" {
			return nil, fmt.Errorf("entity: gazetteer entry %d: %s: %w", i, cause, model.ErrInvalid)
		}
		names = append(names, foldedName{folded, e.Kind, i})
	}
	slices.SortStableFunc(names, func(a, b foldedName) int { return bytes.Compare(a.folded, b.folded) })
	for i := 1; i < len(names); i++ {
		if bytes.Equal(names[i].folded, names[i-1].folded) && names[i].kind != names[i-1].kind {
			return nil, fmt.Errorf("entity: gazetteer entries %d and %d: one name of two kinds: %w", names[i-1].index, names[i].index, model.ErrInvalid)
		}
	}
	return slices.CompactFunc(names, func(a, b foldedName) bool { return bytes.Equal(a.folded, b.folded) }), nil
}

// faultOf says what is wrong with an entry; "" if nothing is.
func faultOf(e Entry, folded []byte) string {
	switch {
	case !utf8.ValidString(e.Name):
		return "invalid UTF-8"
	case len(e.Name) > GazetteerNameBytesMax || len(folded) > GazetteerNameBytesMax:
		return fmt.Sprintf("longer than %d bytes", GazetteerNameBytesMax)
	case !strings.ContainsFunc(e.Name, isWordRune):
		return "no letter or digit"
	case class[folded[0]]&classBorder != 0:
		return "starts with a bracket, a quote or another sign between words"
	case e.Kind == 0 || e.Kind >= kindCount:
		return fmt.Sprintf("kind %d is unknown", e.Kind)
	}
	return ""
}

// OpenGazetteer opens what BuildGazetteer returned. It keeps data, which must not change.
// ErrCorrupt if it is anything else, ErrUnsupported if a later version built it.
// O(len(data)).
func OpenGazetteer(data []byte) (g *Gazetteer, err error) {
	defer func() {
		if recover() != nil { // the library panics where a state points out of the data
			g, err = nil, fmt.Errorf("entity: gazetteer: transducer: %w", model.ErrCorrupt)
		}
	}()
	const family = len(gazetteerMagic) - 1
	switch {
	case len(data) < gazetteerHeadSize || string(data[:family]) != gazetteerMagic[:family]:
		return nil, fmt.Errorf("entity: gazetteer: no head in %d bytes: %w", len(data), model.ErrCorrupt)
	case data[family] != gazetteerMagic[family]:
		return nil, fmt.Errorf("entity: gazetteer: version %q: %w", data[family], model.ErrUnsupported)
	case xxh3.Hash(data[16:]) != binary.LittleEndian.Uint64(data[8:]):
		return nil, fmt.Errorf("entity: gazetteer: checksum: %w", model.ErrCorrupt)
	}
	fst, err := vellum.Load(data[gazetteerHeadSize:])
	if err != nil {
		return nil, fmt.Errorf("entity: gazetteer: transducer: %w: %w", err, model.ErrCorrupt)
	}
	g = &Gazetteer{fst: fst, data: data, longest: int(binary.LittleEndian.Uint32(data[20:]))}
	count := binary.LittleEndian.Uint32(data[16:])
	if fst.Len() != int(count) || g.longest > GazetteerNameBytesMax {
		return nil, fmt.Errorf("entity: gazetteer: %d names of at most %d bytes: %w", fst.Len(), g.longest, model.ErrCorrupt)
	}
	return g, g.readStarts()
}

// readStarts walks over all names.
func (g *Gazetteer) readStarts() error {
	it, err := g.fst.Iterator(nil, nil)
	for ; err == nil; err = it.Next() {
		name, _ := it.Current()
		g.first[name[0]] = true
		if len(name) < startBytes {
			g.short[name[0]] = true
			continue
		}
		h := startHash(name[0], name[1], name[2])
		g.starts[h/64] |= 1 << (h % 64)
	}
	if err != vellum.ErrIteratorDone {
		return fmt.Errorf("entity: gazetteer: transducer: %w: %w", err, model.ErrCorrupt)
	}
	return nil
}

const startBytes = 3

// startHash returns a number for the first three bytes of a name; letters of both cases are one.
func startHash(a, b, c byte) uint32 {
	return (uint32(a|caseBit)<<10 ^ uint32(b|caseBit)<<5 ^ uint32(c|caseBit)) & (1<<16 - 1)
}

// mayStart reports whether a name may start at p: it says no only where that is sure.
func (g *Gazetteer) mayStart(text string, p int) bool {
	a := text[p]
	if isUpper(a) {
		a |= caseBit
	}
	if a >= utf8.RuneSelf || p+startBytes > len(text) {
		return true // marks count for nothing: a letter beyond ASCII may be one within
	}
	b, c := text[p+1], text[p+2]
	if b >= utf8.RuneSelf || c >= utf8.RuneSelf || b <= ' ' || c <= ' ' {
		return g.first[a]
	}
	h := startHash(a, b, c)
	return g.starts[h/64]>>(h%64)&1 != 0 || g.short[a]
}

// appendGazetteer appends a text in small letters without marks, one blank for blanks.
func appendGazetteer(buf []byte, s string) []byte {
	for i := 0; i < len(s); {
		buf, i = appendGazetteerAt(buf, s, i)
	}
	return buf
}

func appendGazetteerAt(buf []byte, s string, i int) ([]byte, int) {
	if s[i] > ' ' {
		return appendFoldedAt(buf, s, i)
	}
	for i < len(s) && s[i] <= ' ' {
		i++
	}
	return append(buf, ' '), i
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// isWide reports whether a character is of a script that puts no blanks between words.
func isWide(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// lookup is the working memory that looks names up.
type lookup struct {
	of     *Gazetteer
	reader *vellum.Reader
	name   []byte
	ends   [GazetteerNameBytesMax + 1]place
}

// place is where a name may end.
type place struct{ size, end int } // of the folded name; in the text

// reset makes it one of a gazetteer.
func (l *lookup) reset(g *Gazetteer) {
	if l.of == g {
		return
	}
	l.of, l.reader = g, nil
	if g != nil {
		// The error is always nil: vellum v1.2.1, fst.go.
		l.reader, _ = g.fst.Reader()
	}
}

// customAt emits the name of the gazetteer that starts at p, if any.
func (f *Finder) customAt(p int) bool {
	end, kind := f.givenAt(p)
	if kind == 0 {
		return false
	}
	f.endRun()
	f.push(Mention{Start: p, End: end, Kind: kind, Hash: f.nameHash(p, end)})
	f.at = p
	f.passWord(p, end)
	return true
}

// isGiven reports whether a name of the gazetteer starts at p.
func (f *Finder) isGiven(p int) bool {
	_, kind := f.givenAt(p)
	return kind != 0
}

// givenAt returns the longest name of the gazetteer at p, and its kind; 0 if there is none.
func (f *Finder) givenAt(p int) (end int, kind Kind) {
	if f.given.of == nil || !f.given.of.mayStart(f.text, p) || p > 0 && !isBorder(f.text, p) {
		return 0, 0
	}
	return f.given.find(f.text, p)
}

// find returns the longest name at p, and its kind; 0 if there is none. Names are bounded,
// and so is what it reads.
func (l *lookup) find(text string, p int) (end int, kind Kind) {
	l.name = l.name[:0]
	count := 0
	for q := p; q < len(text) && len(l.name) < l.of.longest && q-p <= 4*GazetteerNameBytesMax; {
		before := len(l.name)
		if l.name, q = appendGazetteerAt(l.name, text, q); before == 0 && len(l.name) > 0 && !l.of.first[l.name[0]] {
			return 0, 0
		}
		if len(l.name) > before && count < len(l.ends) && isBorder(text, q) {
			l.ends[count] = place{len(l.name), q}
			count++
		}
	}
	for count--; count >= 0; count-- {
		if value, found, err := l.reader.Get(l.name[:l.ends[count].size]); err == nil && found && value < uint64(kindCount) {
			return l.ends[count].end, Kind(value)
		}
	}
	return 0, 0
}

// isBorder reports whether a word ends or starts at q, 0 < q.
func isBorder(text string, q int) bool {
	if q == len(text) {
		return true
	}
	if b, a := text[q-1], text[q]; b < utf8.RuneSelf && a < utf8.RuneSelf {
		return class[b]&classWord == 0 || class[a]&classWord == 0
	}
	before, _ := utf8.DecodeLastRuneInString(text[:q])
	after, _ := utf8.DecodeRuneInString(text[q:])
	return !isWordRune(before) || !isWordRune(after) || isWide(before) || isWide(after)
}
