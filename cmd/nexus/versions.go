package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/jsonl"
	"github.com/nexus-memory/nexus/engine/model"
)

// timeFlag is a time as records write them; "none" empties where that is allowed.
type timeFlag struct {
	value *time.Time
	given *bool // not nil: whether the flag was given; then "none" is a value
}

func (f timeFlag) String() string { return "" }
func (f timeFlag) Type() string   { return "time" }

func (f timeFlag) Set(s string) (err error) {
	if f.given != nil {
		*f.given = true
	}
	if *f.value = (time.Time{}); f.given != nil && s == "none" {
		return nil
	}
	*f.value, err = jsonl.ParseTime(s)
	return err
}

// oneID reads the one ID that a verb takes.
func oneID(args []string) (engine.ID, error) {
	if len(args) != 1 {
		return 0, wrongUsef("give one ID")
	}
	ids, err := parseIDs(args)
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// contentFlags are what update and supersede take alike.
type contentFlags struct {
	m     engine.Memory
	kind  string
	meta  []string
	given map[string]*bool // by flag, of those that take "none"
}

func (f *contentFlags) add(c *cobra.Command, none bool) {
	f.given = map[string]*bool{}
	c.Flags().StringVar(&f.m.Text, "text", "", "the `TEXT`")
	c.Flags().StringVar(&f.m.Speaker, "speaker", "", "`NAME` of who said it")
	c.Flags().StringVar(&f.kind, "kind", "", "`KIND`: working, episodic, semantic or procedural")
	c.Flags().Float32Var(&f.m.Importance, "importance", 0, "`WEIGHT` from 0 to 1")
	c.Flags().StringArrayVar(&f.meta, "meta", nil, "`NAME=VALUE` to set; a number or true or false is one (may be given again)")
	for _, t := range []struct {
		name, use string
		value     *time.Time
	}{
		{"time", "the `TIME` when it happened", &f.m.EventTime}, {"valid-from", "true from this `TIME` on", &f.m.ValidFrom},
		{"valid-to", "true until before this `TIME`", &f.m.ValidTo}, {"expires", "forget it at this `TIME`", &f.m.ExpiresAt},
	} {
		flag := timeFlag{value: t.value}
		if none {
			flag.given = new(bool)
			f.given[t.name] = flag.given
			t.use += "; none empties it"
		}
		c.Flags().Var(flag, t.name, t.use)
	}
}

// read finishes the memory of the flags.
func (f *contentFlags) read() (err error) {
	if f.m.Kind, err = model.ParseKind(f.kind); err != nil {
		return wrongUse{err}
	}
	for _, entry := range f.meta {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || name == "" {
			return wrongUsef("--meta is %q, want NAME=VALUE", entry)
		}
		if f.m.Meta == nil {
			f.m.Meta = map[string]any{}
		}
		f.m.Meta[name] = metaOf(value)
	}
	return nil
}

func metaOf(value string) any {
	if n, err := strconv.ParseFloat(value, 64); err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) { // "inf" and "nan" are words
		return n
	}
	if b, err := strconv.ParseBool(value); err == nil && len(value) > 1 {
		return b
	}
	return value
}

func newUpdateCommand(a *app) *cobra.Command {
	var f contentFlags
	var remove []string
	var seen uint32
	c := &cobra.Command{
		Use:   "update ID",
		Short: "Change a memory; what is not named stays",
		Long: `Changes a memory. It keeps its ID and key and gets a new version; the old one stays in nexus
history and is found with query --as-of. Prints the new version. Exit code 3 when it is not there.`,
		Example: `  nexus update 42 --text "Ann moved to Lima in June."
  nexus update 42 --importance 0.9 --meta source=letter --remove-meta draft
  nexus update 42 --expires 2030-01-01 --if-version 3`,
		RunE: func(c *cobra.Command, args []string) error {
			id, err := oneID(args)
			if err == nil {
				err = f.read()
			}
			if err != nil {
				return err
			}
			p := f.patch(c, remove)
			p.IfVersion = seen
			return a.withStore(c.Context(), changing, func(db *engine.DB) error {
				m, err := db.Update(c.Context(), id, p)
				if errors.Is(err, engine.ErrInvalid) {
					return wrongUse{err}
				}
				return a.got(&m, fmt.Sprintf("ID %d", id), err)
			})
		},
	}
	f.add(c, true)
	c.Flags().StringArrayVar(&remove, "remove-meta", nil, "`NAME` of a meta entry to remove (may be given again)")
	c.Flags().Uint32Var(&seen, "if-version", 0, "only if this `VERSION` is the current one")
	return c
}

