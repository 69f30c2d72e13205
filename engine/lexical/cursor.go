package lexical

import "math"

// cursor is how far a search has come in one list of the part at hand. Windows
// and rows come to it in ascending order.
type cursor struct {
	list
	postings         // the block that was loaded last
	weight   float64 // of the term
	blocks   int     // whole blocks; the block after them is the tail
	block    int     // the first block with a row that the search has not passed
	loaded   int     // the block that is unpacked, or -1
	next     int     // in the unpacked block: the first row not passed
	passed   uint64  // rows below are passed

	tailFirst, tailLast uint32  // rows of the tail; none where last < first
	tailPeak            float64 // most that a posting of the tail gives

	// Of the window at hand:
	peak   float64 // most that the list gives to a row of it
	near   int     // about how many postings the list has in it
	active bool    // added up, not looked up
}

// open sets the cursor to the start of a list.
func (c *cursor) open(s *Searcher, l list, weight float64, lengths []uint32) {
	c.list, c.weight, c.blocks = l, weight, l.blocks()
	c.block, c.loaded, c.next, c.passed = 0, -1, 0, 0
	c.tailFirst, c.tailLast, c.tailPeak = 1, 0, 0
	if c.count%blockRows == 0 || c.read(c.blocks, &c.postings) == 0 {
		return
	}
	c.loaded = c.blocks
	c.tailFirst, c.tailLast = c.rows[0], c.rows[c.n-1]
	for i, row := range c.rows[:c.n] {
		if uint64(row) < uint64(len(lengths)) {
			c.tailPeak = max(c.tailPeak, s.share(c.freqs[i], lengths[row]))
		}
	}
	c.tailPeak = float64(c.tailPeak * weight)
}

// ends returns the first and last row that a block may hold; first > last where
// there is no such block.
func (c *cursor) ends(block int) (first, last uint32) {
	switch {
	case block < c.blocks:
		return c.rowBefore(block) + 1, c.lastRow(block)
	case block == c.blocks:
		return c.tailFirst, c.tailLast
	}
	return 1, 0
}

// row returns the least row that the list may have still to offer.
func (c *cursor) row() uint64 {
	first, last := c.ends(c.block)
	if first > last {
		return math.MaxUint64
	}
	return max(uint64(first), c.passed)
}

// startsUpTo reports whether the block at hand may hold rows up to last.
func (c *cursor) startsUpTo(row uint32) bool {
	first, last := c.ends(c.block)
	return first <= last && first <= row
}

// blockPeak returns the most that a posting of a block gives.
func (c *cursor) blockPeak(s *Searcher, block int) float64 {
	if block >= c.blocks {
		return c.tailPeak
	}
	impact := c.impact(block)
	peak := 0.0
	for class, freq := 0, uint16(1); class < impactClasses; class, freq = class+1, freq+1 {
		if impact[5]&(1<<class) == 0 {
			continue
		}
		if class == impactClasses-1 {
			if freq = uint16(impact[4]); freq == impactCap {
				return c.weight // no share is above 1
			}
		}
		peak = max(peak, s.share(freq, uint32(impact[class])))
	}
	return float64(c.weight * peak)
}

// peakUpTo returns the most that the list gives to a row from the one at hand
// up to last.
func (c *cursor) peakUpTo(s *Searcher, last uint32) float64 {
	peak := 0.0
	c.near = 0
	for block := c.block; block <= c.blocks; block++ {
		first, end := c.ends(block)
		if first > last || first > end {
			break
		}
		peak = max(peak, c.blockPeak(s, block))
		c.near += blockRows
	}
	c.near = min(c.near, c.count, windowRows)
	return peak
}

// load unpacks the block at hand, unless it is, and goes to its first row that
// is not passed.
func (c *cursor) load() {
	if c.loaded != c.block {
		c.readRows(c.block, &c.postings)
		c.loaded, c.next = c.block, 0
	}
	if c.next < c.n && uint64(c.rows[c.next]) < c.passed {
		c.next = c.find(c.next, uint32(c.passed))
	}
}

// step goes to the next block.
func (c *cursor) step() { c.block, c.next = c.block+1, 0 }

// skip goes to the next block if the one at hand ends at last or before.
func (c *cursor) skip(last uint32) bool {
	if _, end := c.ends(c.block); end > last {
		return false
	}
	c.step()
	return true
}

// leave passes all rows up to last.
func (c *cursor) leave(last uint32) {
	for c.startsUpTo(last) && c.skip(last) {
	}
	c.passed = uint64(last) + 1
}

// seek goes to the block that row is in; false where there is none.
func (c *cursor) seek(row uint32) bool {
	for {
		first, last := c.ends(c.block)
		if first > last || first > row {
			return false
		}
		if last >= row {
			return true
		}
		c.step()
	}
}

// gain returns what the list gives to a row that the cursor may have passed.
func (c *cursor) gain(s *Searcher, term int, row, length uint32) float64 {
	if n := c.n; c.loaded >= 0 && n > 0 && c.rows[0] <= row && row <= c.rows[n-1] {
		if at := c.find(0, row); at < n && c.rows[at] == row {
			return float64(c.weight * s.share(c.freq(at), length))
		}
		return 0
	}
	return s.gain(term, &c.list, row, length)
}
