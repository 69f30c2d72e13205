package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/chunk"
	"github.com/nexus-memory/nexus/engine/jsonl"
	"github.com/nexus-memory/nexus/engine/model"
)

// addFlags are the flags of add and import.
type addFlags struct {
	engine.Scope // of records that have none
	speaker      string
	format       string // "" guesses by file name
	chunks       chunk.Options
	batch        int
	acks         bool
	lineKeys     bool
	quiet        bool

	text, key, time string // one memory, given on the command line
}

func newAddCommand(a *app) *cobra.Command {
	f := addFlags{}
	c := &cobra.Command{
		Use:   "add [FILE|DIR|-]...",
		Short: "Add text, Markdown, or JSON lines",
		Long: `Adds files, directories, standard input (-), or one --text. The store is made where there is none.
Standard input is JSON lines; --format text makes it text.

JSON lines (.jsonl .ndjson .json): one object a line, only "text" is required:
{"key","text","time","speaker","session","user","agent","tenant","kind","importance",
"valid_from","valid_to","expires","meta":{},"vector":[]}; other fields go to meta. A line that is bad is reported as
FILE:LINE: reason and skipped; the exit code is then 1.

Any other file is text or Markdown in UTF-8. It is cut into pieces at sentence ends; each
becomes a memory with the key PATH#BYTE, so that adding a file again adds nothing twice.
PATH is kept as given. The time is that of the file's last change. A piece whose text has
changed since is reported and left as it was: delete --source PATH first. Binary files are skipped.

Directories are walked in the order of names, hidden files left out; read are ` + walkedNames() + `.

What is added is durable at once, in commits of --batch records; --acks prints
{"file","line","key","id"} for each record when it is (without "file" on standard input).
Ctrl-C finishes the commit in hand, says how many records are kept, and exits with 130.`,
		Example: `  nexus add --text "Ann moved to Oslo in May." --user ann --time 2024-05-31
  nexus add --user ann notes/ diary.md
  nexus add --session s1 chat.jsonl
  tail -f events.jsonl | nexus add --batch 1 --acks -`,
		RunE: func(c *cobra.Command, args []string) error {
			if f.text == "" && len(args) == 0 {
				return wrongUsef("nothing to add: give files, directories, - for standard input, or --text")
			}
			if c.Flags().Changed("text") && (len(args) > 0 || f.text == "") {
				return wrongUsef("--text takes one text and no files")
			}
			if f.text == "" && (f.key != "" || f.time != "") {
				return wrongUsef("--key and --time go with --text")
			}
			if !c.Flags().Changed("chunk-overlap") {
				f.chunks.Overlap = min(chunk.OverlapDefault, f.chunks.Tokens/overlapShare)
			}
			return a.add(c.Context(), &f, args)
		},
	}
	a.intakeFlags(c, &f)
	c.Flags().StringVar(&f.format, "format", "", "`FORMAT`: jsonl, text or markdown, instead of a guess by file name")
	c.Flags().IntVar(&f.chunks.Tokens, "chunk-tokens", chunk.TokensDefault, "`WORDS` of the pieces that text is cut into")
	c.Flags().IntVar(&f.chunks.Overlap, "chunk-overlap", chunk.OverlapDefault, "`WORDS` that a piece shares with the one before, at most a quarter of --chunk-tokens")
	c.Flags().StringVar(&f.text, "text", "", "add this one `TEXT`")
	c.Flags().StringVar(&f.key, "key", "", "`KEY` of the --text")
	c.Flags().StringVar(&f.time, "time", "", "`WHEN` the --text happened (2024-05-31, 2024-05-31T18:00:00Z, Unix seconds)")
	return c
}

