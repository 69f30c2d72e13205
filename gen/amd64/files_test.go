package amd64

import (
	"testing"

	"github.com/mmcloughlin/avo/build"
)

func TestReservedRegistersAreRefused(t *testing.T) {
	for text, fails := range map[string]bool{
		"\tMOVQ R14, AX\n":       true,
		"\tLEAQ (AX)(R15*4), BX": true,
		"\tMOVQ R13, R12\n":      false,
		"\tVMOVUPS Z14, Z15\n":   false,
	} {
		if err := checkReserved([]byte(text)); (err != nil) != fails {
			t.Errorf("%q: %v, want failure %v", text, err, fails)
		}
	}
}

func TestReturnWithDirtyUpperHalvesIsRefused(t *testing.T) {
	e := emitter{Context: build.NewContext()}
	e.Function("Dirty")
	e.SignatureExpr("func()")
	e.RET()
	f, err := e.Result()
	if err != nil {
		t.Fatal(err)
	}
	if checkUpperHalves(f) == nil {
		t.Error("no error")
	}
}
