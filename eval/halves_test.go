package eval

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
)

func TestFromHalf(t *testing.T) {
	cases := map[uint16]float64{
		0x0000: 0, 0x3c00: 1, 0xbc00: -1, 0x3800: .5, 0x7bff: 65504, 0x3555: 0.333251953125,
		0x0001: 0x1p-24, 0x03ff: 1023 * 0x1p-24, 0x0400: 0x1p-14, 0x8001: -0x1p-24, 0x7c00: math.Inf(1), 0xfc00: math.Inf(-1),
	}
	for half, want := range cases {
		if got := float64(fromHalf(half)); got != want {
			t.Errorf("%#04x is %v, want %v", half, got, want)
		}
	}
	if nan := fromHalf(0x7e00); !math.IsNaN(float64(nan)) {
		t.Errorf("0x7e00 is %v, want not a number", nan)
	}
	if z := fromHalf(0x8000); z != 0 || !math.Signbit(float64(z)) {
		t.Errorf("0x8000 is %v, want -0", z)
	}
}

// TestFromHalfRises: halves from 0 to infinity are ordered as their bits.
func TestFromHalfRises(t *testing.T) {
	for h := uint16(1); h <= 0x7c00; h++ {
		if !(fromHalf(h-1) < fromHalf(h)) {
			t.Fatalf("%#04x is not above the one before", h)
		}
	}
}

func TestReadHalvesChecksItsSize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v.f16")
	if err := os.WriteFile(path, []byte{0, 0x3c, 0, 0xbc, 0, 0x38, 0, 0}, 0o600); err != nil {
		t.Fatal(err)
	}
	rows, err := ReadHalves(path, 2, 2)
	if err != nil || rows.Len() != 2 || rows.Row(0)[1] != -1 || rows.Row(1)[0] != .5 {
		t.Errorf("got %v, %v", rows, err)
	}
	if _, err := ReadHalves(path, 2, 3); !errors.Is(err, model.ErrDimension) {
		t.Errorf("a short file gives %v", err)
	}
	if _, err := ReadHalves(path, 0, 3); !errors.Is(err, model.ErrInvalid) {
		t.Errorf("no dimension gives %v", err)
	}
}
