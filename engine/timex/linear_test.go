package timex

import (
	"strings"
	"testing"
	"time"
)

// repeated are beginnings that never end, or nest: each costs the parser most of what it may spend.
var repeated = []string{
	"5-", "5/", "7th ", "5 ", "the ", "the week of ", "end of the ", "late ", "two or ", "the day before ", "second week of ", "half past ",
	"May 7 ", "on the 7th ", "first Friday of ", "between May and ", "from May to ", "two days before ", "last ", "in two ", "twenty ", "and a half ",
	" ", ".", "\n", "a", "é", "’", "\xff", "9999 decades after ",
}

// TestTimeIsLinear reads 256 KiB of each within a bound that is ten times and more what a busy machine
// takes, and that quadratic time (some 10^11 steps) would miss by far.
func TestTimeIsLinear(t *testing.T) {
	var f Finder
	for _, s := range repeated {
		text := strings.Repeat(s, 1<<18/len(s))
		start := time.Now()
		check(t, text, 19_487, f.Find(nil, text, 19_487))
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%q: %v", s, took)
		}
	}
}
