package model

import (
	"fmt"
	"strings"
	"time"
)

// Factor is one of the six columns that fusion weighs. The order is that of
// the score kernel's columns.
type Factor int

// The six factors, each 0..1; package search says how each is computed.
const (
	Relevance  Factor = iota // how well the engines' scores say it answers the question
	Freshness                // how recent it is
	Diversity                // how little it repeats the hits above it
	Authority                // its importance
	Coherence                // how much its neighbours in the session support it
	Confidence               // how far the engines agree on it
	FactorCount
)

var factorNames = [FactorCount]string{"relevance", "freshness", "diversity", "authority", "coherence", "confidence"}

// String returns the factor's name as JSON and the command line write it.
func (f Factor) String() string { return factorNames[f] }

// Factors are the six values behind a hit's score.
type Factors [FactorCount]float32

// Intent names the row of weights that a question is scored with.
type Intent uint8

// The intents. The caller chooses; General is the default.
const (
	IntentGeneral Intent = iota // the default weights of the product
	IntentFact                  // one right passage: relevance before all
	IntentRecent                // what is the latest on something
	IntentExplore               // many sides of a subject: diversity
	IntentTrusted               // what carries weight: authority
	intentCount
)

var intentNames = [intentCount]string{"general", "fact", "recent", "explore", "trusted"}

// String returns the intent's name.
func (i Intent) String() string {
	if i >= intentCount {
		return fmt.Sprintf("intent %d", uint8(i))
	}
	return intentNames[i]
}

// IntentNames lists the names that ParseIntent takes.
func IntentNames() []string { return intentNames[:] }

// ParseIntent returns the intent of that name; "" is General.
func ParseIntent(name string) (Intent, error) {
	for i, n := range intentNames {
		if n == name || name == "" {
			return Intent(i), nil
		}
	}
	return 0, fmt.Errorf("no such intent, want %s: %w", strings.Join(intentNames[:], ", "), ErrInvalid)
}

// Fusion says how relevance comes from what the engines found.
type Fusion uint8

// The ways of fusion.
const (
	FusionLearnt Fusion = iota // the learnt ranker over all signals
	FusionConvex               // engines' scores, each normalised to 0..1, by shares (Bruch et al. 2023, arXiv 2210.11934)
	FusionRRF                  // sum of 1/(60+rank) over the engines (Cormack, Clarke and Buettcher 2009)
	FusionDBSF                 // scores between three standard deviations below and above their mean, added
	fusionCount
)

var fusionNames = [fusionCount]string{"learnt", "convex", "rrf", "dbsf"}

// String returns the way's name.
func (f Fusion) String() string {
	if f >= fusionCount {
		return fmt.Sprintf("fusion %d", uint8(f))
	}
	return fusionNames[f]
}

// FusionNames lists the names that ParseFusion takes.
func FusionNames() []string { return fusionNames[:] }

// ParseFusion returns the way of fusion of that name; "" is FusionLearnt.
func ParseFusion(name string) (Fusion, error) {
	for i, n := range fusionNames {
		if n == name || name == "" {
			return Fusion(i), nil
		}
	}
	return 0, fmt.Errorf("no such fusion, want %s: %w", strings.Join(fusionNames[:], ", "), ErrInvalid)
}

// Weights are the six factors' shares of the score.
type Weights [FactorCount]float32

// weightRows holds one row of weights an intent; each sums to 1. The first row
// is the product's default (SPEC U1).
var weightRows = [intentCount]Weights{
	IntentGeneral: {.35, .15, .15, .15, .10, .10},
	IntentFact:    {.60, .05, .05, .10, .10, .10},
	IntentRecent:  {.35, .40, .05, .05, .10, .05},
	IntentExplore: {.35, .05, .35, .05, .10, .10},
	IntentTrusted: {.35, .05, .10, .35, .05, .10},
}

// Valid reports whether there is such an intent.
func (i Intent) Valid() bool { return i < intentCount }

// Weights returns the intent's row of weights.
func (i Intent) Weights() Weights { return weightRows[i] }

// FreshnessHalf returns the age at which a memory is half as fresh as a new one:
// a month where the latest is asked for, else sixteen years, as recency then only
// breaks ties. (On judged questions over chats of a year, one year instead of
// four cost about one point of any@8, no freshness at all gained nothing.)
func (i Intent) FreshnessHalf() time.Duration {
	const day = 24 * time.Hour
	if i == IntentRecent {
		return 30 * day
	}
	return 16 * 365 * day
}

