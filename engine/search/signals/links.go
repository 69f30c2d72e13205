package signals

import (
	"slices"

	"github.com/nexus-memory/nexus/engine/annotate"
	"github.com/nexus-memory/nexus/engine/scratch"
	"github.com/nexus-memory/nexus/engine/segment"
)

// Association by names: what is said of somebody's neighbour is found by two turns, one that
// says who the neighbour is and one that names the same person. It is one wave of spreading
// activation (Collins and Loftus 1975, "A spreading-activation theory of semantic
// processing"; of retrieval: Crestani 1997, "Application of spreading activation techniques
// in information retrieval") over the graph of turns and the names in them: what shares words
// with the question passes on its strength, by each name that the question does not have, the
// less the more of the turns have that name. Bounded by linkTurnsMax.

// linkTurnsMax is how many of what words found may have a name that leads anywhere: those of
// who speaks stand everywhere.
const linkTurnsMax = 16

type linkScratch struct {
	namePlace scratch.Index // of names, by their hashes
	links     []link        // of each name in what words found, one a turn
	latest    []int32       // by name: its last link, -1 for none
	turnsOf   []int32       // by name: how many links
	strongest float64       // BM25 of the best turn that words found
}

// link is a turn that has a name, by its place in around, and the link before it of that name.
type link struct{ from, before int32 }

// associations fills the columns of association.
func (t *Table) associations() {
	if l := t.question.Lexical; l == nil || l.Terms() == 0 || l.Terms() > wideTermsMax {
		t.missing(Linked, LinkedCoverage)
		return
	}
	t.layLinks()
	for i := range t.refs {
		own := t.own[i]
		strength, covered := t.linked(own, own)
		if before := t.beside[i][segment.Reach-1]; before >= 0 { // who "she" is
			s, c := t.linked(before, own)
			strength, covered = max(strength, s), max(covered, c)
		}
		t.column(Linked)[i] = float32(strength)
		t.column(LinkedCoverage)[i] = float32(covered / t.mass)
	}
}

// layLinks lists the turns that words found by the names in them.
func (t *Table) layLinks() {
	t.links, t.latest, t.turnsOf = t.links[:0], t.latest[:0], t.turnsOf[:0]
	t.namePlace.Reset(annotate.NamesMax * len(t.question.Sharing))
	t.strongest = highest(nil)
	for _, r := range t.question.Sharing {
		from := t.place.Get(r.Key())
		t.strongest = max(t.strongest, t.turns[from])
		note := t.notes[from]
		for n := range note.Names() {
			name := note.Name(n)
			if slices.Contains(t.asked.names, name) {
				continue
			}
			id, added := t.namePlace.Add(uint64(name), int32(len(t.latest)))
			if added {
				t.latest, t.turnsOf = append(t.latest, -1), append(t.turnsOf, 0)
			}
			t.links = append(t.links, link{from, t.latest[id]})
			t.latest[id] = int32(len(t.links) - 1)
			t.turnsOf[id]++
		}
	}
}

// linked returns how strongly the names of a turn lead from what words found to another turn,
// and the most that one of these has of the question's words, in idf, which that turn lacks.
func (t *Table) linked(names, own int32) (strength, covered float64) {
	note := t.notes[names]
	for n := range note.Names() {
		id := t.namePlace.Get(uint64(note.Name(n)))
		if id < 0 || t.turnsOf[id] > linkTurnsMax {
			continue
		}
		share, best := 1/(1+float64(t.turnsOf[id])/4), 0.0
		for at := t.latest[id]; at >= 0; at = t.links[at].before {
			from := t.links[at].from
			if from == own {
				continue
			}
			best = max(best, t.turns[from])
			if t.covers[from] > covered { // what it has in all is the most that it has beyond
				covered = max(covered, t.beyond(from, own))
			}
		}
		strength = max(strength, float64(best/t.strongest)*share)
	}
	return strength, covered
}

// beyond returns the idf of the question's words that one turn has and another lacks.
func (t *Table) beyond(from, own int32) (mass float64) {
	has := t.row(own)
	for _, o := range t.row(from) {
		for len(has) > 0 && has[0].Term < o.Term {
			has = has[1:]
		}
		if len(has) == 0 || has[0].Term != o.Term {
			mass += t.idfs[o.Term]
		}
	}
	return mass
}