// patch is what the flags that were given change.
func (f *contentFlags) patch(c *cobra.Command, remove []string) engine.Patch {
	p := engine.Patch{Meta: f.m.Meta}
	for _, name := range remove {
		if p.Meta == nil {
			p.Meta = map[string]any{}
		}
		p.Meta[name] = nil
	}
	if c.Flags().Changed("text") {
		p.Text = &f.m.Text
	}
	if c.Flags().Changed("speaker") {
		p.Speaker = &f.m.Speaker
	}
	if c.Flags().Changed("kind") {
		p.Kind = &f.m.Kind
	}
	if c.Flags().Changed("importance") {
		p.Importance = &f.m.Importance
	}
	for _, t := range []struct {
		name  string
		field **time.Time
		value *time.Time
	}{
		{"time", &p.EventTime, &f.m.EventTime}, {"valid-from", &p.ValidFrom, &f.m.ValidFrom},
		{"valid-to", &p.ValidTo, &f.m.ValidTo}, {"expires", &p.ExpiresAt, &f.m.ExpiresAt},
	} {
		if *f.given[t.name] {
			*t.field = t.value
		}
	}
	return p
}

func newSupersedeCommand(a *app) *cobra.Command {
	var f contentFlags
	c := &cobra.Command{
		Use:   "supersede ID --text TEXT",
		Short: "Add a memory that replaces another in the world",
		Long: `Adds a memory of the same user, agent, session and tenant as another, which it replaces from
--valid-from (or --time, or now) on. The old one stays; query --valid-at finds the one that was
true then. Prints the new memory. Exit code 3 when the old one is not there.`,
		Example: `  nexus supersede 42 --text "Ann lives in Lima." --valid-from 2024-06-01`,
		RunE: func(c *cobra.Command, args []string) error {
			id, err := oneID(args)
			if err == nil {
				err = f.read()
			}
			if err != nil {
				return err
			}
			return a.withStore(c.Context(), changing, func(db *engine.DB) error { return a.supersede(c.Context(), db, id, f.m) })
		},
	}
	f.add(c, false)
	c.Flags().StringVar(&f.m.Key, "key", "", "`KEY` of the new memory")
	return c
}

func (a *app) supersede(ctx context.Context, db *engine.DB, id engine.ID, m engine.Memory) error {
	old, err := db.Get(ctx, id)
	var by engine.Memory
	if err == nil {
		m.Scope = old.Scope
		var newID engine.ID
		if newID, err = db.Supersede(ctx, id, m); err == nil {
			by, err = db.Get(ctx, newID)
		}
	}
	if errors.Is(err, engine.ErrInvalid) {
		return wrongUse{err}
	}
	return a.got(&by, fmt.Sprintf("ID %d", id), err)
}

func newHistoryCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "history ID",
		Short: "Print the versions of a memory, oldest first",
		Long: `Prints the versions of a memory that are kept. --json prints a record a version, with "version",
"updated" (when it was committed) and "replaced" (when the next one was). Exit code 3 when it is
not there.`,
		Example: `  nexus history 42`,
		RunE: func(c *cobra.Command, args []string) error {
			id, err := oneID(args)
			if err != nil {
				return err
			}
			return a.withStore(c.Context(), reading, func(db *engine.DB) error {
				list, err := db.History(c.Context(), id)
				if err != nil {
					return a.got(nil, fmt.Sprintf("ID %d", id), err)
				}
				return a.printHistory(list)
			})
		},
	}
}

func (a *app) printHistory(list []engine.Memory) error {
	for i := range list {
		m := &list[i]
		if a.json {
			if err := a.printMemory(m); err != nil {
				return err
			}
			continue
		}
		until := "now"
		if !m.ReplacedTime.IsZero() {
			until = clock(m.ReplacedTime)
		}
		if i > 0 {
			a.printf("\n")
		}
		a.printf("version %d · %s to %s\n%s\n", m.Version, clock(m.UpdateTime), until, printable(m.Text))
	}
	return nil // a write that failed is remembered by a.out
}