// Boosts are what the words of a question are worth by the field that they are found
// in: a row's score in the text index is the sum of its fields' scores, each times its
// boost. Text is all that a question's words are looked for in without boosts, which is
// the memory's text and its speaker; Speaker adds to that what is found in the speaker
// alone, Title what is found in the string "title" of Meta.
type Boosts struct{ Text, Speaker, Title float32 }

// ByField reports whether they tell fields apart: a boost of text alone changes nothing.
func (b *Boosts) ByField() bool { return b != nil && (b.Speaker != 0 || b.Title != 0) }

// BoostMax is the largest boost. Only their ratios count.
const BoostMax = 1000

// check verifies that the boosts are numbers that order rows.
func (b *Boosts) check() error {
	if b == nil {
		return nil
	}
	sum := float32(0)
	for i, x := range [...]float32{b.Text, b.Speaker, b.Title} {
		if !(x >= 0 && x <= BoostMax) {
			return fmt.Errorf("boost of %s is %v, want 0..%d: %w", BoostNames()[i], x, BoostMax, ErrInvalid)
		}
		sum += x
	}
	if sum == 0 {
		return fmt.Errorf("boosts are all 0, want one above: %w", ErrInvalid)
	}
	return nil
}

// BoostNames lists the fields of Boosts in order, as the command line writes them.
func BoostNames() []string { return []string{MatchFieldText, MatchFieldSpeaker, MatchFieldTitle} }

// Query is a question. Text, Vector or Match is required.
type Query struct {
	Text   string
	Vector []float32 // the caller's embedding of the question, of the store's dimension
	K      int       // hits wanted, 1..HitCountMax; 0 means 8
	Scope
	// Asker is whose preference ranks the hits, as far as anything was learnt of it
	// (DB.Learn); "" means Scope.User. Whoever asks of memories that are not the asker's own
	// leaves User empty and sets Asker.
	Asker string
	// Impersonal has nobody's preference rank the hits.
	Impersonal bool
	Filter     Filter // condition on the fields of what may be found; zero means none
	// Match is a condition on the words of what may be found; zero means none. Whatever
	// finds it, a memory must meet it, and what it looks for counts as words of the
	// question. Without Text and Vector it is the question: all memories that meet it
	// are found, those without such words (as of "-draft") last.
	Match   Match
	Boosts  *Boosts // what words are worth by field; nil means those of text alone
	Intent  Intent
	Weights *Weights  // instead of the intent's row; each 0..1
	Now     time.Time // what freshness, and "yesterday" in Text, are measured from; zero means the newest candidate

	// AsOf asks what the store knew at that time: versions as they were committed
	// then, scored with the statistics of then. Memories deleted or expired since
	// are not there. Zero means now.
	AsOf time.Time
	// ValidAt asks for what was true at that time: memories whose ValidFrom and
	// ValidTo cover it; those without either always do. Zero means whatever is known.
	ValidAt time.Time
	Engines []string // names of the engines to consult; nil means all

	// Fusion says how relevance comes from what the engines found; zero means the learnt
	// ranker, in whose place FusionConvex weighs words with a boost of speaker or title.
	Fusion Fusion

	// Route is how much work to spend; zero means as much as the question calls for, see
	// Answer.Route. The routes from RouteSmart on differ by how many candidates the learnt
	// ranker sees: other ways of fusion and single engines do not know them.
	Route Route

	// VectorEffort is how much of the vectors is looked at, as a multiple of what is usual:
	// VectorEffortMin to VectorEffortMax, 0 means 1. By and large less is quicker and overlooks
	// more of the nearest, and more the other way round. It says most from 65,536 memories on,
	// where the vector engine reads a part of them; in smaller stores it changes how many are
	// compared in full, and with fewer than 128 dimensions nothing.
	VectorEffort float32

	// Explore is the share of the hits, 0..1 and rounded to whole ones, that are drawn by lot
	// from the candidates, each with the chance of its relevance, in place of the last of the
	// best: so that feedback also comes to what is never among the best. They are the last
	// hits. ExploreSeed says which draw: the same seed, question and memories give the same
	// hits. Zero, the default, draws none.
	Explore     float32
	ExploreSeed uint32

	// Explain has every hit say why it was found, see Hit.Explanation. For people: it costs
	// some microseconds a hit.
	Explain bool

	// SingleEngine turns fusion off: hits come in the order of the one engine
	// that Engines names, scored by it alone. For measuring.
	SingleEngine bool

	// Budget is how long engines may take; zero means no limit but ctx's. An
	// engine that is late is left out and named in the trace.
	Budget time.Duration

	// Near allows the answer to an earlier question that also had Near set, had the
	// same words but for case, punctuation, endings and stop words, and was the same
	// in all else; where questions bring vectors, their cosine is at least .98. The
	// trace says so (CacheNear). A question that is the very same needs no Near.
	Near bool
}

