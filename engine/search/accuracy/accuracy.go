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
		if past := cues&(route.CuePast|route.CueTime) != 0; past && cues&route.CueLatest == 0 {
			l[model.KindEpisodic] = 1
		} else {
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

// LossMost is what the relevance of a memory loses at most as it is of another kind than
// the question calls for: a tenth of that of the best, so that kinds decide between equals and
// what answers stays above what does not.
const LossMost = .1

// Loss returns what the relevance of a memory loses that is called for so much, beside the
// candidate that is called for most.
func Loss(called, most float32) float32 { return float32(LossMost * float32(most-called)) }
