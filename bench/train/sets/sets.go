// Package sets names the judged sets that something is fitted on or measured with.
package sets

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// Source is a set of judged questions: a folder as package eval loads it, and the prefix
// of the files of its vectors, "" for none.
type Source struct {
	Name, Dir, Vectors string
	Weight             float64 // of all its questions together, beside other sets
	Pool               int     // conversations in a store, each a user's, asked without a scope; 0: one, asked by scope
}

// Sources is a flag that is repeated: NAME[@POOL][*WEIGHT]=DIR[,VECTORS]. The pool is a part of the name.
type Sources []Source

// String is what flag wants of a value.
func (s *Sources) String() string { return fmt.Sprint(*s) }

// Set appends a source.
func (s *Sources) Set(value string) error {
	name, where, ok := strings.Cut(value, "=")
	if !ok {
		return fmt.Errorf("%q: want NAME[@POOL][*WEIGHT]=DIR[,VECTORS]", value)
	}
	one := Source{Weight: 1}
	one.Dir, one.Vectors, _ = strings.Cut(where, ",")
	var weight string
	if one.Name, weight, ok = strings.Cut(name, "*"); ok {
		var err error
		if one.Weight, err = strconv.ParseFloat(weight, 64); err != nil {
			return fmt.Errorf("weight %q: %w", weight, err)
		}
	}
	if _, pool, ok := strings.Cut(one.Name, "@"); ok {
		var err error
		if one.Pool, err = strconv.Atoi(pool); err != nil || one.Pool < 1 {
			return fmt.Errorf("pool %q: want how many conversations a store has", pool)
		}
	}
	*s = append(*s, one)
	return nil
}

// Unpooled returns an error that names a source of pooled conversations: of a tool that has none.
func (s *Sources) Unpooled() error {
	for _, one := range *s {
		if one.Pool > 0 {
			return fmt.Errorf("set %s: conversations are pooled by train alone", one.Name)
		}
	}
	return nil
}

// heldShare is one conversation in so many that is held out.
const heldShare = 6

// Held reports whether a conversation of a set is none that the ranker is fitted on: it
// says when to stop. The same ones however they are pooled.
func Held(set, conversation string) bool {
	set, _, _ = strings.Cut(set, "@")
	return Part(set, conversation, heldShare) == 0
}

// Part divides the conversations of a set into parts, the same ones every time.
func Part(set, conversation string, parts uint32) uint32 {
	h := fnv.New32a()
	h.Write([]byte(set + conversation))
	return h.Sum32() % parts
}