// FusedBy returns how the relevance of the hits comes about. The ranker was fitted on words
// that all weigh alike: where they are boosted by field it would know of none, and convex
// fusion weighs them as they are asked for.
func (q *Query) FusedBy() Fusion {
	if q.Fusion == FusionLearnt && q.Boosts.ByField() {
		return FusionConvex
	}
	return q.Fusion
}

// Bounds of Query.VectorEffort, but for 0.
const (
	VectorEffortMin = 1. / 16
	VectorEffortMax = 16
)

// Effort returns VectorEffort, 1 where the query leaves it open.
func (q *Query) Effort() float32 {
	if q.VectorEffort == 0 {
		return 1
	}
	return q.VectorEffort
}

// Drawn returns how many of the K hits are drawn by lot; K is that of a normalized query.
func (q *Query) Drawn() int { return int(float64(q.K)*float64(q.Explore) + .5) }

// DefaultK is the number of hits where the question does not say.
const DefaultK = 8

// Normalize checks q and sets its defaults.
func (q *Query) Normalize() error {
	if strings.TrimSpace(q.Text) == "" && q.Vector == nil && q.Match.IsZero() {
		return fmt.Errorf("query has neither text nor vector nor match: %w", ErrInvalid)
	}
	if len(q.Text) > QueryBytesMax {
		return fmt.Errorf("query text has %d bytes, more than %d: %w", len(q.Text), QueryBytesMax, ErrInvalid)
	}
	if err := checkUTF8("query text", q.Text); err != nil {
		return err
	}
	if q.K == 0 {
		q.K = DefaultK
	}
	if q.K < 1 || q.K > HitCountMax {
		return fmt.Errorf("k is %d, want 1..%d: %w", q.K, HitCountMax, ErrInvalid)
	}
	if q.Vector != nil {
		if err := CheckVector(q.Vector); err != nil {
			return fmt.Errorf("query %w", err)
		}
	}
	if !q.Intent.Valid() {
		return fmt.Errorf("intent %d: %w", q.Intent, ErrInvalid)
	}
	if q.Route >= RouteCount {
		return fmt.Errorf("%v: %w", q.Route, ErrInvalid)
	}
	if q.Fusion >= fusionCount {
		return fmt.Errorf("%v: %w", q.Fusion, ErrInvalid)
	}
	for _, t := range [...]time.Time{q.Now, q.AsOf, q.ValidAt} {
		if !t.IsZero() {
			if err := checkYear(t); err != nil {
				return fmt.Errorf("query time: %w", err)
			}
		}
	}
	if q.Budget < 0 {
		return fmt.Errorf("budget %v is negative: %w", q.Budget, ErrInvalid)
	}
	if q.SingleEngine && len(q.Engines) != 1 {
		return fmt.Errorf("fusion can be off for one engine only, %d are named: %w", len(q.Engines), ErrInvalid)
	}
	if !(q.Effort() >= VectorEffortMin && q.Effort() <= VectorEffortMax) {
		return fmt.Errorf("vector effort is %v, want %v..%v, or 0 for 1: %w", q.VectorEffort, VectorEffortMin, VectorEffortMax, ErrInvalid)
	}
	if err := q.checkExplore(); err != nil {
		return err
	}
	return q.normalizeWeights()
}

func (q *Query) checkExplore() error {
	if !(q.Explore >= 0 && q.Explore <= 1) {
		return fmt.Errorf("explore is %v, want 0..1: %w", q.Explore, ErrInvalid)
	}
	if q.SingleEngine && q.Explore > 0 {
		return fmt.Errorf("explore is %v with fusion off, which is what draws: %w", q.Explore, ErrInvalid)
	}
	return nil
}

func (q *Query) normalizeWeights() error {
	if q.Weights == nil {
		w := q.Intent.Weights()
		q.Weights = &w
	}
	for f, w := range q.Weights {
		if !(w >= 0 && w <= 1) {
			return fmt.Errorf("weight of %s is %v, want 0..1: %w", Factor(f), w, ErrInvalid)
		}
	}
	if err := q.Filter.Check(); err != nil {
		return err
	}
	if err := q.Match.Check(); err != nil {
		return err
	}
	if err := q.Boosts.check(); err != nil {
		return err
	}
	if err := (Scope{User: q.Asker}).Check(); err != nil {
		return fmt.Errorf("asker: %w", err)
	}
	return q.Scope.Check()
}

