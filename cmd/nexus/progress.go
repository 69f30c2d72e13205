package main

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// plainEvery is how often progress is told where it cannot be redrawn.
const plainEvery = 5 * time.Second

// progress tells how far a verb has come: a bar on a terminal, else a line
// every few seconds. A nil progress tells nothing. Its methods are the verb's,
// from one goroutine; the display reads the counters from another.
type progress struct {
	verb    string
	total   int64 // -1: unknown
	started time.Time
	records atomic.Int64 // durable
	done    atomic.Int64 // of total
	bytes   bool         // done and all are bytes, records are not counted
	steps   bool         // done is of stepTotal
	all     atomic.Int64 // bytes there are

	errOut  io.Writer
	screen  *mpb.Progress // nil where standard error is no terminal
	bar     *mpb.Bar
	stopped chan struct{} // closed by stop
	quiet   bool
}

func newProgress(verb string, total int64, quiet bool, errOut io.Writer) *progress {
	p := &progress{verb: verb, total: total, started: time.Now(), errOut: errOut, stopped: make(chan struct{}), quiet: quiet}
	p.start()
	return p
}

// newByteProgress tells of bytes, whose number the work says as it goes.
func newByteProgress(verb string, quiet bool, errOut io.Writer) *progress {
	p := newProgress(verb, -1, true, errOut)
	p.bytes, p.quiet = true, quiet
	p.start()
	return p
}

// stepTotal is how finely steps are told of.
const stepTotal = 1000

// newStepProgress tells how much of a work is done that is no records.
func newStepProgress(verb string, quiet bool, errOut io.Writer) *progress {
	p := newProgress(verb, stepTotal, true, errOut)
	p.steps, p.quiet = true, quiet
	p.start()
	return p
}

// step says that done steps of all are done; an engine.Progress.
func (p *progress) step(done, all uint64) {
	p.read(int(done*stepTotal/max(1, all)) - int(p.done.Load()))
}

// start begins the display.
func (p *progress) start() {
	switch {
	case p.quiet:
	case p.errOut == os.Stderr && term.IsTerminal(int(os.Stderr.Fd())):
		p.draw()
	default:
		go p.tell()
	}
}

func (p *progress) draw() {
	p.screen = mpb.New(mpb.WithOutput(p.errOut))
	status := mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return p.status() + " " }))
	if p.total < 0 {
		p.bar = p.screen.New(0, mpb.SpinnerStyle().PositionLeft(), status)
		return
	}
	p.bar = p.screen.New(p.total, mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding(" ").Rbound("]"), status)
}

func (p *progress) tell() {
	t := time.NewTicker(plainEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			fmt.Fprintln(p.errOut, p.status())
		case <-p.stopped:
			return
		}
	}
}

// status says it in words: add: 5120 records, 2560/s, 40 %, 3s left.
func (p *progress) status() string {
	if p.bytes {
		return fmt.Sprintf("%s: %s of %s", p.verb, byteCount(uint64(p.done.Load())), byteCount(uint64(p.all.Load())))
	}
	if p.steps {
		return fmt.Sprintf("%s: %.0f %%", p.verb, 100*float64(p.done.Load())/stepTotal)
	}
	records, done, elapsed := p.records.Load(), p.done.Load(), time.Since(p.started)
	s := fmt.Sprintf("%s: %d records, %.0f/s", p.verb, records, float64(records)/max(elapsed.Seconds(), 1e-3))
	if p.total > 0 && done > 0 {
		share := min(float64(done)/float64(p.total), 1)
		left := time.Duration(float64(elapsed) * (1 - share) / share).Round(time.Second)
		s += fmt.Sprintf(", %.0f %%, %v left", 100*share, left)
	}
	return s
}

// add counts records that are done with.
func (p *progress) add(records int) {
	if p != nil {
		p.records.Add(int64(records))
	}
}

// read counts towards the total.
func (p *progress) read(n int) {
	if p == nil {
		return
	}
	done := p.done.Add(int64(n))
	if p.bar != nil && p.total >= 0 {
		p.bar.SetCurrent(min(done, p.total-1)) // the last step is stop's
	}
}

// upTo says that done records of all are done with; an engine.Progress.
func (p *progress) upTo(done, _ uint64) {
	p.add(int(done) - int(p.records.Load()))
	p.read(int(done) - int(p.done.Load()))
}

// set says that done bytes of all are done; an engine.Progress.
func (p *progress) set(done, all uint64) {
	p.done.Store(int64(done))
	p.all.Store(int64(all))
}

// message prints a line above the bar.
func (p *progress) message(line string) {
	if p.screen == nil {
		fmt.Fprintln(p.errOut, line)
		return
	}
	fmt.Fprintln(p.screen, line)
}

// stop takes the display away. The progress may still count afterwards.
func (p *progress) stop() {
	close(p.stopped)
	if p.bar != nil {
		p.bar.Abort(true)
		p.screen.Wait()
		p.screen, p.bar = nil, nil
	}
}
