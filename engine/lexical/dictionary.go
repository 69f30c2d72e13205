package lexical

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"runtime"

	"github.com/blevesearch/vellum"

	"github.com/nexus-memory/nexus/engine/text"
)

const (
	// registryRowsMax bounds the builder's table of suffixes seen, as many as the
	// library takes by default; it costs 32 bytes a row and way.
	registryRowsMax = 10_000
	registryWays    = 2
	// registryTermsMin is where suffixes start to be shared: the dictionary of one
	// short text is small without.
	registryTermsMin = 64
	// yieldTerms is how many terms building and merging handle, some 100 us of
	// work, before they let a question that waits for a processor go first.
	yieldTerms = 128
	// yieldCopies is the same where a term is only copied.
	yieldCopies = 4096
)

// dictionary maps the terms of an index to their ordinals. In files it is a transducer.
// What is in memory until it is merged holds its terms one behind the other instead:
// making a transducer, and walking it again to merge it, was a third of what an add cost.
type dictionary struct {
	fst  *vellum.FST // nil: list
	list termList
}

// openDictionary opens a dictionary of either form that must hold termCount terms.
func openDictionary(data []byte, termCount int) (d dictionary, err error) {
	if bytes.HasPrefix(data, listMagic) {
		d.list, err = openTerms(data, termCount)
	} else {
		d.fst, err = loadTransducer(data, termCount)
	}
	return d, err
}

// find returns the ordinal of a term. O(bytes of the term), in a list O(log terms).
func (d *dictionary) find(term []byte) (ordinal uint64, ok bool) {
	if d.fst == nil {
		return d.list.find(term)
	}
	return lookUp(d.fst, term)
}

// walk returns a walk over all terms, ascending, that stands in front of the first.
func (d *dictionary) walk() *termWalk { return &termWalk{of: d} }

// termWalk goes through the terms of a dictionary.
type termWalk struct {
	of      *dictionary
	fst     *vellum.FSTIterator
	at      int    // in a list: the next term
	term    []byte // of the dictionary, or the walk's until it goes on
	ordinal uint64
}

// step goes to the next term; vellum.ErrIteratorDone behind the last.
func (w *termWalk) step() (err error) {
	switch list := &w.of.list; {
	case w.of.fst == nil && w.at == list.count:
		return vellum.ErrIteratorDone
	case w.of.fst == nil:
		w.term, w.ordinal = list.at(w.at), uint64(w.at)
		w.at++
		return nil
	case w.fst == nil:
		w.fst, err = w.of.fst.Iterator(nil, nil)
	default:
		err = w.fst.Next()
	}
	if err == nil {
		w.term, w.ordinal = w.fst.Current()
	}
	return err
}

// search calls f for the terms that an automaton takes, ascending. f must not keep them.
func (d *dictionary) search(form vellum.Automaton, f func(term []byte, ordinal uint64)) {
	if d.fst == nil {
		d.list.search(form, f)
		return
	}
	it, err := d.fst.Search(form, nil, nil)
	for ; err == nil; err = it.Next() {
		f(it.Current())
	}
}

// termList is a dictionary in memory: listMagic, the end of every term as a u32, and the
// terms, ascending. No transducer starts with the magic, which stands where those have
// their version.
type termList struct {
	ends  []byte
	terms []byte
	count int
}

var listMagic = []byte("termlist")

// buildList returns the list of terms, ascending and different. ErrLimit beyond 4 GiB.
func buildList(terms *text.Tokens) ([]byte, error) {
	count, size := terms.Len(), 0
	for i := range count {
		size += len(terms.At(i))
	}
	if uint64(size) > math.MaxUint32 {
		return nil, fmt.Errorf("%w: terms of %d bytes", ErrLimit, size)
	}
	data := append(make([]byte, 0, len(listMagic)+4*count+size), listMagic...)
	end := 0
	for i := range count {
		end += len(terms.At(i))
		data = binary.LittleEndian.AppendUint32(data, uint32(end))
	}
	for i := range count {
		if i%yieldCopies == 0 {
			runtime.Gosched()
		}
		data = append(data, terms.At(i)...)
	}
	return data, nil
}

// openTerms opens a list and checks that its terms lie within it. O(terms).
func openTerms(data []byte, termCount int) (l termList, err error) {
	data = data[len(listMagic):]
	if uint64(len(data)) < 4*uint64(termCount) {
		return l, fmt.Errorf("%w: list of %d terms in %d bytes", ErrFormat, termCount, len(data))
	}
	l = termList{data[:4*termCount], data[4*termCount:], termCount}
	before := 0
	for i := range termCount {
		end := l.end(i)
		if end < before {
			return l, fmt.Errorf("%w: term %d of a list ends before it begins", ErrFormat, i)
		}
		before = end
	}
	if before != len(l.terms) {
		return l, fmt.Errorf("%w: list of terms ends at %d of %d bytes", ErrFormat, before, len(l.terms))
	}
	return l, nil
}

func (l *termList) end(i int) int { return int(binary.LittleEndian.Uint32(l.ends[4*i:])) }

