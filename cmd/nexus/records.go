package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-memory/nexus/engine"
)

func newGetCommand(a *app) *cobra.Command {
	var key, tenant string
	c := &cobra.Command{
		Use:   "get ID... | --key KEY",
		Short: "Print memories by ID or key",
		Long:  `Prints memories. --json prints the record that import takes. Exit code 3 when one is not there.`,
		Example: `  nexus get 42
  nexus get --key notes.md#0 --json`,
		RunE: func(c *cobra.Command, args []string) error {
			ids, err := parseIDs(args)
			if err != nil {
				return err
			}
			if (key == "") == (len(ids) == 0) {
				return wrongUsef("give either IDs or --key")
			}
			return a.withStore(c.Context(), reading, func(db *engine.DB) error { return a.get(c.Context(), db, ids, tenant, key) })
		},
	}
	c.Flags().StringVar(&key, "key", "", "`KEY` of the memory")
	c.Flags().StringVar(&tenant, "tenant", "", "`TENANT` that the key belongs to")
	return c
}

func (a *app) get(ctx context.Context, db *engine.DB, ids []engine.ID, tenant, key string) error {
	if key != "" {
		m, err := db.GetByKey(ctx, tenant, key)
		return a.got(&m, fmt.Sprintf("key %q", key), err)
	}
	var missing error
	for i, id := range ids {
		if i > 0 && !a.json {
			a.printf("\n")
		}
		m, err := db.Get(ctx, id)
		if err = a.got(&m, fmt.Sprintf("ID %d", id), err); errors.As(err, new(nothingFound)) {
			missing = errors.Join(missing, err)
		} else if err != nil {
			return err
		}
	}
	return missing
}

// got prints a memory that was asked for by name.
func (a *app) got(m *engine.Memory, name string, err error) error {
	switch {
	case errors.Is(err, engine.ErrNotFound):
		return nothingFound{"no memory with " + name}
	case err != nil:
		return err
	case a.json:
		return a.printMemory(m)
	}
	a.printf("%s · %s\n", byline(m), m.Kind)
	for _, field := range lifeFields(m) {
		if field[1] != "" {
			a.printf("%s: %s\n", field[0], squeezed(field[1]))
		}
	}
	for _, name := range sortedNames(m.Meta) {
		a.printf("%s: %s\n", squeezed(name), squeezed(fmt.Sprint(m.Meta[name])))
	}
	return a.printf("\n%s\n", printable(m.Text))
}

// lifeFields are what is printed of a memory before its text.
func lifeFields(m *engine.Memory) [][2]string {
	list := [][2]string{{"key", m.Key}, {"added", clock(m.IngestTime)}}
	if m.Version > 1 {
		list = append(list, [2]string{"changed", fmt.Sprintf("%s, version %d", clock(m.UpdateTime), m.Version)})
	}
	list = append(list, [][2]string{{"true from", clock(m.ValidFrom)}, {"true until", clock(m.ValidTo)}, {"expires", clock(m.ExpiresAt)}}...)
	if m.Supersedes != 0 {
		list = append(list, [2]string{"supersedes", fmt.Sprintf("#%d", m.Supersedes)})
	}
	if m.SupersededBy != 0 {
		list = append(list, [2]string{"superseded by", fmt.Sprintf("#%d", m.SupersededBy)})
	}
	if u := m.Usage; u != (engine.Usage{}) {
		list = append(list, [2]string{"used", fmt.Sprintf("in %s, read %s, feedback +%g -%g", counted(u.Hits, "answer", "answers"), counted(u.Gets, "time", "times"), u.Positive, u.Negative)})
	}
	return list
}

