package segment

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"github.com/nexus-memory/nexus/engine/annotate"
	"github.com/nexus-memory/nexus/engine/embed"
	"github.com/nexus-memory/nexus/engine/fields"
	"github.com/nexus-memory/nexus/engine/minhash"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/scratch"
	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/engine/timex"
	"github.com/nexus-memory/nexus/engine/vector"
)

// Space says what vectors a store holds, and of which language its texts are. It is
// fixed with the first memory.
type Space struct {
	Name     string         // the embedder's name, or callerName
	Dim      int            // numbers in a vector
	Embedder embed.Embedder // nil for the caller's vectors, and where the embedder is not at hand
	Metric   model.Metric   // how vectors are compared; never unset in a space with a name
	Language string         // of text.Languages; "" in a space without name, and means English
}

// callerName is the name of the space of vectors that the application brings.
const callerName = "caller"

// CallerSpace is the space of vectors that the application brings.
// Their metric is the cosine and the language English unless they are set to others.
func CallerSpace(dim int) Space {
	return Space{Name: callerName, Dim: dim, Metric: model.Cosine, Language: text.English}
}

// BuiltInSpace returns the space of the built-in embedder for texts of a language: what
// words mean for English, spelling for others.
func BuiltInSpace(language string) Space {
	if language == text.English {
		return builtIn(embed.NewWords(), language)
	}
	return builtIn(embed.NewHashing(language), language)
}

// BuiltInSpaceOf returns the space of the built-in embedder of a name, for texts of a language;
// false where none has it.
func BuiltInSpaceOf(name, language string) (s Space, ok bool) {
	switch name {
	case embed.WordsName:
		return builtIn(embed.NewWords(), language), true
	case embed.HashingName:
		return builtIn(embed.NewHashing(language), language), true
	}
	return Space{}, false
}

func builtIn(e embed.Embedder, language string) Space {
	return Space{Name: e.Name(), Dim: e.Dim(), Embedder: e, Metric: model.Cosine, Language: language}
}

// SpaceOf returns the space of an embedder, with metric and language as CallerSpace;
// ErrInvalid or ErrDimension where its name or dimension cannot be kept.
func SpaceOf(e embed.Embedder) (Space, error) {
	s := Space{Name: e.Name(), Dim: e.Dim(), Embedder: e, Metric: model.Cosine, Language: text.English}
	switch {
	case s.Name == "" || s.Name == callerName || len(s.Name) > model.NameBytesMax || strings.ContainsRune(s.Name, 0) || !utf8.ValidString(s.Name):
		return Space{}, fmt.Errorf("embedder name of %d bytes: want 1..%d of UTF-8 without NUL, and not %q: %w", len(s.Name), model.NameBytesMax, callerName, model.ErrInvalid)
	case s.Dim < 1 || s.Dim > model.DimensionMax:
		return Space{}, fmt.Errorf("embedder %q has dimension %d, want 1..%d: %w", s.Name, s.Dim, model.DimensionMax, model.ErrDimension)
	}
	return s, nil
}

// IsCaller reports whether the vectors are the application's own.
func (s Space) IsCaller() bool { return s.Name == callerName }

// Derived identifies everything in a segment that is computed from the truth:
// a segment whose value differs was built by other rules and is rebuilt.
func (s Space) Derived() uint64 {
	rules := fmt.Sprintf("text %d %s, minhash %d, annotations %d, fields %d, vectors %d %s %d %s", text.Version, s.Language, minhash.Version, annotate.Version, fields.Version, vector.Version, s.Name, s.Dim, s.Metric)
	if words, ok := s.Embedder.(*embed.Words); ok { // a build that has no such table makes segments without vectors
		rules += fmt.Sprintf(", table %x", words.Table())
	}
	return xxh3.HashString(rules)
}

// IsBuiltIn reports whether vectors are those of an embedder that comes with Nexus.
func (s Space) IsBuiltIn() bool {
	switch s.Embedder.(type) {
	case *embed.Hashing, *embed.Words:
		return true
	}
	return false
}

// KeepsVectors reports whether the truth stores the vectors: always, but for those of a
// built-in embedder, which computes the same ones again at no cost.
func (s Space) KeepsVectors() bool { return !s.IsBuiltIn() }

