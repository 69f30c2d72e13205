package contest

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Child is the party's side of a process that is written in Go.
type Child struct {
	Out    io.Writer // standard output
	Folder string    // where files for the driver go
	files  int
}

// Tell writes a line.
func (c *Child) Tell(l Line) error {
	data, err := json.Marshal(&l)
	if err == nil {
		_, err = fmt.Fprintf(c.Out, "%s\n", data)
	}
	return err
}

// Plan is how long single calls are timed.
type Plan struct {
	Passes int           // over all questions, at most
	Budget time.Duration // after which no further pass begins
	Wall   bool          // by the clock instead of the process's processor time
}

// Usual is the plan of every contest: three passes, less where they are long.
var Usual = Plan{Passes: 3, Budget: 3 * time.Second}

// warmCalls come before the first that is timed.
const warmCalls = 20

// Search times ask for each of n questions, one call after another, and tells the line
// with files of the answers and times. ask returns up to l.Width rows, and their scores
// or nil, which are read before the next call.
func (c *Child) Search(l Line, n int, plan Plan, ask func(question int) ([]int64, []float64, error)) error {
	clock := ProcessTime
	if plan.Wall {
		started := time.Now()
		clock = func() time.Duration { return time.Since(started) }
	}
	for q := range min(n, warmCalls) {
		if _, _, err := ask(q); err != nil {
			return err
		}
	}
	answers, scores := make([]int64, n*l.Width), make([]float64, n*l.Width)
	times, scored := make([]float64, 0, n), false
	for began := time.Now(); l.Passes < plan.Passes && (l.Passes == 0 || time.Since(began) < plan.Budget); l.Passes++ {
		for q := range n {
			from := clock()
			rows, values, err := ask(q)
			times = append(times, float64(clock()-from)/1e3)
			if err != nil {
				return fmt.Errorf("question %d: %w", q, err)
			}
			into := answers[q*l.Width : (q+1)*l.Width]
			for i := range into {
				into[i] = -1
			}
			copy(into, rows)
			copy(scores[q*l.Width:(q+1)*l.Width], values)
			scored = scored || values != nil
		}
	}
	return c.leave(l, answers, scores, times, scored)
}

// leave writes the files of a search and tells its line.
func (c *Child) leave(l Line, answers []int64, scores, times []float64, scored bool) error {
	name := c.name()
	l.Answers, l.Times = name+".answers", name+".times"
	if err := WriteNumbers(l.Answers, answers); err != nil {
		return err
	}
	if err := WriteNumbers(l.Times, times); err != nil {
		return err
	}
	if scored {
		l.Scores = name + ".scores"
		if err := WriteNumbers(l.Scores, scores); err != nil {
			return err
		}
	}
	return c.Tell(l)
}

// Times tells a line with times of calls that were made once each, in microseconds.
func (c *Child) Times(l Line, times []float64) error {
	l.Times, l.Passes = c.name()+".times", 1
	if err := WriteNumbers(l.Times, times); err != nil {
		return err
	}
	return c.Tell(l)
}

// name is what the next files are called, without ending.
func (c *Child) name() string {
	c.files++
	return filepath.Join(c.Folder, fmt.Sprintf("%d-%d", os.Getpid(), c.files))
}