func sortedNames(meta map[string]any) []string {
	names := make([]string, 0, len(meta))
	for name := range meta {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func parseIDs(args []string) ([]engine.ID, error) {
	ids := make([]engine.ID, len(args))
	for i, arg := range args {
		id, err := strconv.ParseUint(arg, 10, 64)
		if err != nil || id == 0 {
			return nil, wrongUsef("%q is no ID; an ID is a number from 1, a key is given with --key", arg)
		}
		ids[i] = engine.ID(id)
	}
	return ids, nil
}

func newListCommand(a *app) *cobra.Command {
	var scope engine.Scope
	var filter string
	var limit int
	var after uint64
	c := &cobra.Command{
		Use:   "list",
		Short: "List memories in the order they were added",
		Long: `Lists the memories of a scope that a filter lets through; without --tenant, those outside of
tenants. Long texts are cut.
--json prints the records that import takes. Exit code 3 when there are none.`,
		Example: `  nexus list --user ann --limit 20
  nexus list --filter 'tags has "todo" and not exists done'
  nexus list --json --after 5000 --limit 1000`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 0 {
				return wrongUsef("--limit is %d, want 0 (all) or more", limit)
			}
			selected, err := selection(scope, filter)
			if err != nil {
				return err
			}
			return a.withStore(c.Context(), reading, func(db *engine.DB) error {
				return a.list(c.Context(), db, selected, engine.ID(after), limit)
			})
		},
	}
	scopeFlags(c, &scope, "only memories of this")
	filterFlag(c, &filter)
	c.Flags().IntVar(&limit, "limit", 0, "print at most this `NUMBER`; 0 means all")
	c.Flags().Uint64Var(&after, "after", 0, "start behind this `ID`")
	return c
}

// filterFlag adds the flag of a filter.
func filterFlag(c *cobra.Command, filter *string) {
	c.Flags().StringVar(filter, "filter", "", "only memories whose fields are so: a `CONDITION` such as 'kind = semantic and tags has \"x\"'")
}

// selection is a scope with what a filter's text says.
func selection(scope engine.Scope, filter string) (engine.Selection, error) {
	f, err := engine.ParseFilter(filter)
	if err != nil {
		return engine.Selection{}, wrongUse{err}
	}
	return engine.Selection{Scope: scope, Filter: f}, nil
}

// wrongFilter makes the mistake of a filter one of the command's user.
func wrongFilter(err error) error {
	if errors.Is(err, engine.ErrInvalid) {
		return wrongUse{err}
	}
	return err
}

func (a *app) list(ctx context.Context, db *engine.DB, selected engine.Selection, after engine.ID, limit int) error {
	width, count := outputWidth(), 0
	for m, err := range db.List(ctx, selected) {
		if err != nil {
			return wrongFilter(err)
		}
		if m.ID <= after {
			continue
		}
		if count > 0 && !a.json {
			a.printf("\n")
		}
		if err := a.printListed(&m, width); err != nil {
			return err
		}
		if count++; count == limit {
			break
		}
	}
	if count == 0 {
		return nothingFound{"nothing found" + a.outside(ctx, db, selected.Scope)}
	}
	return nil
}

// outside says how much the store has where the scope has nothing.
func (a *app) outside(ctx context.Context, db *engine.DB, scope engine.Scope) string {
	for range db.List(ctx, engine.Selection{Scope: scope}) {
		return ""
	}
	stats, err := db.Stats()
	if err != nil || stats.Memories == 0 {
		return ""
	}
	return fmt.Sprintf(" (the store has %s outside this scope)", counted(stats.Memories, "memory", "memories"))
}

func (a *app) printListed(m *engine.Memory, width int) error {
	if a.json {
		return a.printMemory(m)
	}
	const indent = "    "
	a.printf("%s\n", byline(m))
	if m.Key != "" && place(m) != m.Key {
		a.printf("%skey %s\n", indent, squeezed(m.Key))
	}
	return a.printf("%s%s\n", indent, oneLine(m.Text, width-len(indent)))
}

type deleteFlags struct {
	engine.Scope
	key, source, filter string
	yes                 bool
}

func newDeleteCommand(a *app) *cobra.Command {
	var f deleteFlags
	c := &cobra.Command{
		Use:   "delete ID... | --key KEY | --source PATH | --user USER | --session SESSION | --agent AGENT | --filter CONDITION",
		Short: "Delete memories",
		Long: `Deletes memories by ID, by key, or all that were cut from a file, that are of a user, session or
agent, or that a filter lets through (with --yes). They are in no later answer; nexus compact erases their bytes. Exit code 3
when there was nothing to delete.`,
		Example: `  nexus delete 42 43
  nexus delete --key notes.md#0
  nexus delete --source notes.md --yes && nexus add notes.md
  nexus delete --user ann --yes && nexus compact
  nexus delete --filter 'kind = working and time < 2024-01-01' --yes`,
		RunE: func(c *cobra.Command, args []string) error {
			ids, err := parseIDs(args)
			if err != nil {
				return err
			}
			if err := f.check(len(ids)); err != nil {
				return err
			}
			return a.withStore(c.Context(), changing, func(db *engine.DB) error { return a.delete(c.Context(), db, ids, f) })
		},
	}
	c.Flags().StringVar(&f.key, "key", "", "`KEY` of the memory")
	c.Flags().StringVar(&f.source, "source", "", "all memories cut from this `PATH`, as it was given to add")
	scopeFlags(c, &f.Scope, "all memories of this")
	filterFlag(c, &f.filter)
	c.Flags().BoolVar(&f.yes, "yes", false, "really delete all memories of a source or scope")
	return c
}

// check wants exactly one way of naming what goes.
func (f *deleteFlags) check(idCount int) error {
	ways := 0
	for _, given := range []bool{idCount > 0, f.key != "", f.source != "" || f.narrow() || strings.TrimSpace(f.filter) != ""} {
		if given {
			ways++
		}
	}
	switch {
	case ways == 1:
		return nil
	case ways == 0 && f.Tenant != "":
		return wrongUsef("--tenant goes with --key, --source, --filter, --user, --session or --agent")
	}
	return wrongUsef("give either IDs, or --key, or --source, --filter and a scope (--user, --session, --agent) or one of them")
}

func (f *deleteFlags) narrow() bool { return f.User != "" || f.Session != "" || f.Agent != "" }

func (a *app) delete(ctx context.Context, db *engine.DB, ids []engine.ID, f deleteFlags) error {
	switch {
	case f.key != "":
		m, err := db.GetByKey(ctx, f.Tenant, f.key)
		if errors.Is(err, engine.ErrNotFound) {
			return nothingFound{fmt.Sprintf("no memory with key %q", f.key)}
		}
		if err != nil {
			return err
		}
		ids = []engine.ID{m.ID}
	case len(ids) == 0:
		return a.deleteWhere(ctx, db, f)
	}
	return a.deleteIDs(ctx, db, ids)
}

// deleteWhere deletes what --source, --filter and a scope name together.
func (a *app) deleteWhere(ctx context.Context, db *engine.DB, f deleteFlags) error {
	selected, err := selection(f.Scope, f.filter)
	if err != nil {
		return err
	}
	if f.source != "" {
		selected.Filter = engine.And(selected.Filter, engine.Field("source").In(f.source, sourcePath(f.source)))
	}
	count := 0
	for _, err := range db.List(ctx, selected) {
		if err != nil {
			return wrongFilter(err)
		}
		count++
	}
	if count > 0 && !f.yes {
		return wrongUsef("this deletes %s; add --yes to do it", counted(count, "memory", "memories"))
	}
	deleted, err := db.DeleteWhere(ctx, selected)
	if err != nil {
		return fmt.Errorf("after %d were deleted: %w", deleted, err)
	}
	return a.tellDeleted(deleted, deleted)
}

// deleteBatch is the number of memories that one transaction deletes.
const deleteBatch = 4096

func (a *app) deleteIDs(ctx context.Context, db *engine.DB, ids []engine.ID) error {
	deleted := 0
	for batch := range slices.Chunk(ids, deleteBatch) {
		n, err := db.Delete(ctx, batch...)
		if err != nil {
			return fmt.Errorf("after %d were deleted: %w", deleted, err)
		}
		deleted += n
	}
	return a.tellDeleted(deleted, len(ids))
}

func (a *app) tellDeleted(deleted, wanted int) error {
	if deleted == 0 {
		return nothingFound{"nothing to delete"}
	}
	if a.json {
		return a.printJSON(map[string]int{"deleted": deleted})
	}
	return a.printf("deleted %d of %d\n", deleted, max(wanted, deleted))
}
