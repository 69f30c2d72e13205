package entity

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
)

// found returns the mentions of a text as "kind:bytes".
func found(f *Finder, text string) (all []string) {
	for _, m := range f.Find(nil, text) {
		all = append(all, fmt.Sprintf("%s:%s", m.Kind, text[m.Start:m.End]))
	}
	return all
}

func TestGazetteerFindsTheLongestNameAtBordersOfWords(t *testing.T) {
	data, err := BuildGazetteer([]Entry{
		{"Bluebird", Custom}, {"Project Bluebird", Custom}, {"project bluebird two", Organisation}, {"C++", Code}, {"Café Löwe", Place}, {"東京", Place},
		{"x", Name}, {".NET", Code}, {"AT", Name},
	})
	if err != nil {
		t.Fatal(err)
	}
	g, err := OpenGazetteer(data)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"we ship project  BLUEBIRD on friday": "custom:project  BLUEBIRD",
		"Project Bluebird Two is late":        "organisation:Project Bluebird Two",
		"project bluebirds":                   "",
		"bluebird's nest":                     "custom:bluebird",
		"see bluebird, then bluebird.":        "custom:bluebird custom:bluebird",
		"in C++ and .NET":                     "code:C++ code:.NET",
		"in c":                                "",
		"at the CAFE LOWE today":              "name:at place:CAFE LOWE",
		"cafe löwen":                          "",
		"東京都に東京":                              "place:東京 place:東京",
		"axb x":                               "name:x",
		"(x)":                                 "name:x",
		"I met Anna Bluebird in Porto":        "person:Anna custom:Bluebird place:Porto",
		"a-bluebird@post.example":             "email:a-bluebird@post.example",
		"x/y-at=":                             "name:x name:at",
		"Бbluebird":                           "",
	} {
		if got := strings.Join(found(&Finder{Gazetteer: g}, text), " "); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestGazetteerDependsOnItsEntriesAlone(t *testing.T) {
	entries := []Entry{{"Ashgrove", Place}, {"Halden & Co", Organisation}, {"ASHGROVE", Place}, {"zeta", Custom}}
	a, errA := BuildGazetteer(entries)
	slices.Reverse(entries)
	b, errB := BuildGazetteer(entries)
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("%v, %v, %d and %d bytes", errA, errB, len(a), len(b))
	}
	empty, err := BuildGazetteer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if g, err := OpenGazetteer(empty); err != nil || len(found(&Finder{Gazetteer: g}, "ashgrove")) != 0 {
		t.Errorf("empty: %v", err)
	}
}

// TestGazetteerFindsWhatItHolds: a name is found in a text that has it, however many there are.
func TestGazetteerFindsWhatItHolds(t *testing.T) {
	var entries []Entry
	for i := range 3000 {
		entries = append(entries, Entry{fmt.Sprintf("q%xz thing%d", i*i, i%7), Custom})
	}
	data, err := BuildGazetteer(entries)
	if err != nil {
		t.Fatal(err)
	}
	g, err := OpenGazetteer(data)
	if err != nil {
		t.Fatal(err)
	}
	f := Finder{Gazetteer: g}
	for _, e := range entries {
		if got := found(&f, "so "+strings.ToUpper(e.Name)+" it is"); len(got) != 1 || got[0] != "custom:"+strings.ToUpper(e.Name) {
			t.Fatalf("%s: %s", e.Name, got)
		}
	}
}

func TestGazetteerRefusesWhatIsNoName(t *testing.T) {
	for cause, entries := range map[string][]Entry{
		"entry 1":   {{"Anna", Person}, {"", Custom}},
		"letter":    {{"--", Custom}},
		"UTF-8":     {{"a\xff", Custom}},
		"128 bytes": {{strings.Repeat("a", 129), Custom}},
		"kind 0":    {{"a", 0}},
		"kind 99":   {{"a", 99}},
		"two kinds": {{"Anna", Person}, {"anna", Place}},
		"bracket":   {{"(a)", Custom}},
	} {
		_, err := BuildGazetteer(entries)
		if !errors.Is(err, model.ErrInvalid) || !strings.Contains(err.Error(), cause) {
			t.Errorf("%s: %v", cause, err)
		}
		if err != nil && strings.Contains(err.Error(), "Anna") {
			t.Errorf("%v: the error has the name", err)
		}
	}
}

func TestGazetteerRefusesDamage(t *testing.T) {
	data, err := BuildGazetteer([]Entry{{"Ashgrove", Place}, {"Halden", Organisation}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		damaged := slices.Clone(data)
		damaged[i] ^= 1
		want := model.ErrCorrupt
		if i == len(gazetteerMagic)-1 {
			want = model.ErrUnsupported
		}
		if _, err := OpenGazetteer(damaged); !errors.Is(err, want) {
			t.Errorf("byte %d: %v", i, err)
		}
		if _, err := OpenGazetteer(data[:i]); !errors.Is(err, model.ErrCorrupt) {
			t.Errorf("%d bytes: %v", i, err)
		}
	}
}
