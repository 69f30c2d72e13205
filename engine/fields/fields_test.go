package fields

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
)

// memoriesOf draws memories that share few values, so that filters hit some.
func memoriesOf(t *rapid.T, most int) []model.Memory {
	few := rapid.SampledFrom([]string{"", "Ann", "Anna", "Bob", "bob", "ä", "\x00"})
	base := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		return base.Add(time.Duration(rapid.IntRange(-50, 50).Draw(t, "hours")) * time.Hour)
	})
	value := rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 4).Draw(t, "type") {
		case 0:
			return few.Draw(t, "string")
		case 1:
			return float64(rapid.IntRange(-3, 3).Draw(t, "number")) / 2
		case 2:
			return rapid.Bool().Draw(t, "bool")
		case 3:
			return moment.Draw(t, "time")
		}
		return append([]string{}, rapid.SliceOfN(few, 0, 3).Draw(t, "list")...)
	})
	list := make([]model.Memory, rapid.IntRange(1, most).Draw(t, "rows"))
	for i := range list {
		m := &list[i]
		*m = model.Memory{ID: model.ID(3*i + 5), Kind: rapid.SampledFrom([]model.Kind{1, 2, 3, 4}).Draw(t, "kind"),
			Speaker: few.Draw(t, "speaker"), Key: few.Draw(t, "key"), Position: uint32(rapid.IntRange(0, 5).Draw(t, "position")),
			Importance: rapid.SampledFrom([]float32{0, .3, .7, 1}).Draw(t, "importance"), IngestTime: base.Add(time.Duration(i/4) * time.Hour)}
		m.User = few.Draw(t, "user")
		if rapid.Bool().Draw(t, "dated") {
			m.EventTime = moment.Draw(t, "event")
		}
		if rapid.Bool().Draw(t, "cut") {
			m.Source, m.End = "file", uint64(rapid.IntRange(1, 9).Draw(t, "end"))
		}
		if n := rapid.IntRange(0, 3).Draw(t, "entries"); n > 0 {
			m.Meta = map[string]any{}
			for range n {
				m.Meta[rapid.SampledFrom([]string{"a", "b", "speaker", "odd `name"}).Draw(t, "name")] = value.Draw(t, "value")
			}
		}
	}
	return list
}

// filterOf draws a filter that passes Check.
func filterOf(t *rapid.T, depth int) model.Filter {
	for {
		if f := drawFilter(t, depth); f.Check() == nil {
			return f
		}
	}
}

func drawFilter(t *rapid.T, depth int) model.Filter {
	if depth > 0 {
		switch rapid.IntRange(0, 4).Draw(t, "join") {
		case 0:
			return model.And(drawFilter(t, depth-1), drawFilter(t, depth-1), drawFilter(t, depth-1))
		case 1:
			return model.Or(drawFilter(t, depth-1), drawFilter(t, depth-1))
		case 2:
			return model.Not(drawFilter(t, depth-1))
		}
	}
	name := rapid.SampledFrom(append(model.FieldNames(), "a", "b", "meta.speaker", "odd `name", "nowhere")).Draw(t, "field")
	field := model.Field(name)
	value := func() any {
		kind := rapid.IntRange(0, 4).Draw(t, "type")
		switch name { // most other types would be refused
		case "id", "position", "importance", "start", "end":
			kind = 1
		case "time", "ingested":
			kind = max(3, kind)
		}
		switch kind {
		case 0:
			return rapid.SampledFrom([]string{"", "Ann", "An", "bob", "working", "episodic", "file", "\x00"}).Draw(t, "string")
		case 1:
			return rapid.SampledFrom([]float64{-1, 0, .3, .5, .7, 1, 2, 5, 5.5, 8}).Draw(t, "number")
		case 2:
			return rapid.Bool().Draw(t, "bool")
		case 3:
			return model.Day{Year: 2024, Month: time.January, Day: rapid.IntRange(1, 2).Draw(t, "day")}
		}
		return time.Date(2024, 1, 1, rapid.IntRange(0, 30).Draw(t, "hour"), 0, 0, 0, time.UTC)
	}
	switch rapid.IntRange(0, 9).Draw(t, "op") {
	case 0:
		return field.Eq(value())
	case 1:
		return field.Ne(value())
	case 2:
		return field.Lt(value())
	case 3:
		return field.Le(value())
	case 4:
		return field.Gt(value())
	case 5:
		return field.Ge(value())
	case 6:
		return field.In(value(), value())
	case 7:
		return field.Has(rapid.SampledFrom([]string{"Ann", "ä", "none"}).Draw(t, "element"))
	case 8:
		return field.Prefix(rapid.SampledFrom([]string{"", "A", "Ann", "b", "z"}).Draw(t, "prefix"))
	}
	return field.Exists()
}

