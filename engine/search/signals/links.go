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
	namePlace scratch.Index // in linkNames, by their hashes
	linkNames []linkName
	links     []link  // of each name in what words found, one a turn
	linked    []int32 // their turns by name, those of the most words first
	strongest float64 // BM25 of the best turn that words found
}

// linkName is a name that what words found has and the question does not.
type linkName struct {
	first, count int32   // its turns in linked
	best         int32   // the strongest of them
	most, second float64 // BM25 of that, and of the strongest other one
}

// link is a turn that has a name, by its place in around.
type link struct{ name, from int32 }

// associations fills the columns of association.
func (t *Table) associations() {
	if l := t.question.Lexical; l == nil || l.Terms() == 0 || l.Terms() > wideTermsMax {
		t.missing(Linked, LinkedCoverage)
		return
	}
	t.layLinks()
	for i := range t.refs {
		own := t.own[i]
		strength, covered := t.associated(own, own)
		if before := t.beside[i][segment.Reach-1]; before >= 0 { // who "she" is
			s, c := t.associated(before, own)
			strength, covered = max(strength, s), max(covered, c)
		}
		t.column(Linked)[i] = float32(strength)
		t.column(LinkedCoverage)[i] = float32(covered / t.mass)
	}
}

// layLinks lists the turns that words found by the names in them.
func (t *Table) layLinks() {
	t.links, t.linkNames = t.links[:0], t.linkNames[:0]
	t.namePlace.Reset(annotate.NamesMax * len(t.sharing))
	t.strongest = highest(nil)
	for _, from := range t.sharing {
		t.strongest = max(t.strongest, t.turns[from])
		note := t.notes[from]
		for n := range note.Names() {
			name := note.Name(n)
			if slices.Contains(t.asked.names, name) {
				continue
			}
			id, added := t.namePlace.Add(uint64(name), int32(len(t.linkNames)))
			if added {
				t.linkNames = append(t.linkNames, linkName{best: -1})
			}
			t.linkNames[id].add(from, t.turns[from])
			t.links = append(t.links, link{id, from})
		}
	}
	t.groupLinks()
}

// add counts a turn that has the name.
func (n *linkName) add(from int32, strength float64) {
	n.count++
	switch {
	case from == n.best:
	case n.best < 0 || strength > n.most:
		n.best, n.most, n.second = from, strength, n.most
	default:
		n.second = max(n.second, strength)
	}
}

// groupLinks sets linked from links.
func (t *Table) groupLinks() {
	first := int32(0)
	for i := range t.linkNames {
		n := &t.linkNames[i]
		n.first, n.count, first = first, 0, first+n.count
	}
	t.linked = slices.Grow(t.linked[:0], len(t.links))[:len(t.links)]
	for _, l := range t.links {
		n := &t.linkNames[l.name]
		turns := t.linked[n.first:]
		at := n.count
		for n.count++; n.count <= linkTurnsMax && at > 0 && t.covers[turns[at-1]] < t.covers[l.from]; at-- {
			turns[at] = turns[at-1]
		}
		turns[at] = l.from
	}
}

// associated returns how strongly the names of a turn lead from what words found to another turn,
// and the most that one of these has of the question's words, in idf, which that turn lacks.
func (t *Table) associated(names, own int32) (strength, covered float64) {
	note := t.notes[names]
	for i := range note.Names() {
		id := t.namePlace.Get(uint64(note.Name(i)))
		if id < 0 || t.linkNames[id].count > linkTurnsMax {
			continue
		}
		n := &t.linkNames[id]
		most := n.most
		if own == n.best {
			most = n.second
		}
		strength = max(strength, float64(most/t.strongest)*(1/(1+float64(n.count)/4)))
		for _, from := range t.linked[n.first:][:n.count] {
			if t.covers[from] <= covered { // what a turn has in all is the most that it has beyond
				break
			}
			covered = max(covered, t.beyond(from, own)) // 0 of itself
		}
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
