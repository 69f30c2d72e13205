package lexical

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/nexus-memory/nexus/kernels"
)

// A list of postings in Parts.Postings: the rows of one term and its frequency
// in each.
//
//	count  uvarint
//	skips  one of skipBytes for every whole block of blockRows postings:
//	       0 last row u32  4 where the block starts, counted from the end of the
//	       skips u32  8 impact of the block (6 bytes)
//	blocks 0 bits of a gap u8  1 bits of a frequency u8  2 gaps, then
//	       frequencies less 1, packed from the lowest bit up
//	tail   the postings left over: uvarint gap<<1 where the frequency is 1,
//	       else uvarint gap<<1|1, uvarint frequency
//
// A gap is the number of rows between a posting and the one before it. So a
// list of a row or two, which is most of them, costs 2 bytes a posting, and a
// word of every third row costs 4 or 5 bits.
const (
	blockRows = kernels.PackedBlock // postings of a block, 128
	skipBytes = 14
	blockHead = 2

	// unpackAhead bytes are read beyond a packed value; so many zeros end the column.
	unpackAhead = kernels.PackedAhead
)

// The impact of a block says which shares its postings can reach, whatever the
// average length of the snapshot is: the least length for each of the
// frequencies 1, 2, 3 and more, which is where the best share of that frequency
// is (a share grows with the frequency and falls with the length). Lengths beyond
// 255 count as 255 and the highest frequency is kept up to 254, both of which
// can only raise what a block promises.
//
//	0 least lengths u8 x 4  4 highest frequency u8 (255: or more)  5 which of the four occur u8
const (
	impactClasses = 4
	offImpact     = 8
	impactCap     = 255
)

// appendList appends the list of a term. Rows ascend and are indexes of lengths;
// frequencies are 1 or more.
func appendList(dst []byte, rows []uint32, freqs []uint16, lengths []uint32) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(rows)))
	before := ^uint32(0)
	if blocks := len(rows) / blockRows; blocks > 0 {
		skips := len(dst)
		dst = append(dst, make([]byte, blocks*skipBytes)...)
		body := len(dst)
		for b := range blocks {
			r, f := rows[b*blockRows:][:blockRows], freqs[b*blockRows:][:blockRows]
			skip := dst[skips+b*skipBytes:]
			binary.LittleEndian.PutUint32(skip, r[blockRows-1])
			binary.LittleEndian.PutUint32(skip[4:], uint32(len(dst)-body))
			putImpact(skip[offImpact:], r, f, lengths)
			dst = appendBlock(dst, before, r, f)
			before = r[blockRows-1]
		}
		rows, freqs = rows[blocks*blockRows:], freqs[blocks*blockRows:]
	}
	for i, row := range rows {
		gap := uint64(row-before-1) << 1
		before = row
		if freqs[i] == 1 {
			dst = binary.AppendUvarint(dst, gap)
			continue
		}
		dst = binary.AppendUvarint(binary.AppendUvarint(dst, gap|1), uint64(freqs[i]))
	}
	return dst
}

func putImpact(dst []byte, rows []uint32, freqs []uint16, lengths []uint32) {
	for i, row := range rows {
		class := min(max(freqs[i], 1), impactClasses) - 1
		length := byte(min(lengths[row], impactCap))
		if dst[5]&(1<<class) == 0 || length < dst[class] {
			dst[class] = length
		}
		dst[5] |= 1 << class
		dst[4] = max(dst[4], byte(min(freqs[i], impactCap)))
	}
}

func appendBlock(dst []byte, before uint32, rows []uint32, freqs []uint16) []byte {
	var gaps, more [blockRows]uint32
	var gapBits, moreBits uint32
	for i, row := range rows {
		gaps[i], more[i] = row-before-1, uint32(freqs[i]-1)
		before = row
		gapBits |= gaps[i]
		moreBits |= more[i]
	}
	gapWidth, moreWidth := bits.Len32(gapBits), bits.Len32(moreBits)
	dst = append(dst, byte(gapWidth), byte(moreWidth))
	return appendPacked(appendPacked(dst, &gaps, gapWidth), &more, moreWidth)
}

// appendPacked appends values of width bits each, which fill whole words.
func appendPacked(dst []byte, values *[blockRows]uint32, width int) []byte {
	held, heldBits := uint64(0), 0
	for _, v := range values {
		held |= uint64(v) << heldBits
		if heldBits += width; heldBits >= 32 {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(held))
			held, heldBits = held>>32, heldBits-32
		}
	}
	return dst
}

// list is the postings of one term in one segment, in place. The zero list is
// empty. Damaged data give wrong or fewer postings, never a panic.
type list struct {
	data  []byte // from the skips on, to the end of the column
	count int
}

// openList returns the list that starts data, which ends with the column.
func openList(data []byte) list {
	count, n := binary.Uvarint(data)
	if n <= 0 || count > math.MaxInt32 || count/blockRows*skipBytes > uint64(len(data)-n) {
		return list{} // only in damaged columns
	}
	return list{data[n:], int(count)}
}

