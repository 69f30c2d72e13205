package kernels

import (
	"encoding/binary"
	"fmt"
)

// PackedBlock is how many numbers UnpackRows and UnpackFreqs unpack. Of width bits each,
// they fill 16*width bytes.
const PackedBlock = 128

// PackedAhead bytes behind the packed numbers must be there to be read.
const PackedAhead = 8

const (
	// unpackAhead is what kernels want instead; the last block before the end of a buffer
	// may have to do without them.
	unpackAhead = 16
	// unpackWidthMax is the widest number that the four bytes that it starts in hold,
	// whichever bit of the first one that is.
	unpackWidthMax = 25
)

// UnpackRows sums up 128 packed gaps: dst[i] = before + gap[0] + ... + gap[i] + i + 1
// modulo 2^32, so that a gap is the number of rows between two that follow each other.
//
// Gap i is the width bits of data from bit i*width on, counting from the lowest bit of the
// first byte. Width is 0 to 32, len(data) >= 16*width + PackedAhead, any alignment; the
// bytes behind the gaps do not matter.
// Exact: all CPU tiers return the same bits. dst must not overlap data, which is not
// written. No allocation. Panics if the shape does not fit (caller bug).
//
// Bytes are shuffled into lanes as in Lemire and Boytsov, "Decoding billions of integers
// per second through vectorization" (2015), section 4, by their horizontal layout: that
// of plain code, where the vertical one of SIMD-BP128 saves only the shuffle.
func UnpackRows(dst *[PackedBlock]uint32, data []byte, width int, before uint32) {
	checkPacked("UnpackRows", data, width, 32)
	raceRead(data)
	raceWrite(dst[:])
	if width <= unpackWidthMax && len(data) >= PackedBlock/8*width+unpackAhead &&
		asmUnpackRows(&data[0], width, &unpackControls[width][0], &dst[0], int(before)) {
		return
	}
	unpackRowsGeneric(dst, data, uint(width), before)
}

// UnpackFreqs unpacks 128 numbers and adds 1 to each, modulo 2^16. They are packed as gaps
// of UnpackRows are, of 0 to 16 bits; all that is said there holds.
func UnpackFreqs(dst *[PackedBlock]uint16, data []byte, width int) {
	checkPacked("UnpackFreqs", data, width, 16)
	raceRead(data)
	raceWrite(dst[:])
	if len(data) >= PackedBlock/8*width+unpackAhead && asmUnpackFreqs(&data[0], width, &unpackControls[width][0], &dst[0]) {
		return
	}
	unpackFreqsGeneric(dst, data, uint(width))
}

func checkPacked(name string, data []byte, width, widthMax int) {
	if width < 0 || width > widthMax || len(data) < PackedBlock/8*width+PackedAhead {
		panic(fmt.Sprintf("kernels: %s: %d bytes for numbers of %d bits", name, len(data), width))
	}
}

// unpackControls are what a kernel needs for a width, each for eight numbers: where in 16
// bytes the four bytes lie that a number starts in (32 bytes), by how much these are to
// be shifted to the right (u32), and which bits are then the number's (u32). The second
// four numbers start in the upper half of a byte where the width is odd.
var unpackControls = controls()

func controls() (out [unpackWidthMax + 1][96]uint8) {
	for width := range out {
		row := &out[width]
		for i := range 8 {
			bit := i%4*width + i/4*(4*width%8)
			for b := range 4 {
				row[4*i+b] = uint8(bit/8 + b)
			}
			row[32+4*i] = uint8(bit % 8)
			binary.LittleEndian.PutUint32(row[64+4*i:], 1<<width-1)
		}
	}
	return out
}

// unpackRowsGeneric is the definition of UnpackRows. Eight gaps fill width bytes, so that
// up to a width of 8 one load holds them.
func unpackRowsGeneric(dst *[PackedBlock]uint32, data []byte, width uint, row uint32) {
	mask := uint64(1)<<width - 1
	if width <= 8 {
		for i := 0; i < PackedBlock; i += 8 {
			x := binary.LittleEndian.Uint64(data)
			data = data[width:]
			out := dst[i : i+8 : i+8]
			for j := range out {
				row += uint32(x&mask) + 1
				out[j] = row
				x >>= width & 63
			}
		}
		return
	}
	bit := uint(0)
	for i := range dst {
		row += uint32(binary.LittleEndian.Uint64(data[bit>>3:])>>(bit&7)&mask) + 1
		dst[i] = row
		bit += width
	}
}

// unpackFreqsGeneric is the definition of UnpackFreqs.
func unpackFreqsGeneric(dst *[PackedBlock]uint16, data []byte, width uint) {
	mask := uint64(1)<<width - 1
	if width <= 8 {
		for i := 0; i < PackedBlock; i += 8 {
			x := binary.LittleEndian.Uint64(data)
			data = data[width:]
			out := dst[i : i+8 : i+8]
			for j := range out {
				out[j] = uint16(x&mask) + 1
				x >>= width & 63
			}
		}
		return
	}
	bit := uint(0)
	for i := range dst {
		dst[i] = uint16(binary.LittleEndian.Uint64(data[bit>>3:])>>(bit&7)&mask) + 1
		bit += width
	}
}