// at returns a term, aliased.
func (l *termList) at(i int) []byte {
	start, end := 0, l.end(i)
	if i > 0 {
		start = l.end(i - 1)
	}
	return l.terms[start:end:end]
}

func (l *termList) find(term []byte) (ordinal uint64, ok bool) {
	low, high := 0, l.count
	for low < high {
		middle := int(uint(low+high) >> 1)
		switch order := bytes.Compare(l.at(middle), term); {
		case order == 0:
			return uint64(middle), true
		case order < 0:
			low = middle + 1
		default:
			high = middle
		}
	}
	return 0, false
}

// search is dictionary.search. Where an automaton has no hope after some bytes of a term, it
// goes on behind all that start with these; what a term shares with the one before it is
// not looked at again.
func (l *termList) search(form vellum.Automaton, f func(term []byte, ordinal uint64)) {
	states := []int{form.Start()} // after each byte of before, as far as there was hope
	var before []byte
	for i := 0; i < l.count; {
		term := l.at(i)
		depth := commonPrefix(term, before[:len(states)-1])
		states = states[:depth+1]
		for depth < len(term) && form.CanMatch(states[depth]) {
			states = append(states, form.Accept(states[depth], term[depth]))
			depth++
		}
		if before = term; depth == len(term) {
			if form.IsMatch(states[depth]) {
				f(term, uint64(i))
			}
			i++
			continue
		}
		i = l.behind(i, term[:depth])
	}
}

// behind returns the first term behind term i that does not start with prefix, as i does.
// O(log of how many do).
func (l *termList) behind(i int, prefix []byte) int {
	step := 1
	for i+step < l.count && bytes.HasPrefix(l.at(i+step), prefix) {
		i, step = i+step, 2*step
	}
	low, high := i+1, min(i+step, l.count)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if bytes.HasPrefix(l.at(middle), prefix) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

func commonPrefix(a, b []byte) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// accepts reports whether an automaton takes a term. O(bytes).
func accepts(form vellum.Automaton, term []byte) bool {
	state := form.Start()
	for _, b := range term {
		if !form.CanMatch(state) {
			return false
		}
		state = form.Accept(state, b)
	}
	return form.IsMatch(state)
}

// buildTransducer returns the transducer from the terms of a list to 0, 1, 2 ... The
// bytes depend on the terms alone.
func buildTransducer(terms termList) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(64 + 4*terms.count)
	builder, err := vellum.New(&out, builderOptions(terms.count))
	if err != nil {
		return nil, fmt.Errorf("lexical: dictionary: %w", err)
	}
	for i := range terms.count {
		if i%yieldTerms == 0 {
			runtime.Gosched()
		}
		if err := builder.Insert(terms.at(i), uint64(i)); err != nil {
			return nil, fmt.Errorf("lexical: dictionary at term %d: %w", i, err)
		}
	}
	if err := builder.Close(); err != nil {
		return nil, fmt.Errorf("lexical: dictionary: %w", err)
	}
	return out.Bytes(), nil
}

// builderOptions sizes the registry by the number of terms; the default table
// of 20,000 cells alone costs more than indexing a short text.
func builderOptions(termCount int) *vellum.BuilderOpts {
	rows := 0
	if termCount >= registryTermsMin {
		rows = min(registryRowsMax, 1<<bits.Len(uint(termCount)))
	}
	return &vellum.BuilderOpts{Encoder: 1, RegistryTableSize: rows, RegistryMRUSize: registryWays}
}

// loadTransducer opens a transducer that must hold termCount terms.
func loadTransducer(data []byte, termCount int) (fst *vellum.FST, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			fst, err = nil, fmt.Errorf("%w: dictionary", ErrFormat)
		}
	}()
	fst, err = vellum.Load(data)
	if err != nil {
		return nil, fmt.Errorf("%w: dictionary: %w", ErrFormat, err)
	}
	if fst.Len() != termCount {
		return nil, fmt.Errorf("%w: dictionary of %d terms, starts of %d", ErrFormat, fst.Len(), termCount)
	}
	if _, _, err := fst.Get(nil); err != nil { // decodes the root
		return nil, fmt.Errorf("%w: dictionary: %w", ErrFormat, err)
	}
	return fst, nil
}

// lookUp returns the ordinal of a term in a transducer. It walks one state per byte; in
// damaged data a state may point out of the data, on which the library panics: such a
// term does not occur. What cannot be read is none of that: see passFault.
func lookUp(fst *vellum.FST, term []byte) (ordinal uint64, ok bool) {
	defer func() {
		if cause := recover(); cause != nil {
			passFault(cause)
			ordinal, ok = 0, false
		}
	}()
	ordinal, ok, err := fst.Get(term)
	return ordinal, ok && err == nil
}

// passFault panics again where a panic is a fault of memory. Of a mapped file that is an
// error of the medium, and whoever guards the read has to hear of it: a term that could
// not be looked up is not one that does not occur.
func passFault(cause any) {
	if _, ok := cause.(interface {
		runtime.Error
		Addr() uintptr
	}); ok {
		panic(cause)
	}
}
