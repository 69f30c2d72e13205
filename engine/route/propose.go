package route

import "github.com/nexus-memory/nexus/engine/model"

// The parts of Complexity, in hundredths, so that their sum is exact.
const (
	complexityBase  = 5
	complexityFull  = 100
	complexityWords = 12 // words of a plain question; each one more adds, up to complexityLong
	complexityLong  = 12
)

// asksComplexity is what each kind of question adds: how many memories its answer is
// mostly spread over.
var asksComplexity = [asksCount]int{
	AsksReason: 15, AsksManner: 10, AsksNumber: 5, AsksYesNo: 5,
	AsksList: 40, AsksSummary: 60, AsksOrder: 55, AsksAdvice: 25,
}

// cueComplexity is what each cue adds.
var cueComplexity = [...]struct {
	cue  Cues
	adds int
}{
	{CueTime, 8}, {CueCompare, 25}, {CueAll, 20}, {CueCount, 20}, {CueOther, 20}, {CueChange, 12},
	{CueLatest, 6}, {CueEarliest, 6}, {CueNegation, 8}, {CueQuote, 4}, {CueAssistant, 4},
}

// complexity returns 0..1, how much more than one look-up an answer needs: a sum of what
// spreads evidence over many memories. It rises with every cue and name.
func complexity(asks Asks, cues Cues, words, names int) float32 {
	sum := complexityBase + asksComplexity[asks]
	for _, c := range cueComplexity {
		if cues&c.cue != 0 {
			sum += c.adds
		}
	}
	sum += min(max(words-complexityWords, 0), complexityLong)
	sum += 10 * min(max(names-1, 0), 3)
	return float32(min(sum, complexityFull)) / complexityFull
}

// intent proposes a row of weights: Recent where what is current is asked, Explore
// where many memories make the answer, Fact where one does, General else.
func intent(asks Asks, cues Cues) model.Intent {
	switch {
	case asks == AsksSummary || asks == AsksList || asks == AsksOrder:
		return model.IntentExplore
	case cues&CueLatest != 0:
		return model.IntentRecent
	case cues&(CueAll|CueCompare|CueOther) != 0 || asks == AsksAdvice:
		return model.IntentGeneral
	case asks == AsksTime || asks == AsksPlace || asks == AsksPerson || asks == AsksNumber:
		return model.IntentFact
	}
	return model.IntentGeneral
}
