package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nexus-memory/nexus/engine"
)

func newExportCommand(a *app) *cobra.Command {
	var quiet bool
	c := &cobra.Command{
		Use:   "export [FILE|-]",
		Short: "Write all memories as JSON lines",
		Long: `Writes every memory of every tenant as JSON lines, in the order they were added, to standard
output or to a file. A file takes its name when it is whole: an export that fails or is
interrupted leaves the one before as it was. nexus import reads it again.`,
		Example: `  nexus export backup.jsonl
  nexus export | zstd > backup.jsonl.zst`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			path := stdinPath
			if len(args) == 1 {
				path = args[0]
			}
			return a.withStore(c.Context(), reading, func(db *engine.DB) error { return a.export(c.Context(), db, path, quiet) })
		},
	}
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "no progress and no summary")
	return c
}

func (a *app) export(ctx context.Context, db *engine.DB, path string, quiet bool) error {
	stats, err := db.Stats()
	if err != nil {
		return err
	}
	p := newProgress("export", int64(stats.Memories), quiet || path == stdinPath, a.errOut)
	count := 0
	if path == stdinPath {
		_, err = db.Export(ctx, a.out)
	} else {
		count, err = db.ExportFile(ctx, path, p.upTo)
	}
	p.stop()
	switch {
	case err != nil || path == stdinPath || quiet:
		return err
	case a.json:
		return a.printJSON(map[string]any{"exported": count, "file": path})
	}
	return a.printf("exported %s to %s\n", counted(count, "memory", "memories"), path)
}
