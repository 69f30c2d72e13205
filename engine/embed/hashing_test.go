package embed

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nexus-memory/nexus/engine/text"
)

var _ Embedder = (*Hashing)(nil)

func embedAll(t testing.TB, h *Hashing, texts ...string) [][]float32 {
	t.Helper()
	rows := make([]float32, len(texts)*h.Dim())
	if err := h.Embed(context.Background(), texts, rows); err != nil {
		t.Fatal(err)
	}
	return slices.Collect(slices.Chunk(rows, h.Dim()))
}

func cosine(a, b []float32) (dot float64) {
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
	}
	return dot
}

func TestVectorsHaveUnitLength(t *testing.T) {
	for i, v := range embedAll(t, NewHashing(text.English), "hello", "A longer text about http.Handler and 3 dogs.", "東京 é ü", strings.Repeat("word ", 5000)) {
		if length := math.Sqrt(cosine(v, v)); math.Abs(length-1) > 1e-6 {
			t.Errorf("text %d: length %v", i, length)
		}
	}
}

func TestTextsWithoutTermsGiveZero(t *testing.T) {
	for i, v := range embedAll(t, NewHashing(text.English), "", " \n", "?!…", "the of and", "👍", "\xff\xfe") {
		for _, x := range v {
			if x != 0 {
				t.Errorf("text %d: not zero", i)
				break
			}
		}
	}
}

func TestMisspeltAndInflectedWordsAreNearerThanOthers(t *testing.T) {
	others := strings.Fields("kitchen mountain guitar absolute window painting receipt delivery sunrise")
	for _, c := range [][2]string{
		{"receive", "recieve"}, {"definitely", "definately"}, {"separate", "seperate"}, {"tomorrow", "tommorow"},
		{"restaurant", "restaurent"}, {"camping", "camped"}, {"adoption", "adopted"}, {"organise", "organization"},
	} {
		vectors := embedAll(t, NewHashing(text.English), append([]string{c[0], c[1]}, others...)...)
		near := cosine(vectors[0], vectors[1])
		for i, other := range others {
			if far := cosine(vectors[0], vectors[2+i]); far >= near {
				t.Errorf("%s: %s at %.3f, %s at %.3f", c[0], c[1], near, other, far)
			}
		}
	}
}

func TestUnrelatedTextsAreNearlyOrthogonal(t *testing.T) {
	v := embedAll(t, NewHashing(text.English), "quarterly invoice for the plumber", "my sister paints mountains at dusk")
	if c := cosine(v[0], v[1]); math.Abs(c) > 0.25 {
		t.Errorf("cosine %.3f", c)
	}
}

func TestVectorsDependOnTheTextAlone(t *testing.T) {
	h := NewHashing(text.English)
	alone := embedAll(t, h, "Caroline went camping")[0]
	batch := embedAll(t, h, "x", "Caroline went camping", strings.Repeat("many words ", 99))[1]
	if !slices.Equal(alone, batch) {
		t.Fatal("the batch changes a vector")
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if !slices.Equal(alone, embedAll(t, h, "Caroline went camping")[0]) {
				t.Error("another vector in another goroutine")
			}
		})
	}
	wait.Wait()
}

// Segments hold the vectors: these bits may only change with the name or text.Version,
// which have them made again.
func TestVectorsAreTheSameInEveryBuild(t *testing.T) {
	v := embedAll(t, NewHashing(text.English), "The quick brown fox's http.Handler, naïve café!")[0]
	hash := uint64(14695981039346656037)
	for _, x := range v {
		hash = (hash ^ uint64(math.Float32bits(x))) * 1099511628211
	}
	if got := fmt.Sprintf("%s %016x", HashingName, hash); got != "hashing-v1-256 e44b3fdf29719110" {
		t.Fatalf("got %s", got)
	}
}

func TestRowsMustFit(t *testing.T) {
	err := NewHashing(text.English).Embed(context.Background(), []string{"a"}, make([]float32, 255))
	if !errors.Is(err, ErrShape) {
		t.Fatalf("error %v", err)
	}
}

func TestCancelledContextStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := NewHashing(text.English).Embed(ctx, []string{"a"}, make([]float32, 256)); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
}

func BenchmarkEmbed16Words(b *testing.B) {
	h, rows := NewHashing(text.English), make([]float32, 256)
	texts := []string{"The transgender stories were so inspiring! I was so happy and thankful for all the support."}
	b.ReportAllocs()
	for b.Loop() {
		if h.Embed(context.Background(), texts, rows) != nil || rows[0] == 2 {
			b.Fatal("failed")
		}
	}
}
