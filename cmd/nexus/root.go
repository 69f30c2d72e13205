package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// app is what the verbs share: the streams and the flags that all of them take.
type app struct {
	in     io.Reader
	out    *bufio.Writer // flushed by run; an answer on a full disk is an error
	errOut io.Writer

	directory string // --db
	inMemory  bool   // --segments-in-memory
	packs     bool   // --compress-texts
	metric    string // --metric of the verbs that make a store
	language  string // --language of the same verbs
	json      bool   // --json
	began     bool   // a verb runs: from here on an error is not one of usage
	version   bool   // --version instead of a verb
}

// newRootCommand lists the verbs. Each has its constructor in a file of its own.
func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "nexus",
		Short: "Embedded memory for AI applications",
		Long: `nexus keeps passages of text in a directory and finds the best ones for a question.

The store is --db DIR, else $NEXUS_DB, else ./nexus-data. One process at a time
may write to it; while none does, any number may read.

Answers go to standard output, everything else to standard error. With --json an
answer is one JSON object a line, and an error is the last line of standard error:
{"error":{"code":"not found","message":"..."}}.

Exit codes: 0 done, 1 failed, 2 wrong use, 3 nothing found (or no store),
130 ended by a signal. NEXUS_CPU names a CPU tier to force; see nexus doctor.`,
		Example: `  nexus add --text "Ann moved to Oslo in May."
  nexus query where does Ann live`,
		SilenceErrors: true,
		SilenceUsage:  true,

		SuggestionsMinimumDistance: 2, // edits
		Args:                       cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) > 0:
				return unknownVerb(c, args[0])
			case a.version:
				return a.printVersion()
			}
			c.SetOut(a.errOut)
			return errors.Join(c.Help(), wrongUsef("no verb given"))
		},
		PersistentPreRun: func(*cobra.Command, []string) { a.began = true },
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.errOut)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return wrongUsef("%s; see %s --help", flagProblem(c, err), c.CommandPath())
	})
	root.Flags().BoolVar(&a.version, "version", false, "print the version of this build")
	root.PersistentFlags().StringVar(&a.directory, "db", "", "`DIR` of the store (else $NEXUS_DB, else ./nexus-data)")
	root.PersistentFlags().BoolVar(&a.inMemory, "segments-in-memory", false, "read segment files into memory, do not map them")
	root.PersistentFlags().BoolVar(&a.packs, "compress-texts", false, "pack texts in the larger segment files that are written; compact packs all of them")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "one JSON object a line, for programs")
	root.AddCommand(
		newAddCommand(a), newQueryCommand(a), newGetCommand(a), newListCommand(a), newUpdateCommand(a), newSupersedeCommand(a),
		newHistoryCommand(a), newFeedbackCommand(a), newPreferenceCommand(a), newDeleteCommand(a), newPatternsCommand(a), newAnomaliesCommand(a), newTrainCommand(a),
		newExportCommand(a), newImportCommand(a), newStatsCommand(a), newVerifyCommand(a), newCompactCommand(a),
		newBackupCommand(a), newRestoreCommand(a), newMigrateCommand(a),
		newDoctorCommand(a), newEvalCommand(a), newVersionCommand(a),
	)
	checkShells(root)
	return root
}

// checkShells lets the completion verb refuse a shell that it does not know.
func checkShells(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Example = "  nexus completion bash > /etc/bash_completion.d/nexus"
			c.Args = cobra.ArbitraryArgs
			c.RunE = func(*cobra.Command, []string) error {
				return wrongUsef("completion is for one of bash, zsh, fish, powershell")
			}
		}
	}
}

// otherNames are what the verbs are called elsewhere.
var otherNames = map[string]string{
	"search": "query", "ask": "query", "find": "query", "remove": "delete", "rm": "delete", "forget": "delete",
	"fit": "train", "learn": "train", "init": "add", "insert": "add", "show": "get", "ls": "list", "check": "verify", "edit": "update", "change": "update", "replace": "supersede", "log": "history", "versions": "history",
}

// badValue is how package pflag says that a flag's value is wrong.
var badValue = regexp.MustCompile(`^invalid argument ("[^"]*") for "(?:-\w, )?--([\w-]+)" flag`)