// blocks returns the number of whole blocks; what is left over is the tail.
func (l *list) blocks() int { return l.count / blockRows }

func (l *list) lastRow(block int) uint32 {
	return binary.LittleEndian.Uint32(l.data[block*skipBytes:])
}

// rowBefore returns the last row before a block; of the first block ^0.
func (l *list) rowBefore(block int) uint32 {
	if block == 0 {
		return ^uint32(0)
	}
	return l.lastRow(block - 1)
}

func (l *list) impact(block int) []byte {
	return l.data[block*skipBytes+offImpact:][:skipBytes-offImpact]
}

// body returns the data from a block on; the block after the last is the tail.
func (l *list) body(block int) []byte {
	blocks := l.blocks()
	body := l.data[blocks*skipBytes:]
	if blocks == 0 {
		return body
	}
	at := uint64(binary.LittleEndian.Uint32(l.data[min(block, blocks-1)*skipBytes+4:]))
	if at+blockHead > uint64(len(body)) {
		return nil
	}
	body = body[at:]
	if block < blocks {
		return body
	}
	size := blockHead + blockRows/8*(int(body[0])+int(body[1]))
	return body[min(size, len(body)):]
}

// postings are some postings unpacked. Frequencies are unpacked on demand: most
// rows that are looked at are not scored.
type postings struct {
	rows  [blockRows]uint32
	freqs [blockRows]uint16
	n     int

	packed []byte // the frequencies of the block; nil once all are in freqs
	width  uint
}

// read unpacks a block, or the tail, and returns how many postings that are.
func (l *list) read(block int, p *postings) int {
	l.readRows(block, p)
	p.unpackFreqs()
	return p.n
}

// readRows is read without the frequencies, which freq and unpackFreqs bring.
func (l *list) readRows(block int, p *postings) {
	p.packed = nil
	if block < l.blocks() {
		p.n = p.unpackRows(l.body(block), l.rowBefore(block))
	} else {
		p.n = p.readTail(l.body(block), l.rowBefore(block), l.count%blockRows)
	}
}

func (p *postings) unpackRows(data []byte, before uint32) int {
	if len(data) < blockHead {
		return 0
	}
	gapWidth, moreWidth := uint(data[0]), uint(data[1])
	data = data[blockHead:]
	gapBytes := int(gapWidth * blockRows / 8)
	end := gapBytes + int(moreWidth*blockRows/8) + unpackAhead
	if gapWidth > 32 || moreWidth > 16 || len(data) < end {
		return 0
	}
	kernels.UnpackRows(&p.rows, data, int(gapWidth), before)
	p.packed, p.width = data[gapBytes:], moreWidth
	return blockRows
}

// freq returns the frequency of a posting.
func (p *postings) freq(i int) uint16 {
	if p.packed == nil {
		return p.freqs[i]
	}
	bit := uint(i) * p.width
	return uint16(binary.LittleEndian.Uint64(p.packed[bit>>3:])>>(bit&7)&(1<<p.width-1)) + 1
}

func (p *postings) unpackFreqs() {
	if p.packed != nil {
		kernels.UnpackFreqs(&p.freqs, p.packed, int(p.width))
		p.packed = nil
	}
}

// readTail reads up to count postings that are written one by one.
func (p *postings) readTail(data []byte, row uint32, count int) int {
	for i := range count {
		var gap uint64
		if len(data) > 1 && data[0] >= 0x80 && data[1] < 0x80 { // as usual of words that are in one row of 64 or fewer
			gap, data = uint64(data[0]&0x7F)|uint64(data[1])<<7, data[2:]
		} else {
			var n int
			if gap, n = uvarint(data); n <= 0 {
				return i
			}
			data = data[n:]
		}
		row += uint32(gap>>1) + 1
		freq := uint64(1)
		if gap&1 != 0 {
			n := 0
			if freq, n = uvarint(data); n <= 0 {
				return i
			}
			data = data[n:]
		}
		p.rows[i], p.freqs[i] = row, uint16(freq)
	}
	return count
}

// uvarint is binary.Uvarint with the usual case, one byte, in line.
func uvarint(data []byte) (uint64, int) {
	if len(data) > 0 && data[0] < 0x80 {
		return uint64(data[0]), 1
	}
	return binary.Uvarint(data)
}

// find returns the least index from next on whose row is row or later.
func (p *postings) find(next int, row uint32) int {
	low, high := next, p.n
	for low < high {
		middle := int(uint(low+high) >> 1)
		if p.rows[middle] < row {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// blockOf returns the block that holds a row if any does; the number of blocks
// is the tail.
func (l *list) blockOf(row uint32) int {
	low, high := 0, l.blocks()
	for low < high {
		middle := int(uint(low+high) >> 1)
		if l.lastRow(middle) < row {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}
