package signals

// Column is one signal. The ranker knows columns by name, so that their order may change.
type Column int

// The signals.
const (
	BM25Turn       Column = iota // BM25 of the turn, of the best candidate's
	BM25TurnMass                 // of the question's idf
	BM25TurnRank                 // 1/(1+rank)
	RarestTurn                   // idf of the rarest word found, of the rarest of the question
	TermsTurn                    // words of the question found
	CoverageTurn                 // idf of the words found, of the question's
	BM25Previous                 // BM25 of the turn before, of the best candidate's
	BM25Next                     // of the turn after
	BM25Near                     // of the best turn around
	BM25Window                   // BM25 of the turns i-2 to i+2 as one text, without speakers' names
	BM25WindowMass               //
	CoverageWindow               //
	BM25Session                  // BM25 of what of the session was found by words
	BM25SessionMass
	BM25SessionRank
	BM25SessionBest // BM25 of the best turn of the session that words found, of the best of all

	BM25Decay         // BM25 of the turns around, whose words count .7 for every turn between; of the best candidate's
	CoverageDecay     // idf of the words found, each counting as the nearest turn does
	BM25DecayWide     // .85 for every turn
	CoverageDecayWide //
	BM25DecayBefore   // .7, the turns before alone
	BM25DecayAfter    // the turns after alone
	BM25Content       // BM25 of the turn without speakers' names, of the best candidate's
	BM25ContentRank   // 1/(1+rank)
	RarestContent     // idf of the rarest word found that is no speaker's name
	CoverageContent   // idf of those found, of the question's
	PreviousBeyond    // idf of the words that the turn before has and this one lacks, of the question's
	NextBeyond        // the turn after
	CoverageStated    // idf of the words that the turn has in sentences that do not ask, without speakers' names, of the question's
	CoverageAsked     // in sentences that ask
	PreviousAsked     // in those of the turn before that ask

	CosineTurn     // similarity of the turn's vector
	CosineTurnSpan // between the least similar that vectors found and the most similar
	CosineTurnRank // 1/(1+rank)
	CosinePrevious // span of the turn before
	CosineNext     // of the turn after
	CosineNear     // of the best around
	CosineWindow   // mean of the turns around, in the same span

	CosineTurnLess   // similarity less that of the most similar candidate
	CosineMeanLess   // mean with the turns around, less the best such mean
	CosineBeforeLess // mean with the turns before
	CosineMaxLess    // of the most similar of the turn and those around

	Length      // terms in the turn
	LengthShare // of the average
	Position    // in the session
	IsFirst     // no turn before it
	IsLast      // no turn after it

	PreviousLength // terms in the turn before, -1 where there is none
	PreviousOther  // somebody else says it
	NextLength     // of the turn after
	NextOther
	Role         // annotate.Role
	Age          // in the span of time of what was found: 0 newest, 1 oldest
	SpeakerNamed // the question names one speaker, this one
	OtherNamed   // the question names one speaker, another

	TellsTime       // the turn names a time
	TellsDuration   // how long, how often
	SaidInTime      // 1 said within the time asked for, falling with the days from it
	SaidAfterTime   // days after it, below 0 before
	TellsAskedTime  // share of a time it tells of that lies in the time asked for
	WindowAskedTime // of the best turn around

	IsQuestion // forms of the turn, see package forms
	FirstPerson
	Instruction
	Preference
	Plan
	Change
	Decision
	Backchannel
	HasList
	HasCode
	Reason
	Negation
	HasNumber
	HoldsAsked        // it has a value of the kind that is asked for
	Sentences         // how many the turn has
	Asking            // share of them that ask
	AsksLast          // the turn ends with a question
	PreviousAsksLast  // the turn before does
	AfterQuestion     // the turn before is a question: its BM25Previous
	AfterQuestionSpan // and its CosinePrevious

	NamesTurn   // share of the question's names that the turn has
	NamesWindow // with the turns around

	Linked         // how strongly what words found leads to the turn by names that the question does not have
	LinkedCoverage // most of the question's idf that a turn which leads there has and this one lacks

	AsksTime // what the question asks for, see package route
	AsksPlace
	AsksPerson
	AsksNumber
	AsksReason
	AsksManner
	AsksYesNo
	AsksList
	AsksSummary
	AsksOrder
	AsksAdvice
	CueLatest
	CueEarliest
	CueChange
	CueAll
	CueNegation
	CueFirstPerson
	CueAssistant
	QuestionNames // how many
	QuestionTimes // how many

	AverageLength // terms of the store's memories
	QuestionTerms // words of the question that occur
	RoleShare     // of what was found, spoken by user or assistant
	Documents     // bits of the number of memories
	columnCount
)

