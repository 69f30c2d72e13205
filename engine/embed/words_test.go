package embed

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/zeebo/xxh3"
	"pgregory.net/rapid"
)

var _ Embedder = (*Words)(nil)

func wordsOf(t testing.TB, texts ...string) [][]float32 {
	t.Helper()
	w := NewWords()
	rows := make([]float32, len(texts)*w.Dim())
	if err := w.Embed(context.Background(), texts, rows); err != nil {
		t.Fatal(err)
	}
	return slices.Collect(slices.Chunk(rows, w.Dim()))
}

func TestTextsOfLikeMeaningAreNearerThanOthers(t *testing.T) {
	for _, c := range [][3]string{
		{"What pets does she have?", "We adopted a puppy last week.", "The train was late again."},
		{"Which instrument do you play?", "I practise the violin every evening.", "My cousin sells used cars."},
		{"Is anybody ill?", "He has a fever and stays in bed.", "They painted the fence."},
		{"Where did they go on holiday?", "We spent two weeks at the beach.", "The server crashed at night."},
		{"automobile", "car", "banana"},
	} {
		v := wordsOf(t, c[:]...)
		if near, far := cosine(v[0], v[1]), cosine(v[0], v[2]); near < far+.2 {
			t.Errorf("%q: %.2f to %q, %.2f to %q", c[0], near, c[1], far, c[2])
		}
	}
}

func TestWordVectorsHaveUnitLengthOrAreZero(t *testing.T) {
	for i, v := range wordsOf(t, "hello", "A longer text about dogs.", strings.Repeat("word ", 5000)) {
		if length := math.Sqrt(cosine(v, v)); math.Abs(length-1) > 1e-6 {
			t.Errorf("text %d: length %v", i, length)
		}
	}
	for i, v := range wordsOf(t, "", " \n", "?!…", "xqzzt", "東京", "\xff\xfe'’") {
		if cosine(v, v) != 0 {
			t.Errorf("text %d: not zero", i)
		}
	}
}

// TestWordVectorsHaveTheSameBitsOnEveryCPU: these were made on amd64. A change of what is made of a
// text is another name; one of the table alone is not, as segments carry its hash.
func TestWordVectorsHaveTheSameBitsOnEveryCPU(t *testing.T) {
	var bytes []byte
	for _, v := range wordsOf(t, "We adopted a puppy.", "Don’t SAY it's café, say café: rock'n'roll 2024", strings.Repeat("again and again ", 40)) {
		for _, x := range v {
			bytes = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(x))
		}
	}
	const name, want = "words-v1-64", 0x1a6e9f40be3231de
	if got := xxh3.Hash(bytes); got != want || NewWords().Name() != name || NewWords().Dim() != 64 {
		t.Errorf("vectors %#x, want %#x of %s; got %s with %d numbers", got, uint64(want), name, NewWords().Name(), NewWords().Dim())
	}
}

func TestOnlyTheFirstWordsOfALongTextCount(t *testing.T) {
	first := strings.Repeat("The puppy sleeps. ", knownMax)
	if v := wordsOf(t, first, first+"Trains leave at noon."); !slices.Equal(v[0], v[1]) {
		t.Error("what follows counts")
	}
	if v := wordsOf(t, "The puppy sleeps.", "The puppy sleeps. Trains leave at noon."); slices.Equal(v[0], v[1]) {
		t.Error("nothing behind the first sentence counts")
	}
}

func TestWordVectorsDependOnTheTextAlone(t *testing.T) {
	w := NewWords()
	alone := wordsOf(t, "Caroline went camping")[0]
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			rows := make([]float32, 3*w.Dim())
			for range 50 {
				if err := w.Embed(context.Background(), []string{"x", "Caroline went camping", strings.Repeat("many words ", 99)}, rows); err != nil {
					t.Error(err)
				}
				if !slices.Equal(rows[w.Dim():2*w.Dim()], alone) {
					t.Error("another vector among others")
				}
			}
		})
	}
	group.Wait()
}

func TestAPossessiveIsItsOwner(t *testing.T) {
	v := wordsOf(t, "the physician's advice", "the physician advice", "the physician’s advice", "the advice")
	if !slices.Equal(v[0], v[1]) || !slices.Equal(v[0], v[2]) || slices.Equal(v[0], v[3]) {
		t.Error("another vector")
	}
}

func TestNoWordIsHeldThatNoTableHas(t *testing.T) {
	for _, text := range []string{strings.Repeat("a", 1<<20), strings.Repeat("a'", 1<<19), strings.Repeat("'", 1<<20), strings.Repeat("é", 1<<19)} {
		var scratch []byte
		words := 0
		eachWord(text, &scratch, func([]byte) bool { words++; return true })
		if cap(scratch) > 1024 || words > 1 {
			t.Errorf("%q...: %d bytes are held of %d words", text[:4], cap(scratch), words)
		}
	}
}

func TestWordsEmbedChecksShapeAndContext(t *testing.T) {
	w := NewWords()
	if err := w.Embed(context.Background(), []string{"a"}, make([]float32, w.Dim()-1)); !errors.Is(err, ErrShape) {
		t.Errorf("rows that are too short: %v", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.Embed(ended, []string{"a"}, make([]float32, w.Dim())); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}

// TestWordsAreThoseOfTheExpression compares with the expression that the table was learnt by.
func TestWordsAreThoseOfTheExpression(t *testing.T) {
	expression := regexp.MustCompile(`[\pL\pN]+(?:'[\pL\pN]+)*`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("aBzé Ä9'’-.東\n")), 0, 40, -1).Draw(t, "text")
		want := expression.FindAllString(strings.Map(unicode.ToLower, strings.ReplaceAll(text, "’", "'")), -1)
		var got []string
		var scratch []byte
		eachWord(text, &scratch, func(word []byte) bool {
			got = append(got, string(word))
			return true
		})
		if !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", text, got, want)
		}
	})
}

func TestADamagedTableIsRefused(t *testing.T) {
	if _, err := readWords(wordsFile); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 8, 15, 16, 17, 1000, len(wordsFile) / 2, len(wordsFile) - 1} {
		if _, err := readWords(wordsFile[:size]); err == nil {
			t.Errorf("%d bytes of the table are taken for one", size)
		}
	}
	if _, err := readWords(append(slices.Clone(wordsFile), 0)); err == nil {
		t.Error("a table with a byte more is taken for one")
	}
}

func TestEveryWordOfTheTableIsFound(t *testing.T) {
	table := wordTable()
	for number := range uint16(len(table.ends)) {
		if got, ok := table.find(table.name(number)); !ok || got != number {
			t.Fatalf("%q: %d %v, want %d", table.name(number), got, ok, number)
		}
		if table.scales[number] == 0 {
			t.Errorf("%q weighs nothing", table.name(number))
		}
	}
}

func TestWarmWordsDoNotAllocate(t *testing.T) {
	w, texts := NewWords(), []string{"We adopted a puppy and named it after the neighbour's cat."}
	rows := make([]float32, w.Dim())
	embed := func() { _ = w.Embed(context.Background(), texts, rows) }
	embed()
	if n := testing.AllocsPerRun(100, embed); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkWords(b *testing.B) {
	w := NewWords()
	texts := []string{"We adopted a puppy last week, and she is already friends with the old cat of our neighbours, who visits every morning."}
	rows := make([]float32, w.Dim())
	b.ReportAllocs()
	for b.Loop() {
		_ = w.Embed(context.Background(), texts, rows)
	}
}
