package rank

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
)

var update = flag.Bool("update", false, "write the sample file of the current format")

var nan = float32(math.NaN())

// spec is what New is called with.
type spec struct {
	columns []string
	forest  Forest
	from    Provenance
}

// small is two trees of depth 2 over three columns, worked out by hand in the tests.
func small() spec {
	return spec{
		columns: []string{"words", "meaning", "age"},
		forest: Forest{
			Depth:      2,
			Bias:       .5,
			Column:     []uint16{0, 1, 2, 0},
			Thresholds: []float32{1, .25, 10, float32(math.Inf(-1))},
			Leaves:     []float32{1, 2, 4, 8, .0625, .125, 16, 32},
		},
		from: Provenance{Sets: []string{"plays", "meetings"}, Seed: 7, Metrics: "any@8 .5, été", Fitted: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)},
	}
}

func (s spec) model(t testing.TB) *Model {
	t.Helper()
	m, err := New(s.columns, s.forest, s.from)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// random is a model of many trees, with thresholds that occur among the values.
func random(trees, columns int, seed uint64) spec {
	r := rand.New(rand.NewPCG(seed, 1))
	s := spec{forest: Forest{Depth: 6}}
	for i := range columns {
		s.columns = append(s.columns, strings.Repeat("c", 1+i))
	}
	for range trees * 6 {
		s.forest.Column = append(s.forest.Column, uint16(r.IntN(columns)))
		s.forest.Thresholds = append(s.forest.Thresholds, float32(r.IntN(8)))
	}
	for range trees << 6 {
		s.forest.Leaves = append(s.forest.Leaves, float32(r.NormFloat64()))
	}
	return s
}

func scores(t testing.TB, m *Model, names []string, columns []float32, n int) []float32 {
	t.Helper()
	s, err := m.Bind(names)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, n)
	s.Score(columns, n, n, out)
	return out
}

