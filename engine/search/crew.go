package search

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
)

// What holds where Limits do not say.
const (
	// EngineTimeoutDefault is far beyond what a healthy engine takes, also one that embeds
	// the question over a slow line.
	EngineTimeoutDefault = 30 * time.Second
	// QuestionsDefault at once keep some hundred megabytes of working memory.
	QuestionsDefault = 1024
)

// grace is how much longer than its time an engine is waited for: one that looks at its
// context ends by itself, and its working memory can be used again.
const grace = 10 * time.Millisecond

// Limits bound what questions take of a process. 0 is the default, a negative number none.
type Limits struct {
	EngineTimeout time.Duration // of one engine in one question
	Questions     int           // answered at once; one more is model.ErrBusy
}

func (l Limits) withDefaults() Limits {
	if l.EngineTimeout == 0 {
		l.EngineTimeout = EngineTimeoutDefault
	}
	if l.Questions == 0 {
		l.Questions = QuestionsDefault
	}
	return l
}

// crew is what the questions of an orchestrator share: limits, and who is at work.
type crew struct {
	limits    Limits
	born      time.Time // what breakers count from
	breakers  []breaker // by engine
	questions atomic.Int64
	helpers   atomic.Int64 // goroutines that work for a question beside the caller's
	mates     int64        // helpers at most: one a processor
}

func newCrew(engines int, limits Limits) *crew {
	return &crew{limits: limits.withDefaults(), born: time.Now(), breakers: make([]breaker, engines), mates: int64(runtime.GOMAXPROCS(0))}
}

func (c *crew) now() time.Duration { return time.Since(c.born) }

// enter admits a question, which then must leave. Those that are too many are turned away
// at once: to wait in a line only makes all of them late.
func (c *crew) enter() error {
	if n := c.questions.Add(1); c.limits.Questions > 0 && n > int64(c.limits.Questions) {
		c.leave()
		return fmt.Errorf("search: %d questions are being answered: %w", c.limits.Questions, model.ErrBusy)
	}
	return nil
}

func (c *crew) leave() { c.questions.Add(-1) }

// hire takes a helper, who is to be let go; false where as many as there are processors
// help already: who asks then works himself, and no line has to be kept.
func (c *crew) hire() bool {
	if c.helpers.Add(1) > c.mates {
		c.release()
		return false
	}
	return true
}

func (c *crew) release() { c.helpers.Add(-1) }

// timed is a context with a time that has to be looked at by Err, as Done is not closed by
// it: it takes neither a timer nor an allocation. The zero until is no limit.
type timed struct {
	context.Context
	until time.Time
}

func (c *timed) Err() error {
	if err := c.Context.Err(); err != nil {
		return err
	}
	if !c.until.IsZero() && !time.Now().Before(c.until) {
		return context.DeadlineExceeded
	}
	return nil
}

// limited returns ctx with an engine's time, for the run of an engine that waits or not.
func (c *crew) limited(ctx context.Context, r *run, waits bool) (context.Context, context.CancelFunc) {
	limit := c.limits.EngineTimeout
	if waits && limit > 0 {
		return context.WithTimeout(ctx, limit)
	}
	r.timed = timed{Context: ctx}
	if limit > 0 {
		r.timed.until = time.Now().Add(limit)
	}
	return &r.timed, func() {}
}

// settle tells an engine's breaker how a search ended whose question still waited for it.
func (c *crew) settle(ctx context.Context, engine int, r *run) {
	b := &c.breakers[engine]
	switch {
	case r.err == nil || errors.Is(r.err, ErrSkip):
		b.succeed()
	case isIllness(ctx, r.err):
		b.fail(c.now(), r.tries)
	}
}

// isIllness reports whether an engine's error says that the next question would fare no
// better: not where its own question ended early or was wrong, nor where what it read is
// damaged, which is mended meanwhile.
func isIllness(ctx context.Context, err error) bool {
	switch model.CodeOf(err) {
	case model.CodeCancelled, model.CodeInvalid, model.CodeDimension, model.CodeCorrupt:
		return false
	case model.CodeDeadline:
		return ctx.Err() == nil // its own time was up, not that of the question
	default:
		return true
	}
}
