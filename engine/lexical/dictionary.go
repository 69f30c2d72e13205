package lexical

import (
	"bytes"
	"fmt"
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
	// short text is small without, and a text a commit must stay cheap.
	registryTermsMin = 64
	// yieldTerms is how many terms building and merging handle, some 100 us of
	// work, before they let a question that waits for a processor go first.
	yieldTerms = 128
)

// buildDictionary returns the transducer from terms, ascending and different, to
// 0, 1, 2 ... The bytes depend on the terms alone.
func buildDictionary(terms *text.Tokens) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(64 + 4*terms.Len())
	builder, err := vellum.New(&out, builderOptions(terms.Len()))
	if err != nil {
		return nil, fmt.Errorf("lexical: dictionary: %w", err)
	}
	for i := range terms.Len() {
		if i%yieldTerms == 0 {
			runtime.Gosched()
		}
		if err := builder.Insert(terms.At(i), uint64(i)); err != nil {
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

// loadDictionary opens a transducer that must hold termCount terms.
func loadDictionary(data []byte, termCount int) (fst *vellum.FST, err error) {
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

// lookUp returns the ordinal of a term. It walks one state per byte; in damaged
// data a state may point out of the data, on which the library panics: such a
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
