package confidence

import (
	_ "embed"
	"sync"
)

// builtIn is what bench/train/confidence made: see docs/design/confidence.md, and the
// provenance of its trees.
//
//go:embed builtin.nxc
var builtIn []byte

// BuiltIn returns the model that comes with Nexus. It panics if that is damaged, which a
// test would find.
var BuiltIn = sync.OnceValue(func() *Model {
	m, err := Decode(builtIn)
	if err != nil {
		panic(err)
	}
	return m
})
