package vectors

import (
	"fmt"
	"math"

	"github.com/nexus-memory/nexus/bench/peers/contest"
)

// speed is how much faster than a peer Nexus has to be at a recall.
type speed struct {
	recall float64
	peers  string // what their names begin with; the fastest of them counts
	times  float64
}

// speeds by set. Of faiss the index that is usually its best, and whichever was so in this run.
var speeds = map[string][]speed{
	"turns":      {{.98, "hnswlib", 6}, {.99, "hnswlib", 6}, {.98, "faiss IVF-PQ", 2.5}, {.99, "faiss IVF-PQ", 2.5}, {.98, "faiss", 2.5}, {.99, "faiss", 2.5}},
	"gloss":      {{.99, "hnswlib", 2}, {.99, "faiss IVF-PQ", 1.3}, {.99, "faiss", 1.3}},
	"gloss-200k": {{.984, "hnswlib", 3}, {.984, "usearch", 3}, {.984, "zvec", 3}, {.984, "faiss", 1.5}},
	"gloss-1m":   {{.984, "hnswlib", 3}, {.984, "usearch", 3}, {.984, "zvec", 3}, {.984, "faiss", 1.5}},
}

// What the index may hold in memory, as a share of other sizes.
const (
	shareOfFloats = .04 // of the vectors as float32
	shareOfGraph  = .07 // of hnswlib
	floatBytes    = 4
)

// judge sets the figures of a set against the bars.
func judge(set string, lines []contest.Line) []contest.Bar {
	var bars []contest.Bar
	for _, b := range speeds[set] {
		for _, own := range []string{engineParty, storeParty} {
			bars = append(bars, b.judge(set, own, lines))
		}
	}
	recall := contest.Find(lines, set, storeParty, "search", effortName(efforts[0])).Get("recall")
	bars = append(bars, contest.AtLeast(set, "recall@10 of the store's search >= 0.984", recall, .984))
	if own := contest.Find(lines, set, storeParty, "build", ""); own.Step != "" {
		graph := contest.Find(lines, set, "hnswlib", "build", "").Get("resident")
		for _, asked := range []bool{false, true} {
			value, when := "resident", "at rest"
			if asked {
				value, when = "resident while asked", "while asked"
			}
			size := own.Get(value)
			of := []contest.Bar{
				contest.AtMost(set, "resident "+when+" <= 0.04x of float32", contest.Ratio(size, floatBytes*384), shareOfFloats),
				contest.AtMost(set, "resident "+when+" <= 0.07x of hnswlib", contest.Ratio(size, graph), shareOfGraph),
			}
			for i := range of { // pages of the file that questions have read are the system's to take back
				of[i].Aside = asked
			}
			bars = append(bars, of...)
		}
	}
	return append(bars, judgeFilters(set, lines)...)
}

func (b speed) judge(set, own string, lines []contest.Line) contest.Bar {
	mine, theirs := at(lines, own, b.recall).Get("mean"), best(lines, b.peers, b.recall)
	bar := contest.AtLeast(set, fmt.Sprintf("%s at %g: >= %gx %s", own, b.recall, b.times, b.peers), contest.Ratio(theirs, mine), b.times)
	bar.Aside = own == storeParty // it reads records, the peers name rows
	switch {
	case math.IsNaN(mine) && at(lines, own, 0).Step != "":
		bar.Value, bar.Note = 0, "nexus does not reach this recall"
	case math.IsNaN(theirs) && !math.IsNaN(best(lines, b.peers, 0)):
		bar.Value, bar.Note = math.Inf(1), "no setting of theirs reaches this recall"
	}
	return bar
}

func judgeFilters(set string, lines []contest.Line) (bars []contest.Bar) {
	for i := range lines {
		l := &lines[i]
		if l.Party != engineParty || l.Step != "filtered" || l.Failed != "" {
			continue
		}
		scan := contest.Find(lines, set, engineParty, "exact scan of", l.Param)
		bars = append(bars,
			contest.AtLeast(set, fmt.Sprintf("filtered recall@10, %s %% allowed: >= 0.99", l.Param), l.Get("recall"), .99),
			contest.AtMost(set, fmt.Sprintf("filtered, %s %% allowed: <= 1x an exact scan of those rows", l.Param), contest.Ratio(l.Get("mean"), scan.Get("mean")), 1))
	}
	return bars
}
