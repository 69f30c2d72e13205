package main

import (
	"github.com/spf13/cobra"

	"github.com/nexus-memory/nexus/engine"
)

func newBackupCommand(a *app) *cobra.Command {
	var quiet bool
	c := &cobra.Command{
		Use:   "backup DIR",
		Short: "Copy the store to a directory, checked and durable",
		Long: `Writes a copy of the store, as it is at one moment, to a directory that does not exist or is
empty. The copy is checked before it takes its name; one that fails or is interrupted leaves
nothing. Segment files are links where the file system allows it. DIR/BACKUP has the SHA-256
of every file (cd DIR && sha256sum -c BACKUP). A program that has the store open makes its
own backup, with the library's backup call, while it goes on.`,
		Example: "  nexus backup /mnt/backups/$(date +%F)",
		Args:    oneArgument,
		RunE: func(c *cobra.Command, args []string) error {
			return a.withStore(c.Context(), reading, func(db *engine.DB) error {
				count, err := withByteProgress(a, "backup", quiet, func(p engine.Progress) (int, error) { return db.Backup(c.Context(), args[0], p) })
				return a.printCopied("backed up", count, args[0], quiet, err)
			})
		},
	}
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "no progress and no summary")
	return c
}

func newRestoreCommand(a *app) *cobra.Command {
	var quiet bool
	c := &cobra.Command{
		Use:   "restore BACKUP",
		Short: "Make the store of a backup",
		Long: `Checks a backup whole (the SHA-256 of every file, every page and record of the truth) and copies
it to the store's directory, which must not exist or be empty. Nothing is written before the
backup has been found sound; a restore that fails or is interrupted leaves nothing.`,
		Example: "  nexus restore /mnt/backups/2026-11-26 --db ./nexus-data",
		Args:    oneArgument,
		RunE: func(c *cobra.Command, args []string) error {
			count, err := withByteProgress(a, "restore", quiet, func(p engine.Progress) (int, error) {
				return engine.Restore(c.Context(), args[0], a.storeDirectory(), p)
			})
			return a.printCopied("restored", count, a.storeDirectory(), quiet, err)
		},
	}
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "no progress and no summary")
	return c
}

// withByteProgress runs work and tells how many bytes of how many are done.
func withByteProgress(a *app, verb string, quiet bool, work func(engine.Progress) (int, error)) (count int, err error) {
	p := newByteProgress(verb, quiet, a.errOut)
	defer p.stop()
	return work(p.set)
}

func (a *app) printCopied(what string, count int, dir string, quiet bool, err error) error {
	switch {
	case err != nil || quiet && !a.json:
		return err
	case a.json:
		return a.printJSON(map[string]any{"memories": count, "directory": dir})
	}
	return a.printf("%s %s to %s\n", what, counted(count, "memory", "memories"), dir)
}