// IsMatchAlone reports whether Match is all that the question asks.
func (q *Query) IsMatchAlone() bool {
	return !q.Match.IsZero() && q.Vector == nil && strings.TrimSpace(q.Text) == ""
}

// Selection says which memories an operation is about: those of a scope that a
// filter lets through. The zero Selection is every memory of the tenant "".
type Selection struct {
	Scope
	Filter Filter
}

// Check verifies the scope and the filter.
func (s Selection) Check() error {
	if err := s.Scope.Check(); err != nil {
		return err
	}
	return s.Filter.Check()
}

// IsEmpty reports whether the selection names nothing that it wants.
func (s Selection) IsEmpty() bool { return s.Scope == Scope{} && s.Filter.IsZero() }

// Hit is one passage of an answer.
//
// Scores order the hits of one answer. They are not comparable between
// questions, and a high one does not mean that the store knows the answer:
// relevance is measured against the best candidate there is. A Confidence of 0
// says that no word of the question occurs anywhere.
type Hit struct {
	Memory
	Score      float32 // weighted sum of Factors
	Factors    Factors
	Duplicates []ID // near-duplicates (70 %) that this hit stands for, best first

	// Explanation says why it was found; nil unless Query.Explain is set.
	Explanation *Explanation
}

// Explanation is what the hit's place was decided by.
type Explanation struct {
	Engines []EngineRank // of the engines that were used
	Signals []Signal     // what is known of the hit, in the order of the ranker's columns
	Ranker  float32      // the ranker's score; only differences within one answer mean something
}

// EngineRank is a hit's place among the candidates by one engine's score.
type EngineRank struct {
	Name  string
	Rank  int     // from 1
	Score float64 // the engine's own; comparable within one answer
}

// Signal is one number that the ranker weighs.
type Signal struct {
	Name  string
	Value float32
}

// CacheUse says where an answer came from.
type CacheUse uint8

// The sources of an answer.
const (
	CacheNone  CacheUse = iota // it was computed
	CacheExact                 // the same question had it, and no memory was added, changed or deleted since
	CacheNear                  // a nearly identical question had it, see Query.Near
)

var cacheUseNames = [...]string{"none", "exact", "near"}

// String returns the source's name.
func (c CacheUse) String() string { return cacheUseNames[c] }

// EngineState says how an engine took part in an answer.
type EngineState uint8

// The states of an engine in a trace.
const (
	EngineUsed    EngineState = iota // its candidates are in the answer
	EngineLate                       // it did not finish within its time or the budget and was left out
	EngineFailed                     // it returned an error and was left out
	EngineSkipped                    // it had nothing to go on (see Note)
	EngineOpen                       // it was not asked, as it failed again and again before; after a rest it is tried again
)

var engineStateNames = [...]string{"used", "late", "failed", "skipped", "open"}

// String returns the state's name.
func (s EngineState) String() string { return engineStateNames[s] }

// EngineTrace is one engine's part in an answer.
type EngineTrace struct {
	Name       string
	State      EngineState
	Candidates int
	Start      time.Duration // when it began, from when the engines were asked
	Took       time.Duration
	Note       string // why it failed, was skipped or not asked
}

// Trace says how an answer came to be.
type Trace struct {
	Cache      CacheUse // where the answer came from; if from a cache, the rest is of its first asking
	Started    Route    // the route that was tried first
	Hurried    bool     // time was too short for a higher route, which the question called for
	Engines    []EngineTrace
	Segments   int           // segments of the snapshot
	Candidates int           // distinct candidates that entered fusion
	Collapsed  int           // near-duplicates that hits stand for
	Prepare    time.Duration // analysing and embedding the question
	Search     time.Duration // engines, in parallel
	Fuse       time.Duration // factors, collapse, choice
	Fetch      time.Duration // reading the hits' records
	Warning    string        // what is wrong with the store's own ranker, or cannot be read of what the asker said; "" where nothing is
}

// Answer is what Query returns.
type Answer struct {
	Hits []Hit // best first; ties by ID

	// Confidence is how probable it is that the answer is among the first eight hits,
	// 0..1; of a question that is not FusedBy FusionLearnt, and of a match alone, 0, which
	// says nothing. It is calibrated for the built-in ranker; docs/training.md says what it
	// is worth beside one of the store's own.
	Confidence float32

	// Route is the one by which the answer was found: that of the question, or, of one
	// that leaves it to Nexus, the one at which the answer was trusted or time was up.
	Route Route

	Took  time.Duration
	Trace Trace
}