// SeesMeaning reports whether vectors tell what texts mean: always, but for those of the
// built-in hashing, which tell how they are spelt.
func (s Space) SeesMeaning() bool {
	_, hashing := s.Embedder.(*embed.Hashing)
	return !hashing
}

// Row is a memory made ready for a segment: everything that analysis derives
// from it. ID, Sequence and the stamps of Record are set at commit.
type Row struct {
	ID model.ID
	// Sequence is the place of this version among all rows of the store; 0 for a
	// memory's first version, whose place is its ID.
	Sequence  model.ID
	Record    []byte // see AppendRecord
	Key       string
	Tenant    string
	Thread    string // identity of the session; "" = none
	Terms     text.Tokens
	Signature minhash.Signature
	// Annotation is what the memory says of itself.
	Annotation annotate.Annotation
	Vector     []float32
	Fields     []fields.Entry // all but the ingest time, which Stamp sets
	// Digest identifies what the caller gave, for rows with a key; see DigestOf.
	Digest [16]byte

	// assumed is the day that what is relative in the text was counted from.
	assumed int32

	columns
}

// columns are the fixed-size values of a row that searches read in place.
type columns struct {
	tenant, user, agent, session uint64 // hashes of the scope's names, 0 = empty
	thread                       uint64 // hash of Thread, 0 = none
	key                          uint64 // hash of tenant and key, 0 = no key
	event                        int64  // microseconds; the memory's ingest time where unknown
	ingest                       int64  // microseconds; when this version was committed
	position                     uint32
	authority                    float32
	dated                        bool // event is given, not to be replaced by the ingest time
	life
}

// defaultAuthority stands for an importance that was not given.
const defaultAuthority = 0.5

func hashName(s string) uint64 {
	if s == "" {
		return 0
	}
	return max(1, xxh3.HashString(s))
}

// hashPair hashes two names so that no other pair of names runs together.
func hashPair(a, b string) uint64 {
	return max(1, xxh3.HashStringSeed(b, xxh3.HashString(a)))
}

// threadOf names the session of a scope uniquely within the store.
func threadOf(s model.Scope) string {
	if s.Session == "" {
		return ""
	}
	return fmt.Sprintf("%d:%s%d:%s%d:%s%s", len(s.Tenant), s.Tenant, len(s.User), s.User, len(s.Agent), s.Agent, s.Session)
}

// searchText is what words and the built-in embedder see of a memory: the
// speaker's name is part of what a turn can be asked by.
func searchText(m *model.Memory) string {
	if m.Speaker == "" {
		return m.Text
	}
	return m.Speaker + ": " + m.Text
}

// embedded is what the embedder sees of a memory. The table of words has no use for the
// names of who speaks.
func (s Space) embedded(m *model.Memory) string {
	if _, words := s.Embedder.(*embed.Words); words {
		return m.Text
	}
	return searchText(m)
}

// worker is the scratch of one goroutine that prepares rows.
type worker struct {
	language string         // of analyzer
	analyzer *text.Analyzer // nil before the first row
	terms    text.Tokens
	words    text.Tokens
	sketcher minhash.Sketcher

	annotator *annotate.Annotator // over analyzer
}

// Preparer turns memories into rows. Any goroutine may call Prepare.
type Preparer struct {
	workers scratch.Pool[worker]
}

// NewPreparer returns a preparer.
func NewPreparer() *Preparer {
	p := &Preparer{}
	p.workers.New = func() *worker { return &worker{} }
	return p
}

// parallelRows is the number of memories below which one goroutine is quicker.
const parallelRows = 16

// Prepare analyses memories, which must be normalized, by the space's language and
// embeds those without vector where the space has an embedder. Cost: about 20 to 60 us a
// memory of a few sentences, on GOMAXPROCS goroutines for large batches. The
// error names the memory by its index.
func (p *Preparer) Prepare(ctx context.Context, space Space, memories []model.Memory) ([]*Row, error) {
	rows := make([]*Row, len(memories))
	if err := p.prepareAll(space.Language, memories, rows); err != nil || space.Embedder == nil {
		return rows, err
	}
	return rows, embedMissing(ctx, space, memories, rows)
}

