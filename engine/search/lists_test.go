package search

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// TestAQuestionIsAskedOfTheListsThatAViewHas: of a segment in a file, whose lists are in another.
func TestAQuestionIsAskedOfTheListsThatAViewHas(t *testing.T) {
	const count, dim = 3000, 128
	r := rand.New(rand.NewPCG(1, 2))
	memories := make([]model.Memory, count)
	for i := range memories {
		memories[i] = model.Memory{Text: fmt.Sprint("note ", i), Vector: make([]float32, dim)}
		for j := range memories[i].Vector {
			memories[i].Vector[j] = r.Float32() - .5
		}
		if err := memories[i].Normalize(); err != nil {
			t.Fatal(err)
		}
	}
	space := segment.CallerSpace(dim)
	space.Metric = model.Cosine
	view := (&segment.View{Space: space}).With(inFile(t, space, memories))
	path := filepath.Join(t.TempDir(), "vectors.nxl")
	if err := toFile(path)(view.Divide(false, func() bool { return false }).Write); err != nil {
		t.Fatal(err)
	}
	lists, err := segment.OpenLists(vfs.OS, path, false)
	if err != nil || !lists.Fits(view) {
		t.Fatalf("%v, or they do not fit", err)
	}
	ask := func(view *segment.View) (first rows.Ref, estimated int) {
		e := &vectorEngine{}
		e.searcher.AlwaysLists = true
		hits, err := e.Search(context.Background(), &Question{View: view, Vector: memories[77].Vector, Limit: 1, Single: true}, nil)
		if err != nil || len(hits) != 1 {
			t.Fatalf("%v %v", hits, err)
		}
		return hits[0].Ref, e.searcher.Estimated
	}
	flat, every := ask(view)
	if flat.Row != 77 || every != 3008 {
		t.Fatalf("row %d after %d codes", flat.Row, every)
	}
	for _, v := range []*segment.View{view.WithLists(lists), view.WithLists(lists).WithDeleted([]model.ID{5})} {
		if found, estimated := ask(v); found != flat || estimated == every {
			t.Errorf("%v after %d codes: the lists were not read", found, estimated)
		}
	}
	if _, estimated := ask(view.WithLists(lists).WithLists(nil)); estimated != every {
		t.Errorf("%d codes without lists", estimated)
	}
}

func toFile(path string) func(func(io.Writer) error) error {
	return func(write func(io.Writer) error) error {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer f.Close()
		return write(f)
	}
}

// inFile makes a segment of memories with the IDs 1, 2 ... in files.
func inFile(t *testing.T, space segment.Space, memories []model.Memory) *segment.Segment {
	t.Helper()
	draft, err := segment.Merge(space, []*segment.Segment{built(t, space, memories)}, make([]rows.Set, 1))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	held, file := filepath.Join(dir, "1.nxm"), filepath.Join(dir, "1.nxs")
	if err := draft.WriteFiles(toFile(held), toFile(file)); err != nil {
		t.Fatal(err)
	}
	memory, err := segment.OpenHeld(vfs.OS, held, false)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := segment.OpenFile(vfs.OS, file, memory, false)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}
