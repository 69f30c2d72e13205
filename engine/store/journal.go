package store

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
)

// The file JOURNAL holds, group by group, what was acknowledged since truth.db was
// last committed. History of its layout:
//
//	1  2026-11  a page with magic, version, salt, number and CRC-32C; then groups
//
// Everything is big-endian. A group has pages of its own, so that no write touches a
// page with what was acknowledged before: magic, length of the changes, number; then
// the changes, each a byte (index in journalBuckets, shifted by one; the lowest bit set
// where the key is deleted), the key behind its length as a uvarint, and the value
// likewise; zeros; and at the end of the last page the CRC-32C over salt, length, number
// and changes, so that a write that was cut short leaves no group.
//
// Between two commits of truth.db lies a round. Its salt is drawn at random and
// stands in truth.db with the number of the last group that is in there: what the
// file still holds of earlier rounds is of another salt, and no text that somebody
// stores can be taken for a group. Groups of a round are numbered without a gap.
const (
	journalName    = "JOURNAL"
	journalVersion = 1
	journalPage    = 4096
	headerBytes    = 8 + 4 + 8 + 8 + 4
	groupHead      = 4 + 4 + 8
	groupTail      = 4

	// A sync of a file that grows costs twice what one costs of blocks that it has: so
	// zeros go ahead of the groups, a quarter of what there is already.
	growMin = 64 << 10
	growMax = 1 << 20
)

var (
	journalMagic = [8]byte{'N', 'X', 'J', 'O', 'U', 'R', 'N', 'L'}
	groupMagic   = [4]byte{'N', 'X', 'G', 'R'}

	// journalBuckets gives buckets their index in the file: later ones go to the end.
	journalBuckets = [][]byte{bucketMemories, bucketKeys, bucketThreads, bucketMeta, bucketCurrent, bucketRetired, bucketUsage, bucketSegments, bucketDeleted, bucketHeld, bucketJudged, bucketJudges}

	metaJournal = []byte("journal") // -> number of the last group in truth.db, salt of the round behind it
)

// round is what truth.db says of its journal.
type round struct {
	number uint64 // the last group that truth.db holds
	salt   uint64 // of the groups behind it; 0: truth.db is of a build without a journal
}

// newRound returns the round behind a group.
func newRound(number uint64) round {
	var salt [8]byte
	rand.Read(salt[:]) // never fails
	return round{number, max(1, binary.BigEndian.Uint64(salt[:]))}
}

func (r round) bytes() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, r.number), r.salt)
}

func readRound(tx *bolt.Tx) (r round, err error) {
	switch v := tx.Bucket(bucketMeta).Get(metaJournal); len(v) {
	case 0:
	case 16:
		r = round{binary.BigEndian.Uint64(v), binary.BigEndian.Uint64(v[8:])}
	default:
		err = fmt.Errorf("store: truth.db: round of %d bytes: %w", len(v), model.ErrCorrupt)
	}
	return r, err
}

// redo is a group that is being gathered: its head, then its changes.
type redo struct{ data []byte }

// start empties the group and keeps its memory.
func (r *redo) start() { r.data = append(r.data[:0], make([]byte, groupHead)...) }

func (r *redo) note(bucket, key, value []byte, deleted bool) {
	code := byte(0)
	for !bytes.Equal(journalBuckets[code], bucket) { // a bucket that is not listed is a mistake of ours
		code++
	}
	code <<= 1
	if deleted {
		code |= 1
	}
	r.data = binary.AppendUvarint(append(r.data, code), uint64(len(key)))
	r.data = binary.AppendUvarint(append(r.data, key...), uint64(len(value)))
	r.data = append(r.data, value...)
}

// seal fills the head in and pads the group to whole pages.
func (r *redo) seal(of round) {
	head, changes := r.data[:groupHead], r.data[groupHead:]
	copy(head, groupMagic[:])
	binary.BigEndian.PutUint32(head[4:], uint32(len(changes)))
	binary.BigEndian.PutUint64(head[8:], of.number)
	sum := groupSum(of.salt, head, changes)
	padding := groupBytes(len(changes)) - len(r.data) - groupTail
	r.data = binary.BigEndian.AppendUint32(append(r.data, zeros[:padding]...), sum)
}

// groupBytes is what changes of so many bytes take in the file: whole pages.
func groupBytes(changes int) int {
	return (groupHead + changes + groupTail + journalPage - 1) / journalPage * journalPage
}

