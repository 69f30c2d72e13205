package rank

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
)

func bothKept(t testing.TB) Kept {
	t.Helper()
	return Kept{small().model(t), random(3, 4, 2).model(t)}
}

func sameModel(a, b *Model) bool {
	if a == nil || b == nil {
		return a == b
	}
	return bytes.Equal(a.Encode(), b.Encode())
}

func TestKeptRankersComeBack(t *testing.T) {
	both := bothKept(t)
	for _, k := range []Kept{{}, {Serving: both.Serving}, {Before: both.Before}, both} {
		file := k.Encode()
		got, err := DecodeKept(file)
		if err != nil || !sameModel(got.Serving, k.Serving) || !sameModel(got.Before, k.Before) || !bytes.Equal(got.Encode(), file) {
			t.Fatalf("%+v: %+v %v", k, got, err)
		}
	}
}

func TestEveryDamagedByteOfKeptRankersIsFound(t *testing.T) {
	file := bothKept(t).Encode()
	for i := range file {
		bad := slices.Clone(file)
		bad[i] ^= 0x40
		if _, err := DecodeKept(bad); !errors.Is(err, model.ErrCorrupt) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	for size := range file {
		if _, err := DecodeKept(file[:size]); !errors.Is(err, model.ErrCorrupt) {
			t.Fatalf("cut to %d: %v", size, err)
		}
	}
	for name, spoil := range map[string]func([]byte) []byte{
		"a byte more":       func(b []byte) []byte { return append(b, 0) },
		"the first longer":  func(b []byte) []byte { b[headCommon]++; return b },
		"one that is large": func(b []byte) []byte { binary.LittleEndian.PutUint32(b[headCommon:], 1<<31); return b },
		"only one":          func(b []byte) []byte { binary.LittleEndian.PutUint32(b[headCommon+4:], 0); return b },
		"format 0":          func(b []byte) []byte { b[offVersion] = 0; return b },
	} {
		if _, err := DecodeKept(sealed(spoil(slices.Clone(file)))); !errors.Is(err, model.ErrCorrupt) {
			t.Errorf("%s under a good checksum: %v", name, err)
		}
	}
}

func TestNewerKeptRankersAreNotSupported(t *testing.T) {
	file := append(bothKept(t).Encode(), "what a later version knows"...)
	file[offVersion]++
	if _, err := DecodeKept(sealed(file)); !errors.Is(err, model.ErrUnsupported) {
		t.Fatal(err)
	}
	k := Kept{Serving: small().model(t)} // a ranker of a newer format in a file of this one
	inner := k.Encode()
	inner[keptHead+offVersion]++
	copy(inner[keptHead:], sealed(inner[keptHead:]))
	if _, err := DecodeKept(sealed(inner)); !errors.Is(err, model.ErrUnsupported) {
		t.Fatal(err)
	}
}

// The sample file of format 1 was written once; every later build opens it.
func TestTheSampleOfKeptRankersOpens(t *testing.T) {
	path, k := filepath.Join("testdata", "kept-v1.nxk"), Kept{Serving: small().model(t), Before: small().model(t)}
	if *update {
		if err := os.WriteFile(path, k.Encode(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeKept(file)
	if err != nil || !sameModel(got.Serving, k.Serving) || !sameModel(got.Before, k.Before) {
		t.Fatalf("%+v %v", got, err)
	}
}

func FuzzDecodeKept(f *testing.F) {
	f.Add(bothKept(f).Encode(), false)
	f.Add(Kept{Serving: small().model(f)}.Encode(), true)
	f.Add([]byte(keptMagic), true)
	f.Fuzz(func(t *testing.T, file []byte, seal bool) {
		if seal && len(file) >= headCommon {
			file = sealed(slices.Clone(file))
		}
		k, err := DecodeKept(file)
		switch {
		case err == nil && !bytes.Equal(k.Encode(), file):
			t.Fatal("decoded and encoded again it is another file")
		case err != nil && !errors.Is(err, model.ErrCorrupt) && !errors.Is(err, model.ErrUnsupported):
			t.Fatal(err)
		}
	})
}