var names = [columnCount]string{
	BM25Turn: "bm25_turn", BM25TurnMass: "bm25_turn_mass", BM25TurnRank: "bm25_turn_rank", RarestTurn: "rarest_turn", TermsTurn: "terms_turn",
	CoverageTurn: "coverage_turn", BM25Previous: "bm25_previous", BM25Next: "bm25_next", BM25Near: "bm25_near",
	BM25Window: "bm25_window", BM25WindowMass: "bm25_window_mass", CoverageWindow: "coverage_window",
	BM25Session: "bm25_session", BM25SessionMass: "bm25_session_mass", BM25SessionRank: "bm25_session_rank", BM25SessionBest: "bm25_session_best",
	BM25Decay: "bm25_decay", CoverageDecay: "coverage_decay", BM25DecayWide: "bm25_decay_wide", CoverageDecayWide: "coverage_decay_wide",
	BM25DecayBefore: "bm25_decay_before", BM25DecayAfter: "bm25_decay_after", BM25Content: "bm25_content", BM25ContentRank: "bm25_content_rank", RarestContent: "rarest_content", CoverageContent: "coverage_content", PreviousBeyond: "previous_beyond", NextBeyond: "next_beyond",
	CoverageStated: "coverage_stated", CoverageAsked: "coverage_asked", PreviousAsked: "previous_asked",
	CosineTurn: "cosine_turn", CosineTurnSpan: "cosine_turn_span", CosineTurnRank: "cosine_turn_rank", CosinePrevious: "cosine_previous",
	CosineNext: "cosine_next", CosineNear: "cosine_near", CosineWindow: "cosine_window",
	CosineTurnLess: "cosine_turn_less", CosineMeanLess: "cosine_mean_less", CosineBeforeLess: "cosine_before_less", CosineMaxLess: "cosine_max_less",
	PreviousLength: "previous_length", PreviousOther: "previous_other", NextLength: "next_length", NextOther: "next_other",
	Length: "length", LengthShare: "length_share", Position: "position", IsFirst: "is_first", IsLast: "is_last", Role: "role", Age: "age",
	SpeakerNamed: "speaker_named", OtherNamed: "other_named",
	TellsTime: "tells_time", TellsDuration: "tells_duration", SaidInTime: "said_in_time", SaidAfterTime: "said_after_time",
	TellsAskedTime: "tells_asked_time", WindowAskedTime: "window_asked_time",
	IsQuestion: "is_question", FirstPerson: "first_person", Instruction: "instruction", Preference: "preference", Plan: "plan", Change: "change",
	Decision: "decision", Backchannel: "backchannel", HasList: "has_list", HasCode: "has_code", Reason: "reason", Negation: "negation",
	HasNumber: "has_number", HoldsAsked: "holds_asked", Sentences: "sentences", Asking: "asking", AsksLast: "asks_last", PreviousAsksLast: "previous_asks_last", AfterQuestion: "after_question", AfterQuestionSpan: "after_question_span",
	NamesTurn: "names_turn", NamesWindow: "names_window", Linked: "linked", LinkedCoverage: "linked_coverage",
	AsksTime: "asks_time", AsksPlace: "asks_place", AsksPerson: "asks_person", AsksNumber: "asks_number", AsksReason: "asks_reason",
	AsksManner: "asks_manner", AsksYesNo: "asks_yes_no", AsksList: "asks_list", AsksSummary: "asks_summary", AsksOrder: "asks_order", AsksAdvice: "asks_advice",
	CueLatest: "cue_latest", CueEarliest: "cue_earliest", CueChange: "cue_change", CueAll: "cue_all", CueNegation: "cue_negation",
	CueFirstPerson: "cue_first_person", CueAssistant: "cue_assistant", QuestionNames: "question_names", QuestionTimes: "question_times",
	AverageLength: "average_length", QuestionTerms: "question_terms", RoleShare: "role_share", Documents: "documents",
}

// Names lists the signals in the order of a table's columns.
func Names() []string { return names[:] }

// String returns the signal's name.
func (c Column) String() string { return names[c] }

var (
	lexicalColumns = columnsFrom(BM25Turn, PreviousAsked)
	decayColumns   = columnsFrom(BM25SessionBest, BM25DecayAfter)
	statedColumns  = columnsFrom(CoverageStated, PreviousAsked)
	vectorColumns  = columnsFrom(CosineTurn, CosineMaxLess)
)

func columnsFrom(first, last Column) (all []Column) {
	for c := first; c <= last; c++ {
		all = append(all, c)
	}
	return all
}
