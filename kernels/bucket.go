package kernels

import "math"

// A hash of 64 well-mixed bits walks through all 128 slots of a signature in an order of
// its own, one slot a round:
//
//	first(h)    = h>>57                              the slot of round 0
//	turn(h)     = h>>50 & 127 | 1                    odd, so invertible modulo 128
//	round(h, j) = (j - first) * turn mod 128         when h comes to slot j
//	offer(h, j) = round<<25 | (low 32 bits of h + round*0x9E3779B9 mod 2^32) >> 7
//
// and slot j keeps the least offer of all hashes. An earlier round is a smaller offer
// whatever the 25 bits behind it say. Three things follow from that.
//
//   - Exactness: once no slot holds an offer of round r or later, rounds r, r+1 ... cannot
//     change any slot and need not be computed. So the work is about one offer a hash when
//     there are many hashes, and the result is still the minimum over all 128*n offers.
//     Being a plain minimum, it does not depend on order, repetition or batches, and
//     slotwise minima of two signatures make the signature of the union.
//   - No bias: offers are a function of the hash alone. For hashes of n distinct tokens that
//     are independent and uniform, any token of a union is as likely as any other to hold
//     slot j, so the slot of A and that of B agree with probability |A∩B|/|A∪B|, apart from
//     ties of two tokens' offers (n*n/2^33 a set, less than 2^-12 for 1000 tokens).
//   - Small variance: a token that holds the slot of one round is elsewhere in the next, and
//     the golden ratio times the round makes the winners of a round unlikely winners of the
//     one after. Tokens hold more equal numbers of slots than independent minima give them.
//
// Walks are bucket rounds as in Fast Similarity Sketching (Dahlgaard, Knudsen and Thorup,
// FOCS 2017, arXiv 1704.04370, section 2), with a permutation for each token as in
// SuperMinHash (Ertl 2017, arXiv 1706.05698) instead of 128 random rounds and 128 fixed
// ones. Root mean square errors at J = .7, 8000 trials, sets of 10 / 30 / 200 tokens:
//
//	independent minima (MinHashUpdate)            .0418  .0399  .0399
//	3 independent rounds, then minima over all    .0363  .0310  .0315
//	7 independent rounds, then minima over all    .0325  .0283  .0315
//	walks, the same 25 bits in every round        .0313  .0291  .0323
//	walks, golden ratio (this)                    .0307  .0284  .0309
//
// At 1000 tokens all bucket rounds meet at .0382, and no count of 128 equal slots can do
// better without knowing the sets: it is the error of drawing 128 of the union's 1176
// tokens without replacement.

const (
	walkShift  = 25         // offers keep their round above this bit
	walkGolden = 0x9E3779B9 // 2^32 divided by the golden ratio

	// bucketHashesPerCall bounds the hashes of one settling call. All 128 slots are open at
	// worst, when most hashes are equal: 20 us.
	bucketHashesPerCall = 1024
	// settleHashesMin is the least number of hashes that a settling kernel takes: a vector.
	settleHashesMin = 16
	// settleSlots is how many open slots a kernel settles together; their list is padded.
	settleSlots = 4
)

// walkStrides holds the inverse modulo 128 of t|1: how far a hash of turn t moves in a round.
var walkStrides = strides()

func strides() (s [SignatureSlots]uint8) {
	for turn := range s {
		odd := uint8(turn) | 1
		inverse := odd // right in 3 bits; a Newton step doubles them
		inverse *= 2 - odd*inverse
		inverse *= 2 - odd*inverse
		s[turn] = inverse % SignatureSlots
	}
	return s
}

// emptyBuckets is the signature of no hashes. Copying it takes a fifth of a loop's time.
var emptyBuckets = empty()

func empty() (sig [SignatureSlots]uint32) {
	for j := range sig {
		sig[j] = math.MaxUint32
	}
	return sig
}

// BucketSketch sets sig to the bucket signature of a set of hashes: BucketUpdate of an
// empty signature. Of no hashes it is 128 times 0xFFFFFFFF.
func BucketSketch(sig *[SignatureSlots]uint32, hashes []uint64) {
	*sig = emptyBuckets
	BucketUpdate(sig, hashes)
}

