package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/cache"
)

func newStatsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "stats",
		Short: "Print the figures of the store",
		Long:  "Prints what the store holds and what it takes on disk.",
		Example: `  nexus stats
  nexus stats --json | jq .memories`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withStore(c.Context(), reading, func(db *engine.DB) error {
				s, err := db.Stats()
				if err != nil {
					return err
				}
				return a.printStats(newStatsRecord(a.storeDirectory(), s))
			})
		},
	}
}

// statsRecord is the JSON form of a store's figures.
type statsRecord struct {
	Directory    string `json:"directory"`
	Memories     uint64 `json:"memories"`
	Deleted      uint64 `json:"deleted"` // still in segments
	Retired      uint64 `json:"retired"` // versions kept as history
	Terms        uint64 `json:"terms"`
	Vectors      string `json:"vectors"`
	Dimension    int    `json:"dimension"`
	Metric       string `json:"metric"`   // of the vectors, "" before the first memory
	Language     string `json:"language"` // of the texts, "" before the first memory
	Segments     int    `json:"segments"`
	SegmentFiles int    `json:"segment_files"`
	SegmentBytes uint64 `json:"segment_bytes"`
	TruthBytes   uint64 `json:"truth_bytes"`
	RecordBytes  uint64 `json:"record_bytes"`  // of memories in segments, without vectors
	RecordStored uint64 `json:"record_stored"` // that they take there
	RecordNanos  uint64 `json:"record_ns"`     // of reading one, by this process
	Replayed     int    `json:"replayed"`      // memories that no segment file covers yet
	Discarded    int    `json:"discarded"`     // segment files that were not valid
	Outdated     int    `json:"outdated"`      // that were of another version or language

	DamagedJudgements int `json:"damaged_judgements"` // that this process met and left out; verify says of all whose

	Cache  cache.Stats  `json:"cache"` // of answers; those of this process alone
	Ranker rankerRecord `json:"ranker"`
}

func newStatsRecord(dir string, s engine.Stats) statsRecord {
	return statsRecord{
		Directory: dir, Memories: s.Memories, Deleted: s.Deleted, Retired: s.Retired, Terms: s.Terms, Vectors: s.Vectors, Dimension: s.Dimension, Metric: s.Metric.String(), Language: s.Language,
		Segments: s.Segments, SegmentFiles: s.SegmentFiles, SegmentBytes: s.SegmentBytes, TruthBytes: s.TruthBytes,
		RecordBytes: s.RecordBytes, RecordStored: s.RecordStored, RecordNanos: s.RecordNanos,
		Replayed: s.Replayed, Discarded: s.Discarded, Outdated: s.Outdated, DamagedJudgements: s.DamagedJudgements, Cache: s.Cache, Ranker: newRankerRecord(s.Ranker),
	}
}

func (a *app) printStats(s statsRecord) error {
	if a.json {
		return a.printJSON(s)
	}
	vectors := "none yet"
	if s.Vectors != "" {
		vectors = fmt.Sprintf("%s, %d numbers, %s", s.Vectors, s.Dimension, s.Metric)
	}
	a.printf("store      %s\n", s.Directory)
	a.printf("memories   %d, and %d deleted that still take space\n", s.Memories, s.Deleted)
	if s.Retired > 0 {
		a.printf("history    %s\n", counted(s.Retired, "older version", "older versions"))
	}
	a.printf("words      %d, without the commonest\n", s.Terms)
	if s.Language != "" {
		a.printf("language   %s\n", s.Language)
	}
	a.printf("vectors    %s\n", vectors)
	a.printf("segments   %d, %d of them files, %s\n", s.Segments, s.SegmentFiles, byteCount(s.SegmentBytes))
	if s.RecordStored < s.RecordBytes {
		a.printf("texts      %s packed in %s, %.2f to 1\n", byteCount(s.RecordBytes), byteCount(s.RecordStored), float64(s.RecordBytes)/float64(s.RecordStored))
	}
	if s.Outdated > 0 {
		a.printf("outdated   %s\n", outdatedNote(s.Outdated))
	}
	a.printf("ranker     %v\n", s.Ranker)
	if s.Ranker.Warning != "" {
		a.printf("warning    %s\n", printable(s.Ranker.Warning))
	}
	return a.printf("truth.db   %s\n", byteCount(s.TruthBytes))
}

// outdatedNote says what to do about segment files of other rules. They are no fault, but
// each opening for reading derives them anew, in memory.
func outdatedNote(files int) string {
	return fmt.Sprintf("%s of another version or language; opening for writing rebuilds them", counted(files, "segment file is", "segment files are"))
}

func newVerifyCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Read the whole store and report what is not sound",
		Long: `Checks every record against its segments, every key, and every checksum. Prints one fault a
line; exit code 1 when there are any. --json prints {"memories":N,"faults":[...]}.`,
		Example: "  nexus verify --db /var/lib/app/memory",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withStore(c.Context(), reading, func(db *engine.DB) error { return a.verify(c.Context(), db) })
		},
	}
}

func (a *app) verify(ctx context.Context, db *engine.DB) error {
	started := time.Now()
	report, err := db.Verify(ctx)
	if err != nil {
		return err
	}
	stats, err := db.Stats()
	if err != nil {
		return err
	}
	if stats.Discarded > 0 {
		report.Faults = append(report.Faults, fmt.Sprintf("%d segment files were not valid; opening for writing rebuilds them", stats.Discarded))
	}
	if stats.Outdated > 0 {
		a.note("%s", outdatedNote(stats.Outdated))
	}
	if a.json {
		err = a.printJSON(struct {
			Memories uint64   `json:"memories"`
			Faults   []string `json:"faults"`
		}{report.Memories, append([]string{}, report.Faults...)})
	} else {
		for _, fault := range report.Faults {
			a.printf("%s\n", fault)
		}
		if len(report.Faults) == 0 {
			a.printf("sound: %s checked in %v\n", counted(report.Memories, "memory", "memories"), time.Since(started).Round(time.Millisecond))
		}
	}
	if err == nil && len(report.Faults) > 0 {
		return fmt.Errorf("the store is not sound, %s: %w", counted(len(report.Faults), "fault", "faults"), engine.ErrCorrupt)
	}
	return err
}

func newCompactCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "compact",
		Short: "Erase deleted memories and give their space back",
		Long: `Merges all segments and rewrites the truth without what was deleted. It needs as much free
space as the store has live data, for as long as it runs.`,
		Example: "  nexus delete --session s1 --yes && nexus compact",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withStore(c.Context(), changing, func(db *engine.DB) error { return a.compact(c.Context(), db) })
		},
	}
}

func (a *app) compact(ctx context.Context, db *engine.DB) error {
	before, err := db.Stats()
	if err != nil {
		return err
	}
	if err := db.Compact(ctx); err != nil {
		return err
	}
	after, err := db.Stats()
	if err = errors.Join(err, after.MergeError); err != nil {
		return err
	}
	from, to := before.SegmentBytes+before.TruthBytes, after.SegmentBytes+after.TruthBytes
	if a.json {
		return a.printJSON(map[string]uint64{"bytes_before": from, "bytes_after": to, "memories": after.Memories})
	}
	return a.printf("compacted %s: %s before, %s after\n", counted(after.Memories, "memory", "memories"), byteCount(from), byteCount(to))
}