func denseOf(memories []model.Memory) (d Dense) {
	for i := range memories {
		m := &memories[i]
		event := m.EventTime
		if event.IsZero() {
			event = m.IngestTime
		}
		d.IDs, d.Times, d.Positions = append(d.IDs, uint64(m.ID)), append(d.Times, event.UnixMicro()), append(d.Positions, m.Position)
	}
	return d
}

func build(b *Builder, memories []model.Memory) (p Parts) {
	b.Reset()
	for i := range memories {
		b.Add(i, Of(&memories[i]), memories[i].IngestTime.UnixMicro())
	}
	b.Finish(&p, len(memories))
	return p
}

func compare(t *rapid.T, r *Reader, memories []model.Memory, f model.Filter) {
	got := r.Select(f)
	for row := range memories {
		if want := f.Match(&memories[row]); got.Has(row) != want {
			t.Fatalf("%s: row %d of %d: columns say %v, the memory %v: %+v", f, row, len(memories), got.Has(row), want, memories[row])
		}
	}
	if n := len(memories) % 64; n != 0 && got[len(got)-1]>>n != 0 {
		t.Fatalf("%s: rows behind the last one", f)
	}
}

func TestColumnsSelectWhatMemoriesMatch(t *testing.T) {
	b := NewBuilder()
	rapid.Check(t, func(t *rapid.T) {
		memories := memoriesOf(t, 200)
		r, err := Open(build(b, memories), denseOf(memories))
		if err != nil {
			t.Fatal(err)
		}
		for range 24 {
			compare(t, r, memories, filterOf(t, 3))
		}
	})
}

func TestStringsAreThoseOfTheRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := memoriesOf(t, 90)
		r, err := Open(build(NewBuilder(), list), denseOf(list))
		if err != nil {
			t.Fatal(err)
		}
		for column, of := range map[string]func(m *model.Memory) any{
			"speaker": func(m *model.Memory) any { return m.Speaker }, ".a": func(m *model.Memory) any { return m.Meta["a"] },
		} {
			got := make([]any, len(list))
			r.Strings(column, func(value []byte, each func(func(row int))) {
				each(func(row int) { got[row] = string(value) })
			})
			for row := range list {
				want, isString := of(&list[row]).(string)
				if have, ok := got[row].(string); have != want || ok != isString && want != "" {
					t.Fatalf("%s of row %d: %v, want %q", column, row, got[row], want)
				}
			}
		}
	})
}

func TestMergedColumnsAreThoseOfTheRowsTogether(t *testing.T) {
	b := NewBuilder()
	rapid.Check(t, func(t *rapid.T) {
		var live []model.Memory
		var readers []*Reader
		var targets [][]uint32
		for range rapid.IntRange(1, 4).Draw(t, "sources") {
			memories := memoriesOf(t, 90)
			r, err := Open(build(b, memories), denseOf(memories))
			if err != nil {
				t.Fatal(err)
			}
			target := make([]uint32, len(memories))
			for row := range memories {
				target[row] = NoRow
				if rapid.IntRange(0, 3).Draw(t, "dead") > 0 {
					target[row] = uint32(len(live))
					live = append(live, memories[row])
				}
			}
			readers, targets = append(readers, r), append(targets, target)
		}
		if len(live) == 0 {
			return
		}
		b.Reset()
		for i, r := range readers {
			b.AddFrom(r, targets[i])
		}
		var merged Parts
		b.Finish(&merged, len(live))
		want := build(NewBuilder(), live)
		if !slices.Equal(merged.Text, want.Text) || !slices.Equal(merged.Index, want.Index) ||
			!slices.Equal(merged.Values, want.Values) || !slices.Equal(merged.Rows, want.Rows) {
			t.Fatalf("merged columns differ from those built at once, of %d rows", len(live))
		}
	})
}

