package timex

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// plain are words as chats have them, without any time.
var plain = strings.Fields(`i you the a to and of it that in is was for my on with have this be so not but they we what just
like me do know get about your if think at can all there would really good one time really go want out more some her his from because
when how people great love see make feel been them as had something going much well work too back also then always thing things friend
family maybe little probably sounds amazing happy learned different photo painting interesting definitely support appreciate conversation
kitchen garden restaurant weekend-free beautiful understanding together experience challenge community recommendation`)

// chat returns size bytes of generated chat: plain words in turns of some 140 bytes, and
// a labelled sentence in each of every turns.
func chat(t testing.TB, size, every int) []string {
	sentences := load(t, "dev.txt")
	random := rand.New(rand.NewPCG(1, 2))
	var turns []string
	for n := 0; n < size; {
		var b strings.Builder
		for b.Len() < 140 {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(plain[random.IntN(len(plain))])
			switch random.IntN(12) {
			case 0:
				b.WriteByte(',')
			case 1:
				b.WriteByte('.')
			}
		}
		if len(turns)%every == 0 {
			b.WriteString(". " + sentences[random.IntN(len(sentences))].text)
		}
		turns = append(turns, b.String())
		n += b.Len()
	}
	return turns
}

// BenchmarkFind reads generated chat of which one turn in three speaks of time.
func BenchmarkFind(b *testing.B) {
	turns := chat(b, 1<<20, 3)
	size := 0
	for _, turn := range turns {
		size += len(turn)
	}
	var f Finder
	var dst []Mention
	found := 0
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		found = 0
		for _, turn := range turns {
			dst = f.Find(dst[:0], turn, 19_487)
			found += len(dst)
		}
	}
	if found < len(turns)/4 {
		b.Fatalf("%d mentions in %d turns", found, len(turns))
	}
	b.ReportMetric(float64(found)/float64(len(turns)), "mentions/turn")
}

// BenchmarkFindDense reads the labelled sentences alone, each with an expression.
func BenchmarkFindDense(b *testing.B) {
	size := 0
	sentences := load(b, "dev.txt")
	for _, s := range sentences {
		size += len(s.text)
	}
	var f Finder
	var dst []Mention
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, s := range sentences {
			dst = f.Find(dst[:0], s.text, s.reference)
		}
	}
}

func TestFindAllocatesNothing(t *testing.T) {
	turns := chat(t, 1<<14, 1)
	var f Finder
	dst := make([]Mention, 0, MentionsMax)
	allocs := testing.AllocsPerRun(10, func() {
		for _, turn := range turns {
			dst = f.Find(dst[:0], turn, 19_487)
		}
	})
	if allocs != 0 {
		t.Fatalf("%v allocations", allocs)
	}
}