// BucketUpdate lowers sig[j] to the least offer(h, j) over all hashes h, for each of the
// 128 slots; offers are defined at the head of this file.
//
// The share of equal slots of two signatures estimates the Jaccard similarity of the two
// sets of hashes without bias and with a standard error of at most 1/(2*sqrt(128)) = .044;
// for less than some 500 hashes it is a quarter less. The low byte of a slot is well
// mixed, as SignatureScan wants it. Signatures of MinHashUpdate are of another kind and may
// not be compared with these. An empty signature is 128 times 0xFFFFFFFF; updates may come
// in any order and number, and the minimum of two signatures is the signature of the union.
// The 64 bits of a hash must be well mixed: its fields are used as they are.
// Exact: all CPU tiers return the same bits. hashes is not written and must not overlap
// sig. It is faster than MinHashUpdate from some 100 hashes on, six times at 1000; for 30
// it takes 0.5 us against 0.2 us. Expected O(len(hashes) + 128*log 128), at worst, when
// most hashes are equal, O(128*len(hashes)). No allocation.
func BucketUpdate(sig *[SignatureSlots]uint32, hashes []uint64) {
	raceRead(hashes)
	raceWrite(sig[:])
	for len(hashes) > bucketHashesPerCall {
		bucketUpdate(sig, hashes[:bucketHashesPerCall])
		hashes = hashes[bucketHashesPerCall:]
	}
	if len(hashes) > 0 {
		bucketUpdate(sig, hashes)
	}
}

// bucketUpdate runs as many rounds as are worth their time and settles the slots that
// hold a later round, if any. How many rounds it runs does not change the result.
func bucketUpdate(sig *[SignatureSlots]uint32, hashes []uint64) {
	rounds := roundsOf(len(hashes))
	if rounds > 0 {
		bucketFirst(sig, hashes)
	}
	for round := 1; round < rounds; round++ {
		bucketRound(sig, hashes, uint32(round))
	}
	if len(hashes) >= settleHashesMin {
		bucketSettle(sig, hashes, rounds)
		return
	}
	var padded [settleHashesMin]uint64 // repetition does not matter
	for i := range padded {
		padded[i] = hashes[min(i, len(hashes)-1)]
	}
	bucketSettle(sig, padded[:], rounds)
}

// The rounds are plain Go on every architecture: loads, a conditional move and a store,
// which vectors do not speed up (scattering from AVX-512 needs the conflicts resolved
// first). Dropped: two arrays of slots against the wait of a load for the store before
// (1.14 us for 1000 hashes against 0.99 us, since hashes seldom meet); a branch instead of
// the conditional move (as fast on hashes that the branch predictor has learned by heart).

// bucketFirst is round 0, which most hashes need alone: the fields of the hash are the
// slot and the offer.
func bucketFirst(sig *[SignatureSlots]uint32, hashes []uint64) {
	for _, h := range hashes {
		slot := h >> 57
		sig[slot] = min(sig[slot], uint32(h)>>7)
	}
}

// bucketRound lowers the slot that each hash comes to in a round.
func bucketRound(sig *[SignatureSlots]uint32, hashes []uint64, round uint32) {
	golden, front := round*walkGolden, round<<walkShift
	for _, h := range hashes {
		slot := (uint32(h>>57) + round*uint32(walkStrides[h>>50%SignatureSlots])) % SignatureSlots
		sig[slot] = min(sig[slot], front|(uint32(h)+golden)>>(32-walkShift))
	}
}

// bucketSettle needs at least settleHashesMin hashes.
func bucketSettle(sig *[SignatureSlots]uint32, hashes []uint64, first int) {
	var open [SignatureSlots + settleSlots]uint32
	if !asmBucketSettle(&sig[0], &open[0], &hashes[0], first, len(hashes)) {
		bucketSettleGeneric(sig, hashes, uint32(first))
	}
}

// bucketSettleGeneric is the definition of the kernels: it lowers every slot that holds an
// offer of round first or later by the offers of all hashes.
func bucketSettleGeneric(sig *[SignatureSlots]uint32, hashes []uint64, first uint32) {
	for j, least := range sig {
		if least>>walkShift < first {
			continue
		}
		for _, h := range hashes {
			least = min(least, offer(h, uint32(j)))
		}
		sig[j] = least
	}
}

// offer is what the hash h offers to slot j.
func offer(h uint64, j uint32) uint32 {
	first, turn := uint32(h>>57), uint32(h>>50)|1
	round := (j - first) * turn % SignatureSlots
	return round<<walkShift | (uint32(h)+round*walkGolden)>>(32-walkShift)
}

// roundsTable holds how many rounds to run for n hashes before settling, n < 512: with a
// settling kernel in row 1, without in row 0. From 512 on it is 1.
var roundsTable = [2][512]uint8{roundsFor(1.5), roundsFor(7)}

// roundsFor runs rounds as long as the next one can be expected to close more than gain
// open slots. A round costs about as much as settling gain slots.
func roundsFor(gain float64) (table [512]uint8) {
	for n := range table {
		hit := 1 - math.Exp(-float64(n)/SignatureSlots) // of an open slot, in one round
		for open := float64(SignatureSlots); open*hit > gain; open -= open * hit {
			table[n]++
		}
	}
	return table
}

func roundsOf(n int) int {
	row := 1
	if active[opBucketSettle] == tierGeneric {
		row = 0
	}
	if n >= len(roundsTable[row]) {
		return 1
	}
	return int(roundsTable[row][n])
}
