package annotate

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine/entity"
	"github.com/nexus-memory/nexus/engine/forms"
	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/engine/timex"
)

func annotator() *Annotator { return NewAnnotator(text.NewAnalyzer(text.English)) }

func day(year int, month time.Month, d int) int32 {
	return timex.DayOf(time.Date(year, month, d, 0, 0, 0, 0, time.UTC))
}

func TestAnAnnotationTellsWhatWasSaid(t *testing.T) {
	a := Annotation(annotator().Append(nil, "Anna Berg", "Yesterday I met Lucia in Lisbon, it cost $20. Did you call?", day(2024, 5, 7)))
	if a.Role() != RolePerson || a.Forms()&forms.IsQuestion == 0 || !a.Has(entity.Money) || a.Has(entity.Email) {
		t.Errorf("role %v, forms %v", a.Role(), a.Forms())
	}
	if want := (timex.Range{From: day(2024, 5, 6), To: day(2024, 5, 6), Grain: timex.Day}); a.Ranges() != 1 || a.Range(0) != want || !a.HasTime(timex.Relative) {
		t.Errorf("%d ranges, %+v, want %+v", a.Ranges(), a.Range(0), want)
	}
	for _, name := range []string{"Lucia", "Lisbon"} {
		if !a.HasName(HashName(entity.Hash(name))) {
			t.Errorf("%s is not among %d names", name, a.Names())
		}
	}
	if want := [2]uint32{HashTerm([]byte("anna")), HashTerm([]byte("berg"))}; a.Speaker() != want {
		t.Errorf("speaker %v, want %v", a.Speaker(), want)
	}
}

func TestRolesGoBySpeakers(t *testing.T) {
	for speaker, want := range map[string]Role{"": RoleNone, "User": RoleUser, "assistant": RoleAssistant, "AI": RoleAssistant, "tool": RoleSystem, "Priya": RolePerson} {
		if got := Annotation(annotator().Append(nil, speaker, "x", 0)).Role(); got != want {
			t.Errorf("%q: %v, want %v", speaker, got, want)
		}
	}
}

func TestRedatedIsAsAnnotatedOnThatDay(t *testing.T) {
	for _, body := range []string{"", "Did you see Ben yesterday? And Carl?", "See Anna tomorrow, or next week, or on May 3rd 2022.", "Nothing of the kind."} {
		first, second := day(2024, 2, 28), day(2025, 12, 31)
		got := Annotation(annotator().Append(nil, "Ben", body, first)).Redate(body, second)
		if want := annotator().Append(nil, "Ben", body, second); !bytes.Equal(got, want) {
			t.Errorf("%q: % x, want % x", body, []byte(got), want)
		}
	}
}

func TestNothingIsKnownOfNoAnnotation(t *testing.T) {
	var a Annotation
	if !a.IsZero() || a.Role() != RoleNone || a.Ranges() != 0 || a.Names() != 0 || a.Speaker() != [2]uint32{} || a.HasName(0) || a.Has(entity.Person) {
		t.Errorf("%v", a)
	}
}

func TestAPageOfNamesAndDatesStaysSmall(t *testing.T) {
	body := strings.Repeat("Anna met Ben in Lisbon on 3 May 2021, Clara in Paris on 4 June 2022, Dora in Oslo in 2019. ", 10_000)
	a := Annotation(annotator().Append(nil, "x", body, 0))
	if len(a) > headBytes+RangesMax*rangeBytes+NamesMax*nameBytes+AskedMax*askedBytes || a.Names() == 0 || a.Ranges() == 0 {
		t.Errorf("%d bytes, %d names, %d ranges", len(a), a.Names(), a.Ranges())
	}
}

func TestAWarmAnnotatorDoesNotAllocate(t *testing.T) {
	n, dst := annotator(), make([]byte, 0, 256)
	body := "Last week Anna told me that she moved to Lisbon for 1,200 euros a month. Can you believe it?"
	if count := testing.AllocsPerRun(100, func() { dst = n.Append(dst[:0], "Ben", body, 19000) }); count != 0 {
		t.Errorf("%v allocations", count)
	}
}

func FuzzAppend(f *testing.F) {
	f.Add("Ben", "Yesterday I met Lucia.", int32(19000))
	f.Add("", "Is it w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12 w13 w14 w15 w16 w17 w18 w19 w20 w21 w22 w23 w24 w25?", int32(19000))
	f.Add("", "\x00\xff🙂", int32(timex.Unknown))
	n := annotator()
	f.Fuzz(func(t *testing.T, speaker, body string, on int32) {
		a := Annotation(n.Append(nil, speaker, body, on))
		if !a.IsWhole() || len(a) > 0 && (a[:len(a)-1].IsWhole() || append(a[:len(a):len(a)], 0).IsWhole()) {
			t.Fatalf("%d bytes, %d ranges, %d names", len(a), a.Ranges(), a.Names())
		}
		for i := range a.Ranges() {
			if r := a.Range(i); r.From > r.To {
				t.Fatalf("%+v", r)
			}
		}
		var names []uint32
		for i := range a.Names() {
			names = append(names, a.Name(i))
		}
		for i := range a.AskedWords() {
			if _, times := a.AskedWord(i); times == 0 {
				t.Fatalf("asked word %d stands nowhere", i)
			}
		}
		slices.Sort(names)
		if len(slices.Compact(names)) != a.Names() {
			t.Fatal("a name twice")
		}
		if !bytes.Equal(a.Redate(body, on), a) {
			t.Fatal("the same day gives another annotation")
		}
	})
}

func TestAnAnnotationOfMoreThanThereMayBeIsNotWhole(t *testing.T) {
	a := append(Annotation(annotator().Append(nil, "Ann", "hello", 0)), make([]byte, 4*(NamesMax+1))...)
	if a[9] = NamesMax + 1; a.IsWhole() {
		t.Error("13 names")
	}
	if a[9] = NamesMax; !a[:len(a)-4].IsWhole() {
		t.Error("12 names are not whole")
	}
	a = append(Annotation(annotator().Append(nil, "Ann", "hello", 0)), make([]byte, askedBytes*(AskedMax+1))...)
	if a[8] = (AskedMax + 1) << rangesBits; a.IsWhole() {
		t.Error("25 words asked")
	}
	if a[8] = AskedMax << rangesBits; !a[:len(a)-askedBytes].IsWhole() {
		t.Error("24 words asked are not whole")
	}
}
