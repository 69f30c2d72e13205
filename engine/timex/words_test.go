package timex

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestEveryWordIsInTheTableOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, group := range vocabulary {
		for word := range strings.FieldsSeq(group.words) {
			want := parseEntry(group.class, word)
			spelling, _, _ := strings.Cut(strings.TrimLeft(word, "~+"), "=")
			if seen[spelling] || len(spelling) > wordBytes {
				t.Errorf("%q is told twice, or too long", spelling)
			}
			seen[spelling] = true
			got := table.lookup(want.lo, want.hi)
			if got == nil || *got != want {
				t.Errorf("%q: got %v", spelling, got)
			}
			var tok token
			if end := readWord(strings.ToUpper(spelling)+"!", 0, &tok); end != len(spelling) || tok.class != group.class {
				t.Errorf("%q in capitals is of class %d, ends at %d", spelling, tok.class, end)
			}
		}
	}
}

func TestLettersAgreeWithAPlainLoop(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	const near = "@AZ[`az{_09 \x00\x7f\x80\xc1\xda\xe1\xfa\xff" // both sides of each border
	for range 20_000 {
		b := make([]byte, random.IntN(12))
		for i := range b {
			if b[i] = near[random.IntN(len(near))]; random.IntN(2) == 0 {
				b[i] = "azAZ"[random.IntN(4)]
			}
		}
		var want uint64
		n := 0
		for ; n < min(8, len(b)) && (b[n]|0x20 >= 'a' && b[n]|0x20 <= 'z'); n++ {
			want |= uint64(b[n]|0x20) << (8 * n)
		}
		if got, m := letters(string(b), 0); got != want || m != n {
			t.Fatalf("%q: got %x of %d, want %x of %d", b, got, m, want, n)
		}
	}
}
