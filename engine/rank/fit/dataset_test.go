package fit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"maps"
	"math"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/nexus-memory/nexus/engine/model"
)

// three is three questions of two columns, one of them without candidates.
func three(t testing.TB) *Dataset {
	t.Helper()
	d := &Dataset{Columns: []string{"a", "b"}}
	for _, c := range []struct {
		g       Group
		labels  []uint8
		columns []float32
		stride  int
	}{
		{Group{ID: "one", Set: "x", Weight: 1, Evidence: 4}, []uint8{0, 1, 3}, []float32{1, 2, 3, -1, 4, nan, 6, -1}, 4},
		{Group{ID: "two", Set: "y", Weight: .5}, nil, nil, 0},
		{Group{ID: "three", Set: "x"}, []uint8{1}, []float32{7, 8}, 1},
	} {
		if err := d.Add(c.g, c.labels, c.columns, c.stride); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func file(t testing.TB, d *Dataset) []byte {
	t.Helper()
	var b bytes.Buffer
	if n, err := d.WriteTo(&b); err != nil || n != int64(b.Len()) {
		t.Fatal(n, b.Len(), err)
	}
	return b.Bytes()
}

func TestAddTransposesAndCountsEvidence(t *testing.T) {
	d := three(t)
	if !slices.Equal(d.Values[0], []float32{1, 2, 3, 7}) || d.Values[1][0] != 4 || !isNaN(d.Values[1][1]) || d.Values[1][2] != 6 || d.Values[1][3] != 8 {
		t.Errorf("values %v", d.Values)
	}
	if !slices.Equal(d.Starts, []int{0, 3, 3, 4}) || d.Groups[0].Evidence != 4 || d.Groups[2].Evidence != 1 {
		t.Errorf("starts %v, groups %+v", d.Starts, d.Groups)
	}
	if err := d.check(); err != nil {
		t.Error(err)
	}
}

func TestAddRefusesWhatDoesNotFit(t *testing.T) {
	for name, add := range map[string]func(d *Dataset) error{
		"values":   func(d *Dataset) error { return d.Add(Group{}, []uint8{0, 0}, make([]float32, 3), 2) },
		"stride":   func(d *Dataset) error { return d.Add(Group{}, []uint8{0, 0}, make([]float32, 9), 1) },
		"grade":    func(d *Dataset) error { return d.Add(Group{}, []uint8{GradeMax + 1}, make([]float32, 2), 1) },
		"weight":   func(d *Dataset) error { return d.Add(Group{Weight: -1}, nil, nil, 0) },
		"NaN":      func(d *Dataset) error { return d.Add(Group{Weight: math.NaN()}, nil, nil, 0) },
		"evidence": func(d *Dataset) error { return d.Add(Group{Evidence: -1}, nil, nil, 0) },
		"name":     func(d *Dataset) error { return d.Add(Group{ID: string(make([]byte, textMax+1))}, nil, nil, 0) },
	} {
		d := three(t)
		if err := add(d); !errors.Is(err, model.ErrInvalid) || d.Rows() != 4 || len(d.Groups) != 3 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (&Dataset{}).Add(Group{}, nil, nil, 0); !errors.Is(err, model.ErrInvalid) {
		t.Error("a dataset without columns took a question")
	}
}

func TestSelectCopies(t *testing.T) {
	d := three(t)
	x := d.Select(func(_ int, g Group) bool { return g.Set == "x" })
	if err := x.check(); err != nil || len(x.Groups) != 2 || !slices.Equal(x.Values[0], []float32{1, 2, 3, 7}) || !slices.Equal(x.Starts, []int{0, 3, 4}) {
		t.Fatalf("%v: %+v", err, x)
	}
	x.Values[0][0], x.Labels[0] = 9, 9
	if d.Values[0][0] != 1 || d.Labels[0] != 0 {
		t.Fatal("the original changed")
	}
}

func TestBalanceGivesEverySetTheSameWeight(t *testing.T) {
	d := three(t)
	d.Balance()
	sum := map[string]float64{}
	for _, g := range d.Groups {
		sum[g.Set] += g.Weight
	}
	if want := map[string]float64{"x": 1.5, "y": 1.5}; !maps.Equal(sum, want) {
		t.Fatal(sum)
	}
}

// Ranks of "one" by these scores: grades 1, 0, 3; of four pieces of evidence two are
// found. DCG = 1 + 7/2 = 4.5; the best order is 3, 1, and two of grade 1 that are no
// candidates: 7 + 1/log2(3) + 1/2 + 1/log2(5).
func TestMetricsByHand(t *testing.T) {
	d := three(t)
	all, sets := d.Measure([]float32{2, 3, 1, 0})
	ndcg := 4.5 / (7 + 1/math.Log2(3) + .5 + 1/math.Log2(5))
	if all.Questions != 2 || all.Any8 != 1 || all.Frac8 != .75 || all.All8 != .5 || all.MRR != 1 || !near(all.NDCG8, (ndcg+1)/2) {
		t.Errorf("all: %+v", all)
	}
	if len(sets) != 1 || sets["x"] != all {
		t.Errorf("sets: %+v", sets)
	}
	if got, want := all.String(), "n 2 any@8 100.0 frac@8 75.0 all@8 50.0 MRR 100.0 NDCG@8 75.0"; got[:len(want)-4] != want[:len(want)-4] {
		t.Error(got)
	}
}

// Ten rows, evidence at ranks 9 and 10: nothing among eight, MRR 1/9. With equal scores
// the order of the rows decides.
func TestMetricsEndAtRankEight(t *testing.T) {
	d := &Dataset{Columns: []string{"a"}}
	if err := d.Add(Group{}, []uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1}, make([]float32, 10), 10); err != nil {
		t.Fatal(err)
	}
	if all, _ := d.Measure(make([]float32, 10)); all != (Metrics{Questions: 1, MRR: 1 / 9.}) {
		t.Fatalf("%+v", all)
	}
}

func equal(a, b *Dataset) bool {
	same := slices.Equal(a.Columns, b.Columns) && slices.Equal(a.Groups, b.Groups) && slices.Equal(a.Starts, b.Starts) && slices.Equal(a.Labels, b.Labels)
	for f := range a.Values {
		same = same && slices.EqualFunc(a.Values[f], b.Values[f], func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
	}
	return same && len(a.Values) == len(b.Values)
}

func TestADatasetIsReadAsItWasWritten(t *testing.T) {
	big := planted(t, 2000, 1, []string{"a", "ü", "c"}, func([]float32) float64 { return 0 }) // values beyond one chunk
	empty := &Dataset{Columns: []string{"a"}}
	for _, d := range []*Dataset{three(t), big} {
		written := file(t, d)
		var got Dataset
		if n, err := got.ReadFrom(iotest.HalfReader(bytes.NewReader(written))); err != nil || n != int64(len(written)) || !equal(d, &got) {
			t.Fatalf("%d of %d bytes: %v", n, len(written), err)
		}
	}
	var got Dataset
	if _, err := got.ReadFrom(bytes.NewReader(file(t, empty))); err != nil || got.Rows() != 0 || !slices.Equal(got.Columns, empty.Columns) {
		t.Fatal(err, got)
	}
}

func TestEveryDamagedByteOfADatasetIsFound(t *testing.T) {
	whole := file(t, three(t))
	for i := range whole {
		bad, d := slices.Clone(whole), three(t)
		bad[i] ^= 0x41
		if _, err := d.ReadFrom(bytes.NewReader(bad)); !errors.Is(err, model.ErrCorrupt) && !errors.Is(err, model.ErrUnsupported) || !equal(d, three(t)) {
			t.Fatalf("byte %d: %v", i, err)
		}
		if _, err := d.ReadFrom(bytes.NewReader(whole[:i])); !errors.Is(err, model.ErrCorrupt) {
			t.Fatalf("cut to %d: %v", i, err)
		}
	}
	if _, err := new(Dataset).ReadFrom(bytes.NewReader(append(whole, 0))); !errors.Is(err, model.ErrCorrupt) {
		t.Fatal(err)
	}
	if _, err := new(Dataset).ReadFrom(iotest.ErrReader(io.ErrClosedPipe)); !errors.Is(err, io.ErrClosedPipe) {
		t.Fatal(err)
	}
}

// failing takes so many bytes.
type failing int

func (f *failing) Write(b []byte) (int, error) {
	if *f -= failing(len(b)); *f < 0 {
		return 0, io.ErrShortWrite
	}
	return len(b), nil
}

func TestWriteToReportsErrors(t *testing.T) {
	if _, err := three(t).WriteTo(new(failing)); !errors.Is(err, io.ErrShortWrite) {
		t.Error(err)
	}
	d := three(t)
	d.Starts[1] = 9
	if _, err := d.WriteTo(io.Discard); !errors.Is(err, model.ErrInvalid) {
		t.Error(err)
	}
}

// FuzzReadDataset holds that a file is a dataset, which is written as the same file, or an
// error of the two kinds, whatever its bytes; also behind a checksum that fits.
func FuzzReadDataset(f *testing.F) {
	f.Add(file(f, three(f)), true)
	f.Add(file(f, &Dataset{Columns: []string{"a"}}), false)
	f.Add([]byte(fileMagic), true)
	f.Fuzz(func(t *testing.T, b []byte, seal bool) {
		if seal && len(b) > 4 {
			b = slices.Clone(b)
			binary.LittleEndian.PutUint32(b[len(b)-4:], crc32.Checksum(b[:len(b)-4], castagnoli))
		}
		var d Dataset
		_, err := d.ReadFrom(bytes.NewReader(b))
		switch {
		case err == nil && !bytes.Equal(file(t, &d), b):
			t.Fatal("read and written again it is another file")
		case err != nil && !errors.Is(err, model.ErrCorrupt) && !errors.Is(err, model.ErrUnsupported):
			t.Fatal(err)
		}
	})
}
