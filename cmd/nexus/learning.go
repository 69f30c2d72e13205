package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/jsonl"
)

func newFeedbackCommand(a *app) *cobra.Command {
	f, shown := engine.Feedback{}, []string{}
	c := &cobra.Command{
		Use:   "feedback ID VALUE",
		Short: "Note how useful a memory was, from -1 (it misled) to 1",
		Long: `Notes how useful a memory was. With --user it is learnt from what that user prefers, which
ranks later answers for the same user alone: nexus query --asker, nexus preference. Exit code 3
when the memory is not there.`,
		Example: `  nexus feedback 42 1
  nexus feedback 43 -- -0.5
  nexus feedback 42 1 --user anna --question "where to on Sunday?" --shown 17,42,9`,
		RunE: func(c *cobra.Command, args []string) (err error) {
			if len(args) != 2 {
				return wrongUsef("give an ID and a value from -1 to 1")
			}
			if f.ID, err = oneID(args[:1]); err != nil {
				return err
			}
			if f.Value, err = strconv.ParseFloat(args[1], 64); err != nil {
				return wrongUsef("%q is no number", args[1])
			}
			if f.User == "" && (f.Tenant != "" || f.Question != "" || len(shown) > 0) {
				return wrongUsef("--tenant, --question and --shown tell of a user: name one with --user")
			}
			if f.Shown, err = parseIDs(shown); err != nil {
				return err
			}
			return a.withStore(c.Context(), changing, func(db *engine.DB) error {
				if f.User == "" {
					return ofOneMemory(f.ID, db.Feedback(c.Context(), f.ID, f.Value))
				}
				return ofOneMemory(f.ID, db.Learn(c.Context(), f))
			})
		},
	}
	c.Flags().StringVar(&f.User, "user", "", "`NAME` of who says so")
	c.Flags().StringVar(&f.Tenant, "tenant", "", "`NAME` of whose memories were asked")
	c.Flags().StringVar(&f.Question, "question", "", "the `TEXT` that was asked")
	c.Flags().StringSliceVar(&shown, "shown", nil, "`IDS` of the hits that were shown, best first; those before ID count as passed over")
	return c
}

// ofOneMemory is the error of a verb about one memory as the command line tells it.
func ofOneMemory(id engine.ID, err error) error {
	switch {
	case errors.Is(err, engine.ErrNotFound):
		return nothingFound{fmt.Sprintf("no memory with ID %d", id)}
	case errors.Is(err, engine.ErrInvalid):
		return wrongUse{err}
	}
	return err
}

func newPreferenceCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "preference",
		Short: "Show, move or forget what was learnt of a user",
		Long: `What a user prefers is learnt of what the user said of hits (nexus feedback --user), and
ranks later answers for that user alone (nexus query --asker). show prints it for people to read,
export as one JSON object, which import reads; forget removes all of it.`,
		Example: "  nexus preference show anna\n  nexus preference export anna > anna.json\n  nexus preference import anna.json\n  nexus preference forget anna",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return wrongUsef("say what to do: show, export, import or forget")
		},
	}
	var tenant string
	c.PersistentFlags().StringVar(&tenant, "tenant", "", "`NAME` of whose memories were asked")
	verb := func(use, short string, how access, run func(c *cobra.Command, db *engine.DB, name string) error) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return wrongUsef("give one name")
			}
			return a.withStore(c.Context(), how, func(db *engine.DB) error { return ofUser(args[0], run(c, db, args[0])) })
		}}
	}
	c.AddCommand(
		verb("show USER", "Print what is known of what a user prefers", reading, func(c *cobra.Command, db *engine.DB, user string) error {
			p, err := db.Preference(c.Context(), tenant, user)
			if err == nil && a.json {
				return a.printPreference(&p)
			}
			if err == nil {
				a.tellPreference(&p)
			}
			return err
		}),
		verb("export USER", "Print a user's preference as one JSON object, for import", reading, func(c *cobra.Command, db *engine.DB, user string) error {
			p, err := db.Preference(c.Context(), tenant, user)
			if err != nil {
				return err
			}
			return a.printPreference(&p)
		}),
		verb("import FILE", "Put an exported preference (- reads standard input) in place of the user's", changing, func(c *cobra.Command, db *engine.DB, file string) error {
			return a.importPreference(c, db, file)
		}),
		verb("forget USER", "Forget all that was learnt of a user; nexus compact erases the bytes", changing, func(c *cobra.Command, db *engine.DB, user string) error {
			count, err := db.Forget(c.Context(), tenant, user)
			if err == nil && count == 0 {
				err = engine.ErrNotFound
			}
			if err == nil {
				a.note("forgot %d judgements", count)
			}
			return err
		}),
	)
	return c
}

// ofUser is the error of a verb about one user as the command line tells it.
func ofUser(user string, err error) error {
	switch {
	case errors.Is(err, engine.ErrNotFound):
		return nothingFound{fmt.Sprintf("nothing is known of user %q", user)}
	case errors.Is(err, engine.ErrInvalid):
		return wrongUse{err}
	}
	return err
}

func (a *app) printPreference(p *engine.Preference) error {
	return a.printf("%s\n", jsonl.AppendPreference(nil, p))
}

func (a *app) importPreference(c *cobra.Command, db *engine.DB, file string) error {
	in := io.Reader(os.Stdin)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return wrongUse{err}
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, jsonl.PreferenceBytesMax+1))
	if err != nil {
		return err
	}
	p, err := jsonl.ParsePreference(data)
	if err != nil {
		return err
	}
	kept, err := db.SetPreference(c.Context(), p)
	if err == nil {
		a.note("%d of %d judgements are of memories that are here", kept, len(p.Judgements))
	}
	return err
}

// shownWorths is how many words are shown of each side.
const shownWorths = 12

// tellPreference prints a preference for people to read.
func (a *app) tellPreference(p *engine.Preference) {
	implicit := 0
	for i := range p.Judgements {
		if p.Judgements[i].Implicit {
			implicit++
		}
	}
	a.printf("%d judgements, %d of them of hits that were passed over; they count by %.0f %%\n", len(p.Judgements), implicit, 100*p.Trust)
	for _, side := range []struct {
		title string
		sign  float64
	}{{"likes", 1}, {"dislikes", -1}} {
		var words []string
		for _, w := range p.Words {
			if w.Value*side.sign > 0 && len(words) < shownWorths {
				words = append(words, fmt.Sprintf("%s %.2f", squeezed(w.Name), w.Value))
			}
		}
		if len(words) > 0 {
			a.printf("%-9s%s\n", side.title, strings.Join(words, ", "))
		}
	}
	for _, f := range p.Features {
		if f.Value <= -.01 || f.Value >= .01 {
			a.printf("%-13s%+.2f\n", f.Name, f.Value)
		}
	}
}