func (p *Preparer) prepareAll(language string, memories []model.Memory, rows []*Row) error {
	fan := min(runtime.GOMAXPROCS(0), 1+len(memories)/parallelRows)
	if fan == 1 {
		return p.prepareRange(language, memories, rows)
	}
	var group sync.WaitGroup
	errs := make([]error, fan)
	for part := range fan {
		first, last := part*len(memories)/fan, (part+1)*len(memories)/fan
		group.Go(func() { errs[part] = p.prepareRange(language, memories[first:last], rows[first:last]) })
	}
	group.Wait()
	return errors.Join(errs...)
}

func (p *Preparer) prepareRange(language string, memories []model.Memory, rows []*Row) (err error) {
	defer model.Rescue("analysis", &err)
	runtime.Gosched() // before a worker is taken: else as many callers as there are would each take one, with a cache that is cold
	w := p.workers.Get()
	w.speak(language)
	for i := range memories {
		if i > 0 {
			runtime.Gosched() // a text is some 5 to 50 us of work, see yieldRows
		}
		rows[i] = w.row(&memories[i])
	}
	p.workers.Put(w) // not after a panic: nobody knows what state it is in
	return nil
}

// embedBatch bounds the texts handed to an embedder in one call.
const embedBatch = 16

// embedMissing fills in the vectors of memories that bring none.
func embedMissing(ctx context.Context, space Space, memories []model.Memory, rows []*Row) error {
	var texts []string
	var targets []int
	for i := range memories {
		if memories[i].Vector == nil {
			texts = append(texts, space.embedded(&memories[i]))
			targets = append(targets, i)
		}
	}
	vectors := make([]float32, len(texts)*space.Dim)
	if err := embedAll(ctx, space, texts, vectors); err != nil {
		return err
	}
	for n, i := range targets {
		memories[i].Vector = vectors[n*space.Dim : (n+1)*space.Dim : (n+1)*space.Dim]
		rows[i].Vector = memories[i].Vector
		if space.KeepsVectors() {
			rows[i].Record = AppendRecord(nil, &memories[i], true)
		}
	}
	return nil
}

