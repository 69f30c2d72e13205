package vectors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/bench/peers/contest"
)

// makeData leaves what py/vectors_data.py would, of random rows, some of them twice.
func makeData(t *testing.T, rowCount, questions int) *data {
	t.Helper()
	d := &data{Rows: rowCount, Questions: questions, Dim: 384, Shares: []float64{10, .1}, home: t.TempDir()}
	random := rand.New(rand.NewPCG(1, 2))
	d.rows, d.ask = randomRows(random, rowCount, d.Dim), randomRows(random, questions, d.Dim)
	for i := 0; i < rowCount; i += 100 {
		copy(d.row(i+1), d.row(i))
	}
	put := func(name string, err error) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	file := func(name string) string { return filepath.Join(d.home, name) }
	put("rows", contest.WriteNumbers(file("rows.f32"), d.rows))
	put("questions", contest.WriteNumbers(file("questions.f32"), d.ask))
	put("least", contest.WriteNumbers(file("least.f32"), d.least(nil)))
	for _, share := range d.Shares {
		allowed := make([]uint8, rowCount)
		for _, i := range random.Perm(rowCount)[:int(float64(rowCount)*share/100)] {
			allowed[i] = 1
		}
		put("allowed", contest.WriteNumbers(file("allowed-"+shareName(share)+".u8"), allowed))
		put("least", contest.WriteNumbers(file("least-"+shareName(share)+".f32"), d.least(allowed)))
	}
	about, err := json.Marshal(map[string]any{"rows": rowCount, "questions": questions, "dim": d.Dim, "shares": d.Shares})
	if err != nil {
		t.Fatal(err)
	}
	put("about", os.WriteFile(file("about.json"), about, 0o644))
	return d
}

func randomRows(random *rand.Rand, count, dim int) []float32 {
	rows := make([]float32, count*dim)
	for i := range count {
		row, norm := rows[i*dim:(i+1)*dim], 0.
		for j := range row {
			v := random.NormFloat64()
			row[j], norm = float32(v), norm+v*v
		}
		for j := range row {
			row[j] /= float32(math.Sqrt(norm))
		}
	}
	return rows
}

// least is the tenth best score of each question, or the last where there are fewer.
func (d *data) least(allowed []uint8) []float32 {
	list := make([]float32, d.Questions)
	for q := range list {
		var scores []float64
		for row := range d.Rows {
			if allowed == nil || allowed[row] == 1 {
				scores = append(scores, d.score(q, row))
			}
		}
		slices.Sort(scores)
		list[q] = float32(scores[max(0, len(scores)-width)])
	}
	return list
}

// TestOwnPartiesAreRight runs the own children in this process, twice as a contest does:
// what they tell is checked like that of a peer, and has to be right.
func TestOwnPartiesAreRight(t *testing.T) {
	defer func(before time.Duration) { atRest = before }(atRest)
	atRest = time.Millisecond
	d := makeData(t, 3000, 20)
	var lines []contest.Line
	for range 2 {
		var out bytes.Buffer
		c := &contest.Child{Out: &out, Folder: d.home}
		for _, child := range []error{Write(t.Context(), c), Engine(t.Context(), c), Store(t.Context(), c)} {
			if child != nil {
				t.Fatal(child)
			}
		}
		for decoder := json.NewDecoder(&out); decoder.More(); {
			var l contest.Line
			if err := decoder.Decode(&l); err != nil {
				t.Fatal(err)
			}
			if l.Party == "" {
				l.Party = engineParty
			}
			if err := d.check(&l); err != nil {
				t.Fatalf("%+v: %v", l, err)
			}
			lines = append(lines, l)
		}
	}
	lines = contest.Merge(lines)
	// Directions at random are all alike, the hardest there is: this is about the way, not the recall.
	for step, least := range map[string]float64{"filtered": .8, "exact scan of": 1} {
		for _, share := range d.Shares {
			if l := contest.Find(lines, "", engineParty, step, shareName(share)); !(l.Get("recall") >= least) {
				t.Errorf("%s %g %%: %+v", step, share, l)
			}
		}
	}
	for _, party := range []string{engineParty, storeParty} {
		if l := at(lines, party, .8); !(l.Get("mean") > 0) || math.IsNaN(contest.Find(lines, "", party, "build", "").Get("resident")) {
			t.Errorf("%s: %+v", party, l)
		}
	}
}

// TestFilteredAnswersStayInside: an answer that the filter forbids fails the party, however
// good its row is.
func TestFilteredAnswersStayInside(t *testing.T) {
	d := makeData(t, 2000, 1)
	allowed, err := d.filter("10")
	if err != nil {
		t.Fatal(err)
	}
	for _, inside := range []bool{true, false} {
		answers := []int64{}
		for row, a := range allowed {
			if len(answers) < width && (a == 1) == inside {
				answers = append(answers, int64(row))
			}
		}
		l := contest.Line{Step: "filtered", Param: "10", Width: width, Passes: 1, Answers: filepath.Join(d.home, "a"), Times: filepath.Join(d.home, "t")}
		if err := contest.WriteNumbers(l.Answers, answers); err != nil {
			t.Fatal(err)
		}
		if err := contest.WriteNumbers(l.Times, []float64{1}); err != nil {
			t.Fatal(err)
		}
		if err := d.check(&l); (err == nil) != inside {
			t.Errorf("inside %t: %v", inside, err)
		}
	}
}

func search(party string, mean, recall float64) contest.Line {
	l := contest.Line{Set: "gloss", Party: party, Step: "search", Param: fmt.Sprint(mean)}
	l.Put("mean", mean, "us")
	l.Put("recall", recall, "share")
	return l
}

// TestCheapestSettingCounts: of each party the cheapest that reaches the recall, of several
// peers the fastest; who does not reach it has no time.
func TestCheapestSettingCounts(t *testing.T) {
	lines := []contest.Line{
		search(engineParty, 100, .995),
		search("hnswlib", 50, .97), search("hnswlib", 400, .992), search("hnswlib", 300, .991), search("hnswlib", 900, .999),
		search("faiss IVF-PQ", 250, .99), search("faiss HNSW32-SQ8", 200, .99), search("usearch i8", 10, .95),
	}
	if got := at(lines, "hnswlib", .99).Get("mean"); got != 300 {
		t.Errorf("hnswlib at .99: %v", got)
	}
	if got := best(lines, "faiss", .99); got != 200 {
		t.Errorf("best of faiss: %v", got)
	}
	if got := best(lines, "usearch", .99); !math.IsNaN(got) {
		t.Errorf("usearch reaches .95 only, and yet %v", got)
	}
	for peer, want := range map[string]struct {
		value   float64
		verdict string
	}{"hnswlib": {3, "met"}, "faiss": {2, "MISSED"}, "usearch": {math.Inf(1), "met"}, "zvec": {math.NaN(), "not measured"}} {
		bar := speed{.99, peer, 2.5}.judge("gloss", engineParty, lines)
		if bar.Verdict() != want.verdict || bar.Value != want.value && !math.IsNaN(want.value) {
			t.Errorf("%s: %+v", peer, bar)
		}
	}
	if bar := (speed{.999, "hnswlib", 2}).judge("gloss", engineParty, lines); bar.Verdict() != "MISSED" {
		t.Errorf("a recall that only the peer reaches: %+v", bar)
	}
}
