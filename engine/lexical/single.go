package lexical

import (
	"encoding/binary"
	"math"
)

// blocksPerStop is how many blocks of a single list are as much work as a window.
const blocksPerStop = windowRows / blockRows

// barFreqs is how many frequencies a bar tells apart; the last stands for all above.
const barFreqs = 16

// bar is what a posting of a single list must have to be among the best k. Rows come in
// ascending order, so that a row of the worst score kept is too late: it must beat it.
type bar struct {
	weight, need float64 // need is 0 until something is known: any will do
	// longest is, by frequency, a length that no row above need is longer than, at most
	// lengthCap, which stands for all longer ones; -1 where no row is above. That of a
	// frequency in the table is exact.
	longest [barFreqs]int
}

// lower lets any posting of a list of a weight pass.
func (b *bar) lower(weight float64) {
	*b = bar{weight: weight}
	for freq := 1; freq < barFreqs; freq++ {
		b.longest[freq] = lengthCap
	}
}

// raise sets what the best k need now.
func (b *bar) raise(s *Searcher) {
	if need, full := s.best.Worst(); full && need > b.need {
		b.set(s, need)
	}
}

// set sets the bar. weight*freq/(freq + base + slope*length) is above need where
// slope*length < freq*(weight/need - 1) - base.
func (b *bar) set(s *Searcher, need float64) {
	b.need = need
	ratio, slope := float64(b.weight/need*slack)-1, 1/s.scale.normSlope
	for freq := 1; freq < barFreqs-1; freq++ {
		length := min(float64(float64(float64(freq)*ratio)-s.scale.normBase)*slope+1, lengthCap)
		if length < 0 {
			length = -1
		}
		longest := int(length)
		for freq < tableFreqs && longest >= 0 && float64(b.weight*s.table[freq*tableLengths+longest]) <= need {
			longest--
		}
		b.longest[freq] = longest
	}
}

const (
	// aimMax is the most rows that are aimed for.
	aimMax = 64
	// aimBlocks are looked at for it: more raise the bar by little, and take as long as they save.
	aimBlocks = 256
)

// aim sets the bar of a question of one term before a row is seen. A block holds a row of the
// least length of its impact, so the best k of what blocks are thereby known to hold are
// k different rows; what is below the last of them is not among the best.
func (s *Searcher) aim(k int) {
	blocks := 0
	for part := range s.parts {
		blocks += s.aimed(part)
	}
	if k > aimMax || blocks < 2*k {
		return
	}
	var least [aimMax]float64 // the greatest shares, ascending
	best := least[:k]
	left := aimBlocks
	for part := range s.parts {
		l := &s.lists[part]
		n := min(left, s.aimed(part))
		left -= n
		for block := range n {
			share, at := s.known(l.impact(block)), 0
			if share <= best[0] {
				continue
			}
			for ; at+1 < k && best[at+1] < share; at++ {
				best[at] = best[at+1]
			}
			best[at] = share
		}
	}
	if best[0] > 0 {
		s.bar.set(s, math.Nextafter(float64(s.bar.weight*best[0]), 0)) // a row of the same score may be earlier
	}
}

// aimed is how many blocks of a part tell what the best are at least: all or, where rows may
// be hidden, none.
func (s *Searcher) aimed(part int) int {
	if p := &s.parts[part]; len(p.Dead) > 0 || p.Allow != nil {
		return 0
	}
	return s.lists[part].blocks()
}

// known is the greatest share that some row of a block is sure to have.
func (s *Searcher) known(impact []byte) (share float64) {
	for class := range impactClasses {
		if length := impact[class]; length < lengthCap && impact[5]&(1<<class) != 0 {
			share = max(share, s.table[(class+1)*tableLengths+int(length)])
		}
	}
	return share
}

// passes reports whether a block may hold a row above the bar: whether one of the least
// lengths of its impact is no longer than its frequency allows.
func (b *bar) passes(l *list, block int) bool {
	impact := binary.LittleEndian.Uint64(l.data[block*skipBytes+offImpact-2:]) >> 16 // of 8 bytes, the last 6
	allowed := &b.longest
	most := min(impact>>32&0xFF, barFreqs-1)
	above := uint64(int(impact&0xFF)-allowed[1]-1)>>63 | uint64(int(impact>>8&0xFF)-allowed[2]-1)>>63<<1 |
		uint64(int(impact>>16&0xFF)-allowed[3]-1)>>63<<2 | uint64(int(impact>>24&0xFF)-allowed[most]-1)>>63<<3
	return above&(impact>>40) != 0
}

// topOfList is topOfPart for one list: nothing is to be summed, so that blocks
// take the place of windows.
func (s *Searcher) topOfList(part int32, l *list, stop func() bool) bool {
	if l.count == 0 {
		return true
	}
	b, looked := &s.bar, 0
	for block := range l.blocks() + 1 {
		b.raise(s)
		if block < l.blocks() && !b.passes(l, block) {
			continue
		}
		if stop != nil && looked%blocksPerStop == 0 && stop() {
			return false
		}
		looked++
		l.read(block, &s.buffer)
		s.offerPostings(part, b)
	}
	return true
}

// offerPostings offers the postings of the buffer that may beat the bar.
func (s *Searcher) offerPostings(part int32, b *bar) {
	short, p := s.parts[part].Reader.short, &s.buffer
	rows := p.rows[:p.n]
	freqs := p.freqs[:len(rows)]
	for i, row := range rows { // some of them in damaged columns alone are no row's
		if uint64(row) < uint64(len(short)) && int(short[row]) <= b.longest[min(freqs[i], barFreqs-1)] {
			s.offerPosting(part, row, freqs[i], uint32(short[row]), b)
		}
	}
}

// offerPosting offers a row if its score is above the bar, and else raises the bar, which
// then is behind. length is that of the row, up to lengthCap.
func (s *Searcher) offerPosting(part int32, row uint32, freq uint16, length uint32, b *bar) {
	if length == lengthCap {
		length = s.parts[part].Reader.parts.Lengths[row]
	}
	sum := float64(b.weight * s.share(freq, length))
	if need, full := s.best.Worst(); sum > 0 && (!full || sum > need) {
		s.offer(part, row, sum)
		return
	}
	b.raise(s)
}
