package main

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"github.com/zeebo/xxh3"

	"github.com/nexus-memory/nexus/kernels"
)

// The documents of the sketches.
const (
	documentTokens = 1000
	documents      = 64  // sketched in a call
	pairs          = 500 // of documents whose similarity is known
	pairsShare     = .7  // of their union that both have
)

// corpus is tokenised documents, and the same as the Python side reads them.
type corpus struct {
	documents [][][]byte
	path      string
}

// write stores the documents, one a line, tokens between blanks.
func (c *corpus) write(folder, name string) error {
	var text bytes.Buffer
	for _, d := range c.documents {
		text.Write(bytes.Join(d, []byte{' '}))
		text.WriteByte('\n')
	}
	c.path = filepath.Join(folder, name+".txt")
	return os.WriteFile(c.path, text.Bytes(), 0o600)
}

// tokens makes n different words such as "w281474976710".
func tokens(random *rand.Rand, n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = strconv.AppendUint([]byte{'w'}, random.Uint64()>>24, 10)
	}
	return list
}

// newCorpora makes documents, and pairs of them at the similarity pairsShare: two
// neighbours with a union of documentTokens.
func newCorpora(folder string) (single, paired corpus, err error) {
	random := rand.New(rand.NewPCG(3, 7))
	for range documents {
		single.documents = append(single.documents, tokens(random, documentTokens))
	}
	const both, each = documentTokens * 7 / 10, documentTokens * 15 / 100
	for range pairs {
		t := tokens(random, both+2*each)
		second := append(append([][]byte{}, t[:both]...), t[both+each:]...)
		paired.documents = append(paired.documents, t[:both+each], second)
	}
	if err := single.write(folder, "documents"); err != nil {
		return single, paired, err
	}
	return single, paired, paired.write(folder, "pairs")
}

// accuracy is the error of the own estimates, for bars on it.
type accuracy struct {
	rms, bias float64
	sigmas    float64 // the size of the bias in standard errors of the mean
}

// rmsMax is what an unbiased sketch of 128 values may have: a standard error of .0405
// in theory, and a tenth for the sample of pairs.
const rmsMax = .0446

// measure returns the error of estimates of pairsShare. It refuses a biased kind: at
// five standard errors of the mean, one in a million of unbiased ones.
func (a *accuracy) measure(estimates []float64) error {
	want := make([]float64, len(estimates))
	for i := range want {
		want[i] = pairsShare
	}
	if len(estimates) != pairs {
		return fmt.Errorf("wrong: %d estimates, want %d", len(estimates), pairs)
	}
	a.rms, a.bias = deviation(estimates, want)
	a.sigmas = math.Abs(a.bias) * math.Sqrt(pairs) / a.rms
	if !(a.rms <= rmsMax && a.sigmas <= 5) {
		return fmt.Errorf("wrong: RMSE %.4f, want at most %.4f; bias %+.4f, %.1f standard errors", a.rms, rmsMax, a.bias, a.sigmas)
	}
	return nil
}

// sketches lists MinHash from hashed tokens and from the tokens themselves.
func (b *bench) sketches(yield func(measurement) bool) {
	var sig [kernels.SignatureSlots]uint32
	scratch := make([]uint64, 0, documentTokens)
	single, paired := b.single.documents, b.paired.documents
	hashed := make([][]uint64, len(single))
	for i, d := range single {
		hashed[i] = appendHashes(nil, d)
	}
	var exact accuracy
	check := func() error { return exact.measure(ownEstimates(paired)) }
	data := fmt.Sprintf("%d documents of %d tokens", documents, documentTokens)

	fromHashes := measurement{"minhash", data + ", hashed", "sketch", 8 * documentTokens, []party{
		checked("nexus", own, documents, func() {
			for _, h := range hashed {
				kernels.BucketSketch(&sig, h)
			}
		}, check),
	}, []bar{
		costs("<= 2.0 us a sketch", 2000),
		found("RMSE at .7 <= .036", .036, &exact.rms),
		found("bias <= 3 standard errors", 3, &exact.sigmas),
	}}
	fromTokens := measurement{"minhash", data + ", hashing included", "sketch", 0, []party{
		checked("nexus", own, documents, func() {
			for _, d := range single {
				scratch = appendHashes(scratch[:0], d)
				kernels.BucketSketch(&sig, scratch)
			}
		}, check),
	}, []bar{
		timesFaster(">= 3x rensa", "rensa", 3),
		timesFaster(">= 50x datasketch", "datasketch", 50),
	}}
	for _, kind := range []string{"rensa R hashed", "rensa R rho hashed", "datasketch hashed"} {
		fromHashes.parties = append(fromHashes.parties, b.sketchParty(kind))
	}
	for _, kind := range []string{"rensa R bytes", "rensa R text", "rensa R objects", "rensa R rho", "rensa C", "datasketch sha1", "datasketch crc32"} {
		fromTokens.parties = append(fromTokens.parties, b.sketchParty(kind))
	}
	_ = yield(fromHashes) && yield(fromTokens)
}

func (b *bench) sketchParty(kind string) party {
	group, _, _ := bytes.Cut([]byte(kind), []byte{' '})
	w := want{"kind": kind, "documents": b.single.path, "pairs": b.paired.path, "count": documents}
	return b.python.party(kind, string(group), "sketch", w, func(estimates []float64) error {
		return new(accuracy).measure(estimates)
	})
}

// appendHashes hashes tokens as the engine does.
func appendHashes(hashes []uint64, tokens [][]byte) []uint64 {
	for _, t := range tokens {
		hashes = append(hashes, xxh3.Hash(t))
	}
	return hashes
}

// ownEstimates sketches neighbouring documents and returns the share of equal values.
func ownEstimates(documents [][][]byte) []float64 {
	estimates := make([]float64, 0, len(documents)/2)
	var first, second [kernels.SignatureSlots]uint32
	for i := 0; i+1 < len(documents); i += 2 {
		kernels.BucketSketch(&first, appendHashes(nil, documents[i]))
		kernels.BucketSketch(&second, appendHashes(nil, documents[i+1]))
		equal := 0
		for j, v := range first {
			if v == second[j] {
				equal++
			}
		}
		estimates = append(estimates, float64(equal)/kernels.SignatureSlots)
	}
	return estimates
}