var zeros [growMin]byte

func groupSum(salt uint64, head, changes []byte) uint32 {
	sum := crc32.Checksum(binary.BigEndian.AppendUint64(nil, salt), castagnoli)
	return crc32.Update(crc32.Update(sum, castagnoli, head[4:groupHead]), castagnoli, changes)
}

// eachChange calls apply for the changes of a group. key and value alias it.
func eachChange(changes []byte, apply func(bucket, key, value []byte, deleted bool) error) error {
	field := func() (f []byte, ok bool) {
		n, used := binary.Uvarint(changes)
		if used <= 0 || n > uint64(len(changes)-used) {
			return nil, false
		}
		f, changes = changes[used:used+int(n)], changes[used+int(n):]
		return f, true
	}
	for len(changes) > 0 {
		code := changes[0]
		changes = changes[1:]
		key, ok := field()
		value, whole := field()
		if !ok || !whole || int(code>>1) >= len(journalBuckets) || len(key) == 0 {
			return fmt.Errorf("store: JOURNAL: change of bucket %d: %w", code>>1, model.ErrCorrupt)
		}
		if err := apply(journalBuckets[code>>1], key, value, code&1 != 0); err != nil {
			return err
		}
	}
	return nil
}

// journalFile is what the journal does with its file: tests put one in that fails.
type journalFile interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Datasync() error
	Close() error
}

type systemFile struct{ *os.File }

func (f systemFile) Datasync() error { return datasync(f.File) }

// journal writes the rounds of one store. The writer's alone.
type journal struct {
	file  journalFile
	round round // and in it the number of the last group that was written
	end   int64 // of that group; 0: the round has none yet
	size  int64 // of the file; nothing in it is unwritten
}

// openJournal opens a store's journal, creating it unless readOnly; nil where there is
// none to read. The caller syncs the directory.
func openJournal(dir string, readOnly bool) (*journal, error) {
	flags := os.O_RDWR | os.O_CREATE
	if readOnly {
		flags = os.O_RDONLY
	}
	f, err := os.OpenFile(filepath.Join(dir, journalName), flags, 0o600)
	if readOnly && errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: JOURNAL: %w", classify(err))
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("no regular file: %w", model.ErrCorrupt)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("store: JOURNAL: %w", classify(err)), f.Close())
	}
	return &journal{file: systemFile{f}, size: info.Size()}, nil
}

// unsureError is of a sync that failed: nobody knows what the disk holds.
type unsureError struct{ error }

func (e unsureError) Unwrap() error { return e.error }

// append writes a group behind the last one and returns once it is durable. Where
// writing fails the group is not there and nothing else has changed; where syncing
// fails it is an unsureError, and the journal must not be written to any more.
func (j *journal) append(r *redo) error {
	next, at := round{j.round.number + 1, j.round.salt}, j.end
	r.seal(next)
	if at == 0 {
		if _, err := j.file.WriteAt(j.header(), 0); err != nil {
			return err
		}
		at = journalPage
	}
	end := at + int64(len(r.data))
	if _, err := j.file.WriteAt(r.data, at); err != nil {
		return err
	}
	if err := j.growTo(end); err != nil {
		return err
	}
	if err := j.file.Datasync(); err != nil {
		return unsureError{err}
	}
	j.round, j.end = next, end
	return nil
}