func TestListsHaveOneForm(t *testing.T) {
	for _, rowCount := range []int{1, 2, 31, 63, 64, 65, 1000, 1 << 16} {
		for _, every := range []int{1, 2, 31, 32, 33, 64, 1 << 16} {
			var list []uint32
			for row := 0; row < rowCount; row += every {
				list = append(list, uint32(row))
			}
			stored := appendList(nil, list, rowCount)
			if !listFits(stored, rowCount) || len(stored) > len(list) && len(stored) > bitmapWords(rowCount) {
				t.Fatalf("%d rows, every %d: %d words", rowCount, every, len(stored))
			}
			set := rows.NewSet(rowCount)
			addList(set, stored, rowCount)
			var got []uint32
			eachRow(stored, rowCount, func(row int) { got = append(got, uint32(row)) })
			var fromSet []uint32
			set.Each(func(row int) { fromSet = append(fromSet, uint32(row)) })
			if !slices.Equal(got, list) || !slices.Equal(fromSet, list) {
				t.Fatalf("%d rows, every %d: a list does not come back", rowCount, every)
			}
		}
	}
}

func TestDamagedColumnsAreCorrupt(t *testing.T) {
	memories := []model.Memory{{ID: 1, Kind: 1, Speaker: "Ann", Meta: map[string]any{"a": 1.0, "l": []string{"x", "y"}}}, {ID: 2, Kind: 2, Speaker: "Bob"}}
	d := denseOf(memories)
	whole := build(NewBuilder(), memories)
	if _, err := Open(whole, d); err != nil {
		t.Fatal(err)
	}
	damage := map[string]func(p *Parts){
		"no index": func(p *Parts) { p.Index = nil },
		"columns":  func(p *Parts) { p.Index[0]++ },
		"values":   func(p *Parts) { p.Index[1]-- },
		"name":     func(p *Parts) { p.Index[2] = 1 << 31 },
		"type":     func(p *Parts) { p.Index[3] = 77 },
		"range":    func(p *Parts) { p.Index[4] = 99 },
		"list":     func(p *Parts) { p.Index[len(p.Index)-1]++ },
		"row":      func(p *Parts) { p.Rows[0] = 2 },
		"string": func(p *Parts) {
			for i := range p.Values {
				p.Values[i] |= 1 << 62
			}
		},
		"order":          func(p *Parts) { slices.Reverse(p.Values) },
		"short values":   func(p *Parts) { p.Values = p.Values[1:] },
		"rows too many":  func(p *Parts) { p.Rows = append(p.Rows, 0) },
		"text cut":       func(p *Parts) { p.Text = p.Text[:3] },
		"columns' order": func(p *Parts) { p.Text[0] = 0xff },
	}
	for name, harm := range damage {
		p := Parts{slices.Clone(whole.Text), slices.Clone(whole.Index), slices.Clone(whole.Values), slices.Clone(whole.Rows)}
		harm(&p)
		if _, err := Open(p, d); !errors.Is(err, model.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzOpen holds that no columns at all make a later call panic.
func FuzzOpen(f *testing.F) {
	memories := []model.Memory{{ID: 1, Kind: 1, Speaker: "Ann", Meta: map[string]any{"a": 1.0, "l": []string{"x", "y"}}}, {ID: 2, Kind: 2, Speaker: "Bob"}}
	p := build(NewBuilder(), memories)
	f.Add(p.Text, wordBytes(p.Index), longBytes(p.Values), wordBytes(p.Rows), uint16(2))
	filter, err := model.ParseFilter(`speaker = "Ann" or not a <= 1 or l has "x" or exists l or kind in (working) or ingested > 2024-01-01 or speaker starts with "B"`)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text, index, values, list []byte, rowCount uint16) {
		d := Dense{IDs: make([]uint64, rowCount), Times: make([]int64, rowCount), Positions: make([]uint32, rowCount)}
		if rowCount == 0 {
			return
		}
		r, err := Open(Parts{text, words(index), longs(values), words(list)}, d)
		if err != nil {
			if !errors.Is(err, model.ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		r.Select(filter)
		r.Names(func(column string) {
			r.Types(column, func(_ model.Type, has func(rows.Set)) bool { has(rows.NewSet(int(rowCount))); return true })
		})
		target := make([]uint32, rowCount)
		b := NewBuilder()
		b.AddFrom(r, target)
	})
}

func words(b []byte) (out []uint32) {
	for ; len(b) >= 4; b = b[4:] {
		out = append(out, uint32(b[0])|uint32(b[1])<<8|uint32(b[2])<<16|uint32(b[3])<<24)
	}
	return out
}

func longs(b []byte) (out []uint64) {
	for w := words(b); len(w) >= 2; w = w[2:] {
		out = append(out, uint64(w[0])|uint64(w[1])<<32)
	}
	return out
}

func wordBytes(w []uint32) (out []byte) {
	for _, x := range w {
		out = append(out, byte(x), byte(x>>8), byte(x>>16), byte(x>>24))
	}
	return out
}

func longBytes(w []uint64) (out []byte) {
	for _, x := range w {
		out = append(out, wordBytes([]uint32{uint32(x), uint32(x >> 32)})...)
	}
	return out
}

// many returns n memories with a field for each selectivity.
func many(n int) []model.Memory {
	rng := rand.New(rand.NewPCG(1, 2))
	base := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	list := make([]model.Memory, n)
	for i := range list {
		list[i] = model.Memory{ID: model.ID(i + 1), Kind: model.KindEpisodic, Speaker: []string{"Ann", "Bob"}[rng.IntN(2)],
			Scope: model.Scope{User: fmt.Sprint("user ", rng.IntN(1000))}, IngestTime: base.Add(time.Duration(i) * time.Second),
			Meta: map[string]any{"score": rng.Float64(), "tenth": fmt.Sprint(rng.IntN(10)), "tags": []string{fmt.Sprint("t", rng.IntN(100))}}}
	}
	return list
}

var selectivities = []struct{ name, text string }{
	{"50%string", `speaker = "Ann"`}, {"10%string", `tenth = "3"`}, {"1%list", `tags has "t7"`}, {"0.1%string", `user = "user 7"`},
	{"50%number", `score < 0.5`}, {"0.1%number", `score < 0.001`}, {"0.1%time", `time < 2024-01-01T00:01:05Z`},
	{"and", `speaker = "Ann" and tenth != "3" and score >= 0.25`},
}

func BenchmarkFilterCompile(b *testing.B) {
	memories := many(1 << 16)
	r, err := Open(build(NewBuilder(), memories), denseOf(memories))
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("bytes a row: text %.1f index %.1f values %.1f rows %.1f", float64(len(r.Text))/(1<<16), float64(4*len(r.Index))/(1<<16), float64(8*len(r.Parts.Values))/(1<<16), float64(4*len(r.Rows))/(1<<16))
	for _, s := range selectivities {
		f, err := model.ParseFilter(s.text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(s.name, func(b *testing.B) {
			for b.Loop() {
				r.Select(f)
			}
		})
	}
}

func BenchmarkFilterBuild(b *testing.B) {
	for _, n := range []int{1, 4096} {
		memories := many(n)
		entries := make([][]Entry, n)
		for i := range memories {
			entries[i] = Of(&memories[i])
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			builder := NewBuilder()
			var p Parts
			for b.Loop() {
				builder.Reset()
				for i := range entries {
					builder.Add(i, entries[i], memories[i].IngestTime.UnixMicro())
				}
				p = Parts{p.Text[:0], p.Index[:0], p.Values[:0], p.Rows[:0]}
				builder.Finish(&p, n)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
		})
	}
}
