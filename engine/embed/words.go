package embed

import (
	"bytes"
	"context"
	_ "embed" // the table
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"github.com/nexus-memory/nexus/engine/scratch"
)

// WordsName names Words and what it makes of a text.
const WordsName = "words-v1-64"

// knownMax is how many words of a text count. Of 25, 50, 100 and all, the first eight hits of chats (LoCoMo)
// have evidence for 86.5, 88.6, 88.1 and 88.1 % of the questions, of long assistant chats (BEAM 100K)
// for 79.3, 79.3, 77.7 and 78.8.
const knownMax = 50

// wordsFile is the table; bench/train/embed/distill.py makes it and says how.
//
//go:embed words.nxw
var wordsFile []byte

// Words is the built-in embedder for English: a table of what 16,000 words mean, learnt from
// all-MiniLM-L6-v2 by a regression over definitions and transcripts of meetings (make train;
// docs/design/words.md has how, and what it is worth). A text is the sum of its words, weighed
// by how rare they are; repeated ones count 1 + ln of how often. Of a long text the first words
// count, which say what it is about: the sum of hundreds is like any other.
//
// It knows that "adopted a puppy" is about a pet, and nothing of the order of words, of negation,
// of names, months and the like, or of words that it has no row for, as misspelt ones. Texts that say much at once
// lie near to little. A model of one's own (Embedder) sees more, above all in long texts.
//
// Sums are of integers, so that every CPU gives the same bits. Safe for concurrent use.
type Words struct {
	scratch scratch.Pool[wordsScratch]
}

// wordsScratch is what one Embed at a time needs.
type wordsScratch struct {
	word  []byte
	known []uint16 // rows of the text's words
	sums  []int64
}

// NewWords returns the built-in embedder for English. The table is indexed meanwhile, once a
// process: half a millisecond of one processor, and 230 KB.
func NewWords() *Words {
	go wordTable()
	w := &Words{}
	w.scratch.New = func() *wordsScratch { return &wordsScratch{sums: make([]int64, w.Dim())} }
	return w
}

// Name implements Embedder.
func (w *Words) Name() string { return WordsName }

// Table identifies the table: vectors of another one are not to be compared.
func (w *Words) Table() uint64 { return tableHash() }

var tableHash = sync.OnceValue(func() uint64 { return xxh3.Hash(wordsFile) })

// Dim implements Embedder.
func (w *Words) Dim() int { return int(binary.LittleEndian.Uint32(wordsFile[len(wordsMagic)+4:])) }

// Embed implements Embedder. A text none of whose words has a row gives the zero vector. About
// .1 us a word; ctx is asked before each text. Fails with ctx's error or ErrShape.
func (w *Words) Embed(ctx context.Context, texts []string, rows []float32) error {
	dim := w.Dim()
	if len(rows) != len(texts)*dim {
		return fmt.Errorf("%w: %d numbers for %d texts of %d", ErrShape, len(rows), len(texts), dim)
	}
	table, s := wordTable(), w.scratch.Get()
	defer w.scratch.Put(s)
	for i, t := range texts {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.embed(table, t, rows[i*dim:(i+1)*dim])
	}
	return nil
}

func (s *wordsScratch) embed(t *wordsTable, text string, row []float32) {
	s.known = s.known[:0]
	eachWord(text, &s.word, func(word []byte) bool {
		number, ok := t.find(word)
		if owner, owns := bytes.CutSuffix(word, possessive); owns && !ok {
			number, ok = t.find(owner)
		}
		if ok {
			s.known = append(s.known, number)
		}
		return len(s.known) < knownMax
	})
	slices.Sort(s.known)
	clear(s.sums)
	for first := 0; first < len(s.known); {
		next := first + 1
		for next < len(s.known) && s.known[next] == s.known[first] {
			next++
		}
		weight := countWeights[min(next-first, len(countWeights)-1)] * int64(t.scales[s.known[first]])
		for i, pair := range t.row(s.known[first]) {
			s.sums[2*i] += weight * (int64(pair&15) - codeZero)
			s.sums[2*i+1] += weight * (int64(pair>>4) - codeZero)
		}
		first = next
	}
	normalise(s.sums, row)
}

// possessive ends a word that may have no row of its own.
var possessive = []byte("'s")

