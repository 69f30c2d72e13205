package accuracy

import (
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/route"
)

func TestAQuestionCallsForTheLevelThatAnswersIt(t *testing.T) {
	var analyzer route.Analyzer
	for question, want := range map[string][]model.Kind{
		"How do I restart the printer?":            {model.KindProcedural},
		"What steps does watering the ferns take?": {model.KindProcedural},
		"When did Anna visit the lake?":            {model.KindEpisodic},
		"What did Ben do yesterday?":               {model.KindEpisodic},
		"In what order did we pack the boxes?":     {model.KindEpisodic},
		"Where does Priya live?":                   {model.KindSemantic},
		"What is Anna's favourite tea?":            {model.KindSemantic},
		"What should I cook for Ben?":              {model.KindSemantic, model.KindProcedural},
		"Where does Anna work now?":                {model.KindSemantic},
		"boots ferry":                              nil,
		"What is it?":                              nil,
		"Wo wohnt Anna?":                           nil,
		"":                                         nil,
		"Why?":                                     nil,
	} {
		a := analyzer.Analyse(question)
		l := Of(a.Asks, a.Cues)
		var wanted Levels
		for _, k := range want {
			wanted[k] = 1
		}
		if l != wanted {
			t.Errorf("%q asks %v, %v: %v, want %v", question, a.Asks, a.Cues, l, wanted)
		}
	}
}

func TestLossIsBoundedAndNothingForWhatIsCalledForMost(t *testing.T) {
	if Loss(1, 1) != 0 || Loss(0, 0) != 0 || Loss(0, 1) != LossMost || Loss(.5, 1) != LossMost/2 {
		t.Error(Loss(1, 1), Loss(0, 0), Loss(0, 1), Loss(.5, 1))
	}
}

func TestWorkingMemoryFadesByHalves(t *testing.T) {
	for newer, want := range []float32{1, .5, .25, .125} {
		if got := Recent(newer); got != want {
			t.Errorf("%d newer: %v, want %v", newer, got, want)
		}
	}
	if Recent(1<<30) != 0 {
		t.Error("it never fades")
	}
}
