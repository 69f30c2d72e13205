package kernels

// SignatureSlots is the number of minima in a MinHash signature.
const SignatureSlots = 128

// hashesPerCall bounds the hashes of one assembly call: 128 steps for each make a call
// long long before its input is large. 4096 hashes are about 20 us.
const hashesPerCall = 4096

// mixSeed is where the tables of the 128 hash functions start. It is part of every
// stored signature: changing it makes all of them worthless.
const mixSeed = 0x4E65787573000001

// mixXor and mixMul define hash function j: (h ^ mixXor[j]) * mixMul[j] mod 2^32. A
// multiplier is odd, so each function is a permutation of the 32-bit hashes. The values
// are the successive outputs of splitmix64 started at mixSeed: the low half of output j
// is mixXor[j], the high half with its lowest bit set is mixMul[j].
var mixXor, mixMul = mixTables()

func mixTables() (xor, mul [SignatureSlots]uint32) {
	state := uint64(mixSeed)
	for j := range SignatureSlots {
		var v uint64
		state, v = splitmix64(state)
		xor[j] = uint32(v)
		mul[j] = uint32(v>>32) | 1
	}
	return xor, mul
}

// splitmix64 is one step of the generator of Steele, Lea and Flood (OOPSLA 2014).
func splitmix64(state uint64) (next, value uint64) {
	state += 0x9E3779B97F4A7C15
	z := state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return state, z ^ z>>31
}

// MinHashUpdate lowers sig[j] to the smallest (h ^ mixXor[j]) * mixMul[j] mod 2^32 over
// all hashes h, for each of the 128 slots.
//
// The share of equal slots of two signatures estimates the Jaccard similarity of the two
// sets of hashes (Broder 1997) with a standard error of at most 1/(2*sqrt(128)) = .044.
// An empty signature is 128 times 0xFFFFFFFF; updates may come in any order and number,
// and the minimum of two signatures is the signature of the union. The hashes must be
// well mixed already: the functions here only tell the slots apart.
// Exact: all CPU tiers return the same bits. hashes is not written and must not overlap
// sig. O(128*len(hashes)), no allocation.
func MinHashUpdate(sig *[SignatureSlots]uint32, hashes []uint32) {
	raceRead(hashes)
	raceWrite(sig[:])
	for len(hashes) > hashesPerCall {
		minHashUpdate(sig, hashes[:hashesPerCall])
		hashes = hashes[hashesPerCall:]
	}
	if len(hashes) > 0 {
		minHashUpdate(sig, hashes)
	}
}

// minHashUpdate needs a non-empty hashes.
func minHashUpdate(sig *[SignatureSlots]uint32, hashes []uint32) {
	if !asmMinHashUpdate(&sig[0], &mixXor[0], &mixMul[0], &hashes[0], len(hashes)) {
		minHashUpdateGeneric(sig, hashes)
	}
}

// minHashUpdateGeneric is the definition of MinHashUpdate. Slots are the outer loop so
// that the constants of four of them stay in registers while the hashes stream.
func minHashUpdateGeneric(sig *[SignatureSlots]uint32, hashes []uint32) {
	for j := 0; j < SignatureSlots; j += 4 {
		s, x, m := sig[j:j+4:j+4], mixXor[j:j+4:j+4], mixMul[j:j+4:j+4]
		s0, s1, s2, s3 := s[0], s[1], s[2], s[3]
		x0, x1, x2, x3 := x[0], x[1], x[2], x[3]
		m0, m1, m2, m3 := m[0], m[1], m[2], m[3]
		for _, h := range hashes {
			s0 = min(s0, (h^x0)*m0)
			s1 = min(s1, (h^x1)*m1)
			s2 = min(s2, (h^x2)*m2)
			s3 = min(s3, (h^x3)*m3)
		}
		s[0], s[1], s[2], s[3] = s0, s1, s2, s3
	}
}
