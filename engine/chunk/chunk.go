// Package chunk cuts long texts into ranges that are embedded and searched one
// by one. A range is a pair of byte offsets into the caller's text; nothing is
// copied.
//
// A cut falls where the text itself pauses: at a Markdown heading, else between
// paragraphs, lines, sentences, words, in this order of liking, and never so
// early that a range is less than half full, except to keep a fenced code block
// whole. Useful for: prose, Markdown, chat logs, code. Not useful for: formats
// whose structure is not in their lines, such as HTML.
package chunk

import (
	"errors"
	"fmt"
)

const (
	// TokensDefault is some 350 words of prose: what small embedding models read.
	TokensDefault = 400
	// OverlapDefault is about one sentence, so that what a cut parts is still
	// found whole in one of two ranges.
	OverlapDefault = 20
	// TokensMax bounds a range, and with it the scratch of Split, to some MB.
	TokensMax = 1 << 16
	// overlapShare bounds the overlap to a quarter of a range: a range is at least
	// half full, so that each reaches well beyond the one before it.
	overlapShare = 4
)

// ErrOptions is wrapped when Options are out of range.
var ErrOptions = errors.New("chunk: options out of range")

// Range is the bytes [Start, End) of a text. Never empty.
type Range struct{ Start, End int }

// Options say how large ranges are. The zero value means the defaults.
type Options struct {
	// Tokens is how many tokens a range holds at most, 1..TokensMax. A token is a
	// word or a punctuation mark as Unicode cuts them; a word longer than 64 bytes
	// counts once for every 64, as does white space between two tokens. A range
	// therefore has fewer than 128*Tokens bytes.
	Tokens int
	// Overlap is how many tokens at most a range repeats of the one before it,
	// 0..Tokens/4. Nothing is repeated across a heading or into a code block.
	Overlap int
}

func (o Options) check() (Options, error) {
	if o == (Options{}) {
		return Options{TokensDefault, OverlapDefault}, nil
	}
	if o.Tokens < 1 || o.Tokens > TokensMax || o.Overlap < 0 || o.Overlap > o.Tokens/overlapShare {
		return o, fmt.Errorf("%w: %d tokens, overlap %d", ErrOptions, o.Tokens, o.Overlap)
	}
	return o, nil
}

// Split appends the ranges of s to dst: in order of their starts and of their
// ends, trimmed of white space, together covering all that is not white space.
// A text that fits is one range, a text of white space none. Where s is valid
// UTF-8 so is every range; other bytes are kept as they are.
//
// Fails with ErrOptions alone. O(len(s)) time, O(Tokens) scratch.
func Split(dst []Range, s string, o Options) ([]Range, error) {
	o, err := o.check()
	if err != nil {
		return dst, err
	}
	var (
		scan = newScanner(s)
		held []atom // from the start of the range at hand to the first that did not fit
		sum  int    // weight of held, the first counted as 1
	)
	for {
		next, ok := scan.next()
		if !ok {
			break
		}
		held, sum = append(held, next), sum+weightIn(held, next)
		for sum > o.Tokens {
			cut := chooseCut(held, o.Tokens)
			dst = append(dst, Range{held[0].start, held[cut-1].end})
			from := overlapStart(held, cut, min(o.Overlap, o.Tokens-held[cut].weight))
			held = held[:copy(held, held[from:])]
			sum = weigh(held)
		}
	}
	if len(held) > 0 {
		dst = append(dst, Range{held[0].start, held[len(held)-1].end})
	}
	return dst, nil
}

// weightIn returns what next adds to a range that holds held: at the start of a
// range the white space in front of it is trimmed and does not count.
func weightIn(held []atom, next atom) int {
	if len(held) == 0 {
		return 1
	}
	return next.weight
}

func weigh(held []atom) (sum int) {
	for i, a := range held {
		sum += weightIn(held[:i], a)
	}
	return sum
}

// chooseCut returns how many of held make a range, 1..len(held)-1: the last atom
// is the first that does not fit. Of the places in the second half the best
// level wins, and the last of that level. Where the last atom is inside a code
// block that began in this range, the cut is in front of the block.
func chooseCut(held []atom, tokens int) int {
	last := len(held) - 1
	if held[last].fenced {
		for i := last - 1; i > 0; i-- {
			if held[i].opensFence {
				return i
			}
		}
	}
	best, bestLevel, sum := last, levelNone, 0
	for i, a := range held {
		if i > 0 && 2*sum >= tokens && a.level >= bestLevel {
			best, bestLevel = i, a.level
		}
		sum += weightIn(held[:i], a)
	}
	return best
}

// overlapStart returns where in held the range after a cut starts: up to budget
// tokens in front of the cut, at a sentence if there is one, else at a word. The
// budget leaves room for the atom behind the cut, so that the range gets past it.
func overlapStart(held []atom, cut, budget int) int {
	if held[cut].level >= levelHeading || held[cut].opensFence {
		return cut
	}
	best, bestLevel, sum := cut, levelNone, 0
	for i := cut - 1; i > 0 && sum < budget; i-- {
		level := min(held[i].level, levelSentence)
		if !held[i].fenced && level > levelNone && level >= bestLevel {
			best, bestLevel = i, level
		}
		sum += held[i].weight
	}
	return best
}