func TestScoreIsTheSumOfTheLeavesThatTheColumnsLeadTo(t *testing.T) {
	m := small().model(t)
	got := scores(t, m, []string{"words", "meaning", "age"}, []float32{
		0, 2, 2, nan, // words
		0, 0, 1, 1, // meaning
		11, 11, 10, nan, // age
	}, 4)
	want := []float32{
		.5 + 1 + 32,    // nothing; old, words known
		.5 + 2 + 32,    // words
		.5 + 8 + 16,    // both; not above 10
		.5 + 4 + .0625, // words missing: above nothing, not even -Inf
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestColumnsAreFoundByName(t *testing.T) {
	m := small().model(t)
	columns := []float32{
		11, 9, // age
		5, 5, // unknown to the model
		1, 0, // meaning
		2, 0, // words
	}
	got := scores(t, m, []string{"age", "mood", "meaning", "words"}, columns, 2)
	if want := []float32{.5 + 8 + 32, .5 + 1 + 16}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestAColumnThatIsNotThereIsMissing(t *testing.T) {
	s := random(50, 9, 3)
	m := s.model(t)
	r := rand.New(rand.NewPCG(4, 4))
	const n = 40
	all := make([]float32, len(s.columns)*n)
	for i := range all {
		all[i] = float32(r.IntN(9))
	}
	for i := range n { // columns 2 and 7 missing
		all[2*n+i], all[7*n+i] = nan, nan
	}
	var names []string
	var some []float32
	for f, name := range s.columns {
		if f != 2 && f != 7 {
			names = append(names, name)
			some = append(some, all[f*n:][:n]...)
		}
	}
	bound, err := m.Bind(names)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{s.columns[2], s.columns[7]}; !slices.Equal(bound.Missing(), want) {
		t.Fatalf("missing %v, want %v", bound.Missing(), want)
	}
	got := make([]float32, n)
	bound.Score(some, n, n, got)
	if want := scores(t, m, s.columns, all, n); !slices.Equal(got, want) {
		t.Fatalf("without the columns %v, with NaN in them %v", got, want)
	}
}

func TestBindRefusesWhatItCannotServe(t *testing.T) {
	m := small().model(t)
	for name, columns := range map[string][]string{
		"none": nil, "none of its own": {"mood"}, "twice": {"age", "words", "age"}, "without a name": {"age", ""},
		"too many": slices.Repeat([]string{"age"}, callerColumnsMax+1),
	} {
		if _, err := m.Bind(columns); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewRefusesWhatIsNoModel(t *testing.T) {
	for name, spoil := range map[string]func(*spec){
		"no column":         func(s *spec) { s.columns = nil },
		"column twice":      func(s *spec) { s.columns[2] = "words" },
		"column not UTF-8":  func(s *spec) { s.columns[2] = "\xff" },
		"long name":         func(s *spec) { s.columns[2] = strings.Repeat("x", NameBytesMax+1) },
		"columns":           func(s *spec) { s.columns = slices.Repeat(s.columns, ColumnsMax) },
		"column not there":  func(s *spec) { s.forest.Column[3] = 3 },
		"depth 0":           func(s *spec) { s.forest.Depth = 0 },
		"depth 7":           func(s *spec) { s.forest.Depth = 7 },
		"a node too few":    func(s *spec) { s.forest.Column = s.forest.Column[:3] },
		"NaN threshold":     func(s *spec) { s.forest.Thresholds[0] = nan },
		"infinite leaf":     func(s *spec) { s.forest.Leaves[7] = float32(math.Inf(1)) },
		"NaN bias":          func(s *spec) { s.forest.Bias = nan },
		"too many trees":    func(s *spec) { s.forest.Leaves = make([]float32, (TreesMax+1)*4) },
		"too many sets":     func(s *spec) { s.from.Sets = make([]string, SetsMax+1) },
		"long metrics":      func(s *spec) { s.from.Metrics = strings.Repeat("x", TextBytesMax+1) },
		"metrics not UTF-8": func(s *spec) { s.from.Metrics = "\xff" },
	} {
		s := small()
		spoil(&s)
		if _, err := New(s.columns, s.forest, s.from); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAModelKeepsNothingOfTheCallers(t *testing.T) {
	s := small()
	m := s.model(t)
	before := m.Encode()
	s.columns[0], s.forest.Leaves[0], s.forest.Column[0], s.forest.Thresholds[0], s.from.Sets[0] = "x", 9, 1, 9, "x"
	m.Columns()[0], m.Provenance().Sets[0] = "y", "y"
	if !bytes.Equal(before, m.Encode()) {
		t.Fatal("the model changed")
	}
}

func TestEncodeAndDecodeAreInverse(t *testing.T) {
	empty := spec{columns: []string{"a"}, forest: Forest{Depth: 6, Bias: 1}}
	for _, s := range []spec{small(), random(300, 60, 9), empty} {
		m := s.model(t)
		file := m.Encode()
		got, err := Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Encode(), file) {
			t.Fatal("decoded and encoded again it is another file")
		}
		p := got.Provenance()
		if !slices.Equal(got.Columns(), s.columns) || got.Trees() != len(s.forest.Leaves)>>s.forest.Depth || !p.Fitted.Equal(m.provenance.Fitted) ||
			p.Seed != s.from.Seed || p.Metrics != s.from.Metrics || !slices.Equal(p.Sets, s.from.Sets) {
			t.Fatalf("got %v, %d trees, %+v", got.Columns(), got.Trees(), p)
		}
	}
}

func TestEveryDamagedByteIsFound(t *testing.T) {
	file := small().model(t).Encode()
	for i := range file {
		for _, flip := range []byte{1, 0x80} {
			bad := slices.Clone(file)
			bad[i] ^= flip
			if _, err := Decode(bad); !errors.Is(err, model.ErrCorrupt) {
				t.Fatalf("byte %d: %v", i, err)
			}
		}
	}
	for size := range file {
		if _, err := Decode(file[:size]); !errors.Is(err, model.ErrCorrupt) {
			t.Fatalf("cut to %d: %v", size, err)
		}
	}
	if _, err := Decode(append(file, 0)); !errors.Is(err, model.ErrCorrupt) {
		t.Fatalf("a byte more: %v", err)
	}
}

// sealed gives a changed file a checksum and a size that fit.
func sealed(file []byte) []byte {
	binary.LittleEndian.PutUint64(file[offSize:], uint64(len(file)))
	binary.LittleEndian.PutUint32(file[offCRC:], checksum(file))
	return file
}

func TestANewerFileIsNotSupported(t *testing.T) {
	file := append(small().model(t).Encode(), "what a later version knows"...)
	file[offVersion]++
	if _, err := Decode(sealed(file)); !errors.Is(err, model.ErrUnsupported) {
		t.Fatal(err)
	}
	none := small().model(t).Encode()
	none[offVersion] = 0
	if _, err := Decode(sealed(none)); !errors.Is(err, model.ErrCorrupt) {
		t.Fatal(err)
	}
}

func TestABadModelUnderAGoodChecksumIsCorrupt(t *testing.T) {
	for _, at := range []int{40, 44, 48, 52, 56, 60} { // depth, trees, bias, counts, length of a name
		file := small().model(t).Encode()
		binary.LittleEndian.PutUint32(file[at:], 0xFFFFFFFF)
		if _, err := Decode(sealed(file)); !errors.Is(err, model.ErrCorrupt) {
			t.Fatalf("field at %d: %v", at, err)
		}
	}
	s := spec{columns: []string{"a"}, forest: Forest{Depth: 1}, from: Provenance{Metrics: "all"}}
	file := s.model(t).Encode() // ends with the text, which then has one byte less than it says
	if _, err := Decode(sealed(file[:len(file)-1])); !errors.Is(err, model.ErrCorrupt) {
		t.Fatalf("text cut short: %v", err)
	}
}

// The sample file of format 1 was written once; every later build opens it and scores
// the same with it.
func TestTheSampleOfFormat1Opens(t *testing.T) {
	path := filepath.Join("testdata", "ranker-v1.nxr")
	if *update {
		if err := os.WriteFile(path, small().model(t).Encode(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := scores(t, m, []string{"age", "words"}, []float32{11, 2}, 1); got[0] != .5+2+32 {
		t.Fatalf("score %v", got)
	}
	if p := m.Provenance(); p.Seed != 7 || p.Metrics != "any@8 .5, été" || p.Fitted.Unix() != 1795694400 || len(p.Sets) != 2 {
		t.Fatalf("provenance %+v", p)
	}
	if !bytes.Equal(m.Encode(), file) {
		t.Fatal("written again it is another file")
	}
}

func TestWithMetricsChangesNothingElse(t *testing.T) {
	m := small().model(t)
	with, err := m.WithMetrics("any@8 .9")
	if err != nil || with.Provenance().Metrics != "any@8 .9" || m.Provenance().Metrics == "any@8 .9" {
		t.Fatal(err, with)
	}
	back, err := with.WithMetrics(m.Provenance().Metrics)
	if err != nil || !bytes.Equal(back.Encode(), m.Encode()) {
		t.Fatal("not the same model", err)
	}
	if _, err := m.WithMetrics("\xff"); !errors.Is(err, model.ErrInvalid) {
		t.Fatal(err)
	}
}

func TestUsesCountsTheNodesOfEachColumn(t *testing.T) {
	s := small()
	s.forest.Thresholds[3] = float32(math.Inf(1)) // asks nothing
	if got := s.model(t).Uses(); !slices.Equal(got, []int{1, 1, 1}) {
		t.Fatal(got)
	}
}

func TestScoreDoesNotAllocate(t *testing.T) {
	s := random(300, 60, 9)
	bound, err := s.model(t).Bind(s.columns[:40])
	if err != nil {
		t.Fatal(err)
	}
	const n = 256
	columns, out := make([]float32, 40*n), make([]float32, n)
	if got := testing.AllocsPerRun(100, func() { bound.Score(columns, n, n, out) }); got != 0 {
		t.Fatalf("%v allocations", got)
	}
}

func BenchmarkScore(b *testing.B) {
	s := random(300, 60, 9)
	bound, err := s.model(b).Bind(s.columns)
	if err != nil {
		b.Fatal(err)
	}
	const n = 256
	columns, out := make([]float32, 60*n), make([]float32, n)
	for b.Loop() {
		bound.Score(columns, n, n, out)
	}
}

// FuzzDecode holds that a file is a model, which encodes to the same file, or an error of
// the two kinds, whatever its bytes; also behind a checksum that fits.
func FuzzDecode(f *testing.F) {
	f.Add(small().file(f), false)
	f.Add(spec{columns: []string{"a"}, forest: Forest{Depth: 1}}.file(f), true)
	f.Add([]byte(magic), true)
	f.Fuzz(func(t *testing.T, file []byte, seal bool) {
		if seal && len(file) >= headCommon {
			file = sealed(slices.Clone(file))
		}
		m, err := Decode(file)
		switch {
		case err == nil && !bytes.Equal(m.Encode(), file):
			t.Fatal("decoded and encoded again it is another file")
		case err != nil && !errors.Is(err, model.ErrCorrupt) && !errors.Is(err, model.ErrUnsupported):
			t.Fatal(err)
		}
	})
}

func (s spec) file(f *testing.F) []byte { return s.model(f).Encode() }