func newImportCommand(a *app) *cobra.Command {
	f := addFlags{format: formatJSONL}
	c := &cobra.Command{
		Use:   "import FILE|-...",
		Short: "Add JSON lines, such as those that export writes",
		Long: `Adds JSON lines: add with --format jsonl. Records get new IDs; one with a key that is there
already, with the same content, is not added twice. Exit code 1 when lines were skipped.`,
		Example: `  nexus import backup.jsonl
  nexus --db old export - | nexus --db new import -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return wrongUsef("nothing to import: give files, or - for standard input")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.add(c.Context(), &f, args) },
	}
	a.intakeFlags(c, &f)
	return c
}

func (a *app) intakeFlags(c *cobra.Command, f *addFlags) {
	c.Flags().StringVar(&a.metric, "metric", "", "how a new store compares vectors: `METRIC` cosine, dot or l2 (default the store's own, cosine for a new one)")
	c.Flags().StringVar(&a.language, "language", "", "what the texts of a new store are mostly in, by its `CODE`: "+strings.Join(engine.Languages(), ", ")+" (default the store's own, en for a new one)")
	scopeFlags(c, &f.Scope, "for records without one:")
	c.Flags().StringVar(&f.speaker, "speaker", "", "for records without one: the `NAME` of who said it")
	c.Flags().IntVar(&f.batch, "batch", 512, fmt.Sprintf("`RECORDS` of one commit, 1 to %d", model.AddCountMax))
	c.Flags().BoolVar(&f.acks, "acks", false, "print a line for each record once it is durable")
	c.Flags().BoolVar(&f.lineKeys, "line-keys", false, "give JSON lines without a key the key PATH:LINE, so that adding a file again, when it was cut short or has grown, adds nothing twice")
	c.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "no progress and no summary")
}

// overlapShare is the share of a piece that package chunk lets it repeat.
const overlapShare = 4

func (f *addFlags) check() error {
	if !slices.Contains([]string{"", formatJSONL, formatText, formatMarkdown}, f.format) {
		return wrongUsef("--format is %q, want jsonl, text or markdown", f.format)
	}
	if f.batch < 1 || f.batch > model.AddCountMax {
		return wrongUsef("--batch is %d, want 1 to %d", f.batch, model.AddCountMax)
	}
	if f.format != formatJSONL { // import has no pieces
		if f.chunks.Tokens < 1 || f.chunks.Tokens > chunk.TokensMax {
			return wrongUsef("--chunk-tokens is %d, want 1 to %d", f.chunks.Tokens, chunk.TokensMax)
		}
		if most := f.chunks.Tokens / overlapShare; f.chunks.Overlap < 0 || f.chunks.Overlap > most {
			return wrongUsef("--chunk-overlap is %d, want 0 to %d, a quarter of --chunk-tokens", f.chunks.Overlap, most)
		}
	}
	return nil
}

// intake feeds sources into a store.
type intake struct {
	app      *app
	db       *engine.DB
	flags    *addFlags
	progress *progress
	acks     *json.Encoder // nil without --acks
	failed   error         // standard output takes no acks any more

	kept    int // records acknowledged, those that were there included
	keyless int // of them JSON lines without a key
	piped   int // of these from standard input, which --line-keys gives none
	report  intakeReport
}

// intakeReport is the JSON form of the summary.
type intakeReport struct {
	Added       int   `json:"added"`         // new memories
	Present     int   `json:"present"`       // records that were there already
	Bad         int   `json:"bad"`           // lines and pieces skipped
	Files       int   `json:"files"`         // read to the end
	Skipped     int   `json:"skipped_files"` // not there, not readable, or no text
	Took        int64 `json:"took_us"`
	Interrupted bool  `json:"interrupted,omitempty"`
}

func (a *app) add(ctx context.Context, f *addFlags, args []string) error {
	if err := f.check(); err != nil {
		return err
	}
	in := &intake{app: a, flags: f}
	var one engine.Memory
	var sources []source
	if f.text != "" {
		var err error
		if one, err = f.memory(); err != nil {
			return wrongUse{err}
		}
	} else if sources = in.expand(args); len(sources) == 0 {
		return in.skippedError()
	}
	if f.acks {
		in.acks = json.NewEncoder(a.out)
		in.acks.SetEscapeHTML(false)
	}
	started := time.Now()
	return a.withStore(ctx, creating, func(db *engine.DB) error {
		in.db = db
		var err error
		if f.text != "" {
			err = in.commit(ctx, source{}, []engine.Memory{one}, []int{1})
		} else {
			err = in.all(ctx, sources)
		}
		in.report.Took = time.Since(started).Microseconds()
		return in.finish(err)
	})
}

// memory returns the memory that the flags describe.
func (f *addFlags) memory() (m engine.Memory, err error) {
	m = engine.Memory{
		Text: f.text, Key: f.key, Speaker: f.speaker,
		Scope: engine.Scope{User: f.User, Session: f.Session, Agent: f.Agent, Tenant: f.Tenant},
	}
	if f.time != "" {
		if m.EventTime, err = jsonl.ParseTime(f.time); err != nil {
			return m, fmt.Errorf("time: %w", err)
		}
	}
	return m, m.Normalize()
}

// all reads the sources one after another.
func (in *intake) all(ctx context.Context, sources []source) error {
	in.progress = newProgress("add", totalBytes(sources), in.flags.quiet, in.app.errOut)
	defer in.progress.stop()
	for _, s := range sources {
		if err := in.one(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// one reads a source to its end. A fault of the source is reported and
// counted; an error is the store's, or the interruption.
func (in *intake) one(ctx context.Context, s source) error {
	f, err := s.open(ctx, in.app.in)
	if err == errInterrupted {
		return err
	}
	if err != nil {
		in.skip(s.name(), reason(err))
		return nil
	}
	defer f.Close()
	r := in.reader(ctx, s, f)
	if s.formatOr(in.flags.format) == formatJSONL {
		err = in.lines(ctx, s, r)
	} else {
		err = in.pieces(ctx, s, f, r)
	}
	var fault sourceFault
	switch {
	case errors.As(err, &fault):
		in.skip(s.name(), fault.error)
		return nil
	case err == nil:
		in.report.Files++
	}
	return err
}

// lines imports JSON lines. The records read before an interruption are still
// committed, which is why Import does not get ctx.
func (in *intake) lines(ctx context.Context, s source, r *sourceReader) error {
	_, err := in.db.Import(context.WithoutCancel(ctx), r, engine.ImportOptions{
		Batch: in.flags.batch,
		Change: func(line int, m *engine.Memory) error {
			in.flags.complete(m)
			if in.flags.lineKeys && m.Key == "" && s.path != stdinPath {
				m.Key = fmt.Sprintf("%s:%d", s.path, line)
			}
			return nil
		},
		Added: func(lines []int, memories []engine.Memory, ids []engine.ID) {
			in.countKeyless(s, memories)
			in.acknowledge(s, lines, memories, ids)
		},
		Bad: func(line int, err error) {
			if s.path == stdinPath && in.flags.format == "" && !strings.ContainsRune("\x00{[", rune(r.first)) {
				err = fmt.Errorf("%s (standard input is JSON lines; for plain text: --format text): %w", inWords(err), engine.ErrInvalid)
				r.first = '{' // said once
			}
			in.bad(s, line, err)
		},
	})
	if err != nil && r.err != nil {
		// What ended the import is the reader's; a commit that failed too is in err.
		if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) == 1 {
			return r.err
		}
	}
	return err
}

func (in *intake) countKeyless(s source, memories []engine.Memory) {
	for i := range memories {
		if memories[i].Key == "" {
			in.keyless++
			if s.path == stdinPath {
				in.piped++
			}
		}
	}
}

// complete sets what a record lacks and the flags give.
func (f *addFlags) complete(m *engine.Memory) {
	for _, field := range []struct {
		value  *string
		backup string
	}{
		{&m.User, f.User}, {&m.Session, f.Session}, {&m.Agent, f.Agent}, {&m.Tenant, f.Tenant}, {&m.Speaker, f.speaker},
	} {
		if *field.value == "" {
			*field.value = field.backup
		}
	}
}

// ack is what --acks prints.
type ack struct {
	File string    `json:"file,omitempty"`
	Line int       `json:"line"`
	Key  string    `json:"key"`
	ID   engine.ID `json:"id"`
}

// acknowledge counts and prints what one commit made durable.
func (in *intake) acknowledge(s source, lines []int, memories []engine.Memory, ids []engine.ID) {
	in.kept += len(ids)
	in.progress.add(len(ids))
	if in.acks == nil {
		return
	}
	err := in.failed
	for i, id := range ids {
		if err == nil {
			err = in.acks.Encode(ack{s.file(), lines[i], memories[i].Key, id})
		}
	}
	if err == nil {
		err = in.app.out.Flush()
	}
	in.failed = err
}

func (in *intake) bad(s source, line int, err error) {
	in.report.Bad++
	in.complain(fmt.Sprintf("%s:%d", s.name(), line), err)
}

func (in *intake) skip(name string, err error) {
	in.report.Skipped++
	in.complain(name, err)
}

func (in *intake) complain(place string, err error) {
	message := fmt.Sprintf("%s: %s", printable(place), inWords(err))
	if in.progress == nil {
		in.app.note("%s", message)
		return
	}
	in.progress.message(message)
}

// finish prints the summary and returns what the verb ends with.
func (in *intake) finish(err error) error {
	stats, statsErr := in.db.Stats()
	in.report.Added = int(stats.Added)
	in.report.Present = in.kept - in.report.Added
	in.report.Interrupted = errors.Is(err, errInterrupted)
	err = errors.Join(err, statsErr, in.printReport())
	switch {
	case in.report.Interrupted:
		return fmt.Errorf("%w; %s kept", err, counted(in.kept, "record", "records"))
	case err != nil:
		return fmt.Errorf("%w; %s before it kept", err, counted(in.kept, "record", "records"))
	}
	return in.skippedError()
}

// printReport writes the summary: to standard output, unless acks are there.
func (in *intake) printReport() error {
	r := in.report
	switch {
	case in.app.json && in.acks != nil:
		return json.NewEncoder(in.app.errOut).Encode(r)
	case in.app.json:
		return in.app.printJSON(r)
	case in.flags.quiet:
		return nil
	}
	line := fmt.Sprintf("added %s in %v", counted(r.Added, "memory", "memories"), (time.Duration(r.Took) * time.Microsecond).Round(time.Millisecond))
	if r.Present > 0 {
		line += fmt.Sprintf("; %d were there already", r.Present)
	}
	var err error
	if in.acks != nil {
		in.app.note("%s", line)
	} else {
		err = errors.Join(in.app.printf("%s\n", line), in.app.out.Flush())
	}
	if hint := in.keylessHint(); hint != "" {
		in.app.note("%s", hint)
	}
	return err
}

func (in *intake) keylessHint() string {
	if in.keyless == 0 {
		return ""
	}
	hint := fmt.Sprintf("%d without keys: adding them again would add them twice", in.keyless)
	if in.keyless > in.piped {
		hint += " (--line-keys gives them keys)"
	}
	return hint
}

// skippedError is the error of an intake that left something out.
func (in *intake) skippedError() error {
	if in.report.Bad+in.report.Skipped == 0 {
		if in.db == nil {
			return nothingFound{"nothing to add: no file there that is read"}
		}
		return nil
	}
	var skipped []string
	if in.report.Bad > 0 {
		skipped = append(skipped, counted(in.report.Bad, "line", "lines"))
	}
	if in.report.Skipped > 0 {
		skipped = append(skipped, counted(in.report.Skipped, "file", "files"))
	}
	return fmt.Errorf("skipped %s, see above: %w", strings.Join(skipped, " and "), engine.ErrInvalid)
}