// growTo has the file end well behind a group, where the disk has room for that.
func (j *journal) growTo(end int64) error {
	if end <= j.size {
		return nil
	}
	j.size = end
	for target := end + min(max(end/4, growMin), growMax); j.size < target; {
		n, err := j.file.WriteAt(zeros[:min(target-j.size, growMin)], j.size)
		j.size += int64(n)
		if err != nil && lacksSpace(err) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// header is the first page, but for the zeros at its end.
func (j *journal) header() []byte {
	h := binary.BigEndian.AppendUint32(append(make([]byte, 0, headerBytes), journalMagic[:]...), journalVersion)
	h = append(h, j.round.bytes()...)
	return binary.BigEndian.AppendUint32(h, crc32.Checksum(h, castagnoli))
}

// restart begins a round: truth.db has everything that stands in the file.
func (j *journal) restart(next round) { j.round, j.end = next, 0 }

// rest gives back what a busy hour has made the file grow by. Between two rounds.
func (j *journal) rest() error {
	if j.size <= growMin {
		return nil
	}
	j.size = growMin
	return j.file.Truncate(growMin)
}

// clear leaves of the file only which round is to come, durably. Between two rounds.
func (j *journal) clear() error {
	if j.size <= headerBytes {
		return nil
	}
	if err := j.file.Truncate(0); err != nil {
		return err
	}
	j.size = headerBytes
	if _, err := j.file.WriteAt(j.header(), 0); err != nil {
		return err
	}
	if err := j.file.Datasync(); err != nil {
		return unsureError{err}
	}
	return nil
}

// replay calls apply for all changes behind the round that truth.db names, group by
// group, and stands then behind the last one. A group that is not whole ends it: it
// was never acknowledged. Where a whole one of the same round follows, or the file is
// of a later round than truth.db, something was damaged or exchanged: ErrCorrupt.
func (j *journal) replay(from round, apply func(bucket, key, value []byte, deleted bool) error) error {
	j.restart(from)
	if from.salt == 0 {
		return nil
	}
	if err := j.checkHeader(from); err != nil {
		return err
	}
	at := int64(journalPage)
	for {
		changes, err := j.group(at, j.round.number+1)
		if err != nil {
			return err
		}
		if changes == nil {
			return j.wantNoMore(at)
		}
		if err := eachChange(changes, apply); err != nil {
			return err
		}
		j.round.number++
		at += int64(groupBytes(len(changes)))
		j.end = at
	}
}

// checkHeader refuses what this build cannot read, and a file that is newer than
// truth.db. A header that is not whole says nothing: it was written with the first
// group, or the file was copied.
func (j *journal) checkHeader(from round) error {
	var h [headerBytes]byte
	if whole, err := j.read(h[:], 0); err != nil || !whole {
		return err
	}
	if [8]byte(h[:]) != journalMagic || binary.BigEndian.Uint32(h[headerBytes-4:]) != crc32.Checksum(h[:headerBytes-4], castagnoli) {
		return nil
	}
	number, salt := binary.BigEndian.Uint64(h[12:]), binary.BigEndian.Uint64(h[20:])
	switch version := binary.BigEndian.Uint32(h[8:]); {
	case version != journalVersion:
		return fmt.Errorf("store: JOURNAL: version %d, this build reads %d: %w", version, journalVersion, model.ErrUnsupported)
	case salt != from.salt && number > from.number:
		return fmt.Errorf("store: truth.db is older than its JOURNAL, which follows group %d, not %d: %w", number, from.number, model.ErrCorrupt)
	}
	return nil
}

// group returns the changes of a group at an offset, nil where it is not whole or not
// of this number and round.
func (j *journal) group(at int64, number uint64) ([]byte, error) {
	var head [groupHead]byte
	whole, err := j.read(head[:], at)
	length := int64(binary.BigEndian.Uint32(head[4:]))
	if err != nil || !whole || [4]byte(head[:]) != groupMagic || binary.BigEndian.Uint64(head[8:]) != number || at+groupHead+length > j.size || length == 0 {
		return nil, err
	}
	body := make([]byte, groupBytes(int(length))-groupHead)
	if whole, err = j.read(body, at+groupHead); err != nil || !whole {
		return nil, err
	}
	changes, sum := body[:length], body[len(body)-groupTail:]
	if binary.BigEndian.Uint32(sum) != groupSum(j.round.salt, head[:], changes) {
		return nil, nil
	}
	return changes, nil
}

// wantNoMore looks for a whole group of this round behind one that is not.
func (j *journal) wantNoMore(torn int64) error {
	for at := torn + journalPage; at+groupHead <= j.size; at += journalPage {
		var head [groupHead]byte
		if _, err := j.read(head[:], at); err != nil {
			return err
		}
		number := binary.BigEndian.Uint64(head[8:])
		if [4]byte(head[:]) != groupMagic || number <= j.round.number || number == math.MaxUint64 {
			continue
		}
		changes, err := j.group(at, number)
		if err != nil {
			return err
		}
		if changes != nil {
			return fmt.Errorf("store: JOURNAL: group %d at byte %d is damaged: %w", j.round.number+1, torn, model.ErrCorrupt)
		}
	}
	return nil
}

// read fills p from an offset; false where the file ends before.
func (j *journal) read(p []byte, at int64) (whole bool, err error) {
	if _, err = j.file.ReadAt(p, at); errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("store: JOURNAL: byte %d: %w", at, classify(err))
	}
	return true, nil
}