// eachWord gives f the words of a text, in small letters, until it has enough: runs of letters
// and digits, which single apostrophes may join. word is scratch.
func eachWord(text string, word *[]byte, f func(word []byte) (more bool)) {
	w, more := (*word)[:0], true
	joined := false // an apostrophe follows w
	end := func() {
		if len(w) > 0 {
			more = f(w)
		}
		w, joined = w[:0], false
	}
	for at := 0; at < len(text) && more; {
		r, size := rune(text[at]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[at:])
		}
		at += size
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsNumber(r)):
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case (r == '\'' || r == '’') && len(w) > 0 && !joined:
			joined = true
			continue
		default:
			end()
			continue
		}
		if r >= utf8.RuneSelf {
			r = unicode.ToLower(r)
		}
		if len(w) <= math.MaxUint8 { // else it is longer than any word of a table
			if joined {
				w = append(w, '\'')
			}
			w = utf8.AppendRune(w, r)
		}
		joined = false
	}
	if more {
		end()
	}
	*word = w
}

const (
	wordsMagic = "NXWORDS1"
	codeZero   = 8 // what stands for 0 in four bits
)

// wordsTable is the file, in place, and an index of its words.
type wordsTable struct {
	rowBytes int
	ends     []uint32 // of each word, where it ends in names
	names    []byte   // each behind a byte of its length
	scales   []uint16
	codes    []byte   // [word][dim], two in a byte
	slots    []uint16 // open addressing: numbers of words plus 1
}

// wordTable is the table that comes with Nexus.
var wordTable = sync.OnceValue(func() *wordsTable {
	t, err := readWords(wordsFile)
	if err != nil {
		panic(err) // a test reads it
	}
	return t
})

// readWords reads a table.
func readWords(file []byte) (*wordsTable, error) {
	const head = len(wordsMagic) + 8
	if len(file) < head || string(file[:len(wordsMagic)]) != wordsMagic {
		return nil, fmt.Errorf("embed: no table of words")
	}
	count, dim := int(binary.LittleEndian.Uint32(file[head-8:])), int(binary.LittleEndian.Uint32(file[head-4:]))
	if count == 0 || count >= math.MaxUint16 || dim == 0 || dim%2 != 0 || (len(file)-head)/count < 1+2+dim/2 {
		return nil, fmt.Errorf("embed: a table of %d words with %d numbers in %d bytes", count, dim, len(file))
	}
	rest := len(file) - count*(2+dim/2)
	t := &wordsTable{rowBytes: dim / 2, names: file[head:rest], codes: file[len(file)-count*dim/2:], slots: make([]uint16, 1<<16)}
	end := 0
	for i := range count {
		if end >= len(t.names) || end+1+int(t.names[end]) > len(t.names) {
			return nil, fmt.Errorf("embed: word %d of %d is cut off", i, count)
		}
		end += 1 + int(t.names[end])
		t.ends = append(t.ends, uint32(end))
		t.scales = append(t.scales, binary.LittleEndian.Uint16(file[rest+2*i:]))
		slot := t.slot(t.name(uint16(i)))
		*slot = uint16(i + 1)
	}
	if end != len(t.names) {
		return nil, fmt.Errorf("embed: %d bytes behind the last word", len(t.names)-end)
	}
	return t, nil
}

// name returns a word.
func (t *wordsTable) name(number uint16) []byte {
	first := uint32(0)
	if number > 0 {
		first = t.ends[number-1]
	}
	return t.names[first+1 : t.ends[number]]
}

// row returns the codes of a word, two in a byte.
func (t *wordsTable) row(number uint16) []byte { return t.codes[int(number)*t.rowBytes:][:t.rowBytes] }

// slot returns where a word's number stands, or is to stand.
func (t *wordsTable) slot(word []byte) *uint16 {
	for at := xxh3.Hash(word); ; at++ {
		slot := &t.slots[at%uint64(len(t.slots))]
		if *slot == 0 || bytes.Equal(t.name(*slot-1), word) {
			return slot
		}
	}
}

// find returns a word's number.
func (t *wordsTable) find(word []byte) (number uint16, ok bool) {
	slot := *t.slot(word)
	return slot - 1, slot > 0
}