// embedAll embeds the texts in batches, GOMAXPROCS of them at a time.
func embedAll(ctx context.Context, space Space, texts []string, vectors []float32) error {
	var group sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	errs := make([]error, (len(texts)+embedBatch-1)/embedBatch)
	for b := range errs {
		first, last := b*embedBatch, min((b+1)*embedBatch, len(texts))
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			errs[b] = space.Embed(ctx, texts[first:last], vectors[first*space.Dim:last*space.Dim])
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// Embed runs the space's embedder, which is the application's code: a panic or
// numbers that are not finite are its error, not the store's end.
func (s Space) Embed(ctx context.Context, texts []string, vectors []float32) (err error) {
	defer model.Rescue("embedder "+s.Name, &err)
	if err := s.Embedder.Embed(ctx, texts, vectors); err != nil {
		return errors.Join(fmt.Errorf("embedder %s: %w", s.Name, err), model.FromContext(ctx, "embedder "+s.Name))
	}
	for i, x := range vectors {
		if x-x != 0 {
			return fmt.Errorf("embedder %s: number %d of text %d is not finite: %w", s.Name, i%s.Dim, i/s.Dim, model.ErrInvalid)
		}
	}
	if err := s.Metric.CheckVector(vectors); err != nil {
		return fmt.Errorf("embedder %s: %w", s.Name, err)
	}
	return nil
}

// speak makes the worker ready for texts of a language. A store has but one, so that
// its workers keep their analyzers.
func (w *worker) speak(language string) {
	if w.analyzer == nil || w.language != language {
		w.analyzer, w.language = text.NewAnalyzer(language), language
		w.annotator = annotate.NewAnnotator(w.analyzer)
	}
}

// analyze puts the terms of a memory's searchText and the words of its text into the
// worker. A word of the text is one of searchText too, but where the text begins with
// what may be taken for a part of the space in front of it.
func (w *worker) analyze(m *model.Memory) {
	w.terms.Reset()
	w.words.Reset()
	switch {
	case m.Speaker == "":
	case m.Text != "" && m.Text[0] > ' ' && m.Text[0] < utf8.RuneSelf:
		w.analyzer.Terms(&w.terms, m.Speaker)
	default:
		w.analyzer.Terms(&w.terms, searchText(m))
		w.analyzer.Words(&w.words, m.Text)
		return
	}
	w.analyzer.TermsAndWords(&w.terms, &w.words, m.Text)
}

// row derives everything but a missing vector. It takes the memory's vector over.
func (w *worker) row(m *model.Memory) *Row {
	r := &Row{Key: m.Key, Tenant: m.Tenant, Thread: threadOf(m.Scope), Vector: m.Vector, Fields: fields.Of(m)}
	w.analyze(m)
	r.Terms = w.terms.Clone()
	r.Signature = w.sketcher.Sketch(&w.words)
	r.annotate(w.annotator, m, time.Now())
	r.Record = AppendRecord(nil, m, m.Vector != nil)
	r.columns = columns{
		tenant: hashName(m.Tenant), user: hashName(m.User), agent: hashName(m.Agent), session: hashName(m.Session),
		thread: hashName(r.Thread), authority: m.Importance, position: m.Position,
	}
	if m.Importance == 0 {
		r.authority = defaultAuthority
	}
	r.life = lifeOf(m)
	if m.Key != "" {
		r.key = hashPair(m.Tenant, m.Key)
		if r.Digest = digest(r.Record); r.life.version > 1 || r.life.supersedes != 0 {
			r.Digest = DigestOf(m)
		}
	}
	if !m.EventTime.IsZero() {
		r.event, r.dated = m.EventTime.UnixMicro(), true
	}
	return r
}

// DigestOf identifies the content of a memory as a caller would give it: half of
// the SHA-256 of its record before that is stamped, without what the store knows
// of its versions, links and derived vector.
func DigestOf(m *model.Memory) [16]byte {
	given := *m
	given.Version, given.Supersedes, given.SupersededBy = 0, 0, 0
	return digest(AppendRecord(nil, &given, given.Vector != nil))
}

func digest(record []byte) [16]byte {
	sum := sha256.Sum256(record)
	return [16]byte(sum[:16])
}

// Link stamps the ID of the memory that supersedes this one, which must be of a
// later version than the first.
func (r *Row) Link(by model.ID) {
	binary.LittleEndian.PutUint64(r.Record[offLinked:], uint64(by))
	r.supersededBy = uint64(by)
}

// Position returns the place in the session that the memory was prepared with or
// stamped with.
func (r *Row) Position() uint32 { return r.position }

// Committed returns the time that Stamp set, in microseconds.
func (r *Row) Committed() int64 { return r.ingest }

// firstIngest returns when the memory's first version was committed, microseconds.
func (r *Row) firstIngest() int64 {
	if r.life.id != 0 {
		return r.created
	}
	return r.ingest
}

// Stamp sets what is known only at commit: the time, to the microsecond, and
// the place in the session. A memory without time of its own takes that of its
// first version.
func (r *Row) Stamp(ingest time.Time, position uint32) {
	micros := ingest.UnixMicro()
	binary.LittleEndian.PutUint64(r.Record[offIngest:], uint64(micros))
	binary.LittleEndian.PutUint32(r.Record[offPosition:], position)
	r.position, r.ingest = position, micros
	if !r.dated {
		r.event = r.firstIngest()
		r.redate()
	}
}

// annotate reads what the memory says of itself. One without a time of its own is of the
// day when it was added, which Stamp knows for sure.
func (r *Row) annotate(by *annotate.Annotator, m *model.Memory, now time.Time) {
	said := m.EventTime
	if said.IsZero() {
		said = m.IngestTime
	}
	if said.IsZero() {
		said = now
	}
	r.assumed = timex.DayOf(said)
	r.Annotation = by.Append(nil, m.Speaker, m.Text, r.assumed)
}

// redate counts what is relative in the text from another day, where a row was not
// committed on that when it was prepared: about midnight, and where the clock went wrong.
func (r *Row) redate() {
	if day := timex.DayOf(time.UnixMicro(r.event)); day != r.assumed && !r.Annotation.IsZero() {
		_, body := recordTexts(r.Record)
		r.assumed, r.Annotation = day, r.Annotation.Redate(body, day)
	}
}
