// Package accuracy says which levels of memory a question calls for: how something is done
// stands in procedural memory, what is so in semantic memory, what happened in episodic
// memory (Tulving 1985, How many memory systems are there?, American Psychologist 40), and
// the task at hand in working memory (Baddeley and Hitch 1974).
package accuracy

import (
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/route"
)

// Levels is how much a question calls for each kind of memory, 0..1, by model.Kind.
type Levels [model.KindProcedural + 1]float32

// Of returns what a question calls for; the zero Levels where that does not show. Working
// memory is of a session, not of a question: see Recent. O(1), no allocation.
func Of(asks route.Asks, cues route.Cues) (l Levels) {
	switch asks {
	case route.AsksManner:
		l[model.KindProcedural] = 1
	case route.AsksAdvice: // how it is to be done, and for whom
		l[model.KindProcedural], l[model.KindSemantic] = 1, 1
	case route.AsksTime, route.AsksOrder, route.AsksSummary:
		l[model.KindEpisodic] = 1
	case route.AsksReason:
	default:
		past := cues&(route.CuePast|route.CueTime) != 0
		switch {
		case cues&route.CueLatest != 0:
			l[model.KindSemantic] = 1
		case past:
			l[model.KindEpisodic] = 1
		case asks != route.AsksThing && asks != route.AsksList: // words alone ask for a thing, too
			l[model.KindSemantic] = 1
		}
	}
	if cues&route.CueInstruction != 0 {
		l[model.KindProcedural] = 1
	}
	if cues&route.CuePreference != 0 {
		l[model.KindSemantic] = 1
	}
	return l
}

// Recent returns how much the session that a question is asked in calls for one of its
// working memories, behind which so many newer ones stand: half of what it calls for the
// one before, 1 for the newest.
func Recent(newer int) float32 {
	if newer >= 24 {
		return 0
	}
	return 1 / float32(int32(1)<<newer)
}

// LossMost is the share of its relevance that a memory loses at most as it is of another
// kind than the question calls for: a tenth, so that kinds decide between equals and what answers
// stays above what does not.
const LossMost = .1

// Loss returns the share of its relevance, 0..LossMost, that a memory loses which is called
// for so much, beside the candidate that is called for most; both 0..1.
func Loss(called, most float32) float32 { return float32(LossMost * float32(most-called)) }