// flagProblem says what is wrong with a flag, without the words of Go.
func flagProblem(c *cobra.Command, err error) string {
	if m := badValue.FindStringSubmatch(err.Error()); m != nil {
		dashes := "--"
		if len(m[2]) == 1 {
			dashes = "-"
		}
		wanted := "another value"
		switch f := c.Flag(m[2]); {
		case f == nil:
		case f.Value.Type() == "time":
			wanted = "RFC 3339, a date or Unix seconds"
		case f.Value.Type() == "duration":
			wanted = "a duration such as 5ms"
		case f.Value.Type() == "bool":
			wanted = "true or false"
		case f.Value.Type() == "stringToString":
			wanted = "FIELD=NUMBER"
		default:
			wanted = "a number"
		}
		return fmt.Sprintf("%s%s is %s, want %s", dashes, m[2], m[1], wanted)
	}
	if c.Name() == "query" && countFlag.MatchString(err.Error()) {
		return err.Error() + "; use -k for the number of hits"
	}
	return err.Error()
}

// countFlag is an error about a flag that elsewhere says how many.
var countFlag = regexp.MustCompile(`^unknown (shorthand )?flag: ('n'|--(limit|top|number|count|n)$)`)

// oneArgument wants what a verb of one argument is to be told.
func oneArgument(c *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return wrongUsef("%d arguments, want one: %s; see %s --help", len(args), c.UseLine(), c.CommandPath())
}

func unknownVerb(root *cobra.Command, name string) error {
	likely := root.SuggestionsFor(name)
	if verb := otherNames[strings.ToLower(name)]; verb != "" {
		likely = []string{verb}
	}
	if len(likely) > 0 {
		return wrongUsef("no verb %q; did you mean %s?", name, strings.Join(likely, " or "))
	}
	return wrongUsef("no verb %q; nexus --help lists them", name)
}

// access says what a verb wants with the store.
type access int

const (
	reading  access = iota // the store has to be there and is shared with other readers
	changing               // the store has to be there
	creating               // the store is made where there is none
)

const (
	defaultDirectory = "nexus-data"
	// truthFile is the file that makes a directory a store. The engine creates
	// a store wherever it may write; a verb that deletes should not.
	truthFile = "truth.db"
)

// storeDirectory returns where the store is.
func (a *app) storeDirectory() string {
	if a.directory != "" {
		return a.directory
	}
	if dir := os.Getenv("NEXUS_DB"); dir != "" {
		return dir
	}
	return defaultDirectory
}

// withStore opens the store, has f use it and closes it; both errors count.
func (a *app) withStore(ctx context.Context, how access, f func(*engine.DB) error) error {
	db, err := a.open(ctx, how)
	if err != nil {
		return err
	}
	return errors.Join(f(db), db.Close())
}

func (a *app) open(ctx context.Context, how access) (*engine.DB, error) {
	dir := a.storeDirectory()
	if how == changing {
		if _, err := os.Stat(filepath.Join(dir, truthFile)); errors.Is(err, fs.ErrNotExist) {
			return nil, noStore(dir)
		}
	}
	metric, err := model.ParseMetric(a.metric)
	if err != nil {
		return nil, wrongUsef("--metric is %q, want cosine, dot or l2", a.metric)
	}
	if languages := engine.Languages(); a.language != "" && !slices.Contains(languages, a.language) {
		return nil, wrongUsef("--language is %q, want one of %s", a.language, strings.Join(languages, ", "))
	}
	db, err := engine.OpenContext(ctx, dir, engine.Options{ReadOnly: how == reading, Metric: metric, Language: a.language, SegmentsInMemory: a.inMemory, CompressTexts: a.packs})
	if how == reading && errors.Is(err, engine.ErrNotFound) {
		return nil, noStore(dir)
	}
	if errors.Is(err, engine.ErrLocked) {
		return nil, fmt.Errorf("%s is in use by another process; one process at a time may write, and readers have to wait until it is done: %w", dir, engine.ErrLocked)
	}
	return db, err
}

func noStore(dir string) error {
	return nothingFound{fmt.Sprintf("no store in %s; create one with: nexus add --db %s FILE", dir, dir)}
}

// scopeFlags adds the flags that narrow a verb to a scope, or give records one.
func scopeFlags(c *cobra.Command, s *engine.Scope, purpose string) {
	c.Flags().StringVar(&s.User, "user", "", purpose+" `USER`")
	c.Flags().StringVar(&s.Session, "session", "", purpose+" `SESSION`")
	c.Flags().StringVar(&s.Agent, "agent", "", purpose+" `AGENT`")
	c.Flags().StringVar(&s.Tenant, "tenant", "", purpose+" `TENANT`")
}
