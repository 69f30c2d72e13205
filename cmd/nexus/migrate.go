package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/nexus-memory/nexus/engine"
)

func newMigrateCommand(a *app) *cobra.Command {
	var status, back, force bool
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Upgrade the store to this build's format, or go back",
		Long: `Upgrades a store of an older format, as every verb that writes does by itself. The truth as it
was is kept until nexus compact; --rollback puts it back, so that the older build opens the store
again. What was added since the upgrade would be gone and what was deleted would be back: then
--rollback refuses, and says how many, unless --force is given. --status only tells.`,
		Example: `  nexus migrate --status
  nexus migrate --rollback`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case status && back, force && !back:
				return wrongUsef("give --status, or --rollback with or without --force, or neither")
			case back:
				m, err := engine.Rollback(a.storeDirectory(), force)
				return a.printMigration("went back to format %d", m.Kept, m, err)
			case !status:
				if err := a.withStore(c.Context(), changing, func(*engine.DB) error { return nil }); err != nil {
					return err
				}
			}
			m, err := engine.Migrations(a.storeDirectory())
			return a.printMigration("format %d", m.Format, m, err)
		},
	}
	c.Flags().BoolVar(&status, "status", false, "tell the format and what going back would lose, change nothing")
	c.Flags().BoolVar(&back, "rollback", false, "take the last upgrade back")
	c.Flags().BoolVar(&force, "force", false, "even where memories would be lost")
	return c
}

// printMigration prints what is the case in a sentence about a format, and the rest.
func (a *app) printMigration(sentence string, format uint32, m engine.Migration, err error) error {
	if errors.Is(err, engine.ErrConflict) {
		return errors.Join(err, errors.New("--force goes back all the same"))
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"format": format, "current": m.Current, "kept": m.Kept, "added": m.Added, "deleted": m.Deleted})
	}
	if err := a.printf(sentence+", this build has %d\n", format, m.Current); err != nil || m.Kept == 0 || format == m.Kept {
		return err
	}
	return a.printf("format %d is kept: going back loses %s and brings %d deleted back\n", m.Kept, counted(m.Added, "memory", "memories"), m.Deleted)
}
