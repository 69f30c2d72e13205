package rank

import (
	_ "embed"
	"sync"
)

// builtIn is what bench/train made: see docs/design/ranker.md, and Provenance.
//
//go:embed builtin.nxr
var builtIn []byte

// BuiltIn returns the ranker that comes with Nexus. It panics if that is damaged, which a
// test would find.
var BuiltIn = sync.OnceValue(func() *Model {
	m, err := Decode(builtIn)
	if err != nil {
		panic(err)
	}
	return m
})
