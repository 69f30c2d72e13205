package store

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// FormatVersion is the version of truth.db. History:
//
//	1  2026-11  buckets meta, memories, keys, threads, segments, deleted
//	2  2026-11  buckets current, retired, usage; meta "clock" and "language"; records with a life; a second digest in keys
//	3  2026-11  meta "journal": what was acknowledged last is in JOURNAL, see journal.go
//	4  2026-11  bucket held: records may be in memory files, see held.go
//	5  2026-11  buckets judged and judges: what users said of memories, see judged.go
//
// A file of an older version is upgraded when it is opened for writing (see steps), and
// read as it is otherwise: it lacks what later versions added, no more.
const FormatVersion = 5

const formatHeld = 4 // from here on records may be in memory files

// The buckets of truth.db. Integers are big-endian, so that keys sort as numbers.
//
// Every version of a memory has a sequence, a number that rises from version to
// version over the whole store. The ID of a memory is the sequence of its first.
var (
	bucketMeta     = []byte("meta")     // "format" -> u32; "space" -> name 0 dimension [0 metric, where it is not cosine]; "language" -> its code, where it is not English; "clock" -> micros of the last commit; "journal" -> see round
	bucketMemories = []byte("memories") // sequence -> record with vector, CRC-32C of sequence and record; or apart
	bucketCurrent  = []byte("current")  // ID -> sequence of the current version, for memories that were updated
	bucketRetired  = []byte("retired")  // ID, sequence -> micros when the version was replaced
	bucketUsage    = []byte("usage")    // ID -> see usageBytes
	bucketKeys     = []byte("keys")     // uvarint(len tenant) tenant key -> ID, digest as first added, digest of the current version where that is another
	bucketThreads  = []byte("threads")  // 16 bytes of SHA-256 of a session's identity -> next position u32
	bucketSegments = []byte("segments") // file number -> first sequence, last sequence, the file's own checksum
	bucketDeleted  = []byte("deleted")  // sequence still standing in a segment file -> 1
	bucketHeld     = []byte("held")     // memory file number -> first sequence, last sequence, the file's own checksum
	bucketJudged   = []byte("judged")   // user, number -> judgement; see judged.go
	bucketJudges   = []byte("judges")   // ID, key of a judgement of it -> 1
	allBuckets     = [][]byte{bucketMeta, bucketMemories, bucketCurrent, bucketRetired, bucketUsage, bucketKeys, bucketThreads, bucketSegments, bucketDeleted, bucketHeld, bucketJudged, bucketJudges}

	metaFormat   = []byte("format")
	metaSpace    = []byte("space")
	metaLanguage = []byte("language")
	metaClock    = []byte("clock")
)

const openTimeout = 200 * time.Millisecond // for bbolt's own file lock; LOCK has decided by then

// openTruth opens or creates the truth file and checks its version.
func openTruth(path string, readOnly bool) (*bolt.DB, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) && !readOnly {
		err = createTruth(path)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("store: truth.db: %w", classify(err))
	case info == nil: // just created
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("store: truth.db is no regular file: %w", model.ErrCorrupt)
	case readOnly && info.Size() == 0:
		return nil, fmt.Errorf("store: truth.db is empty: restore it from a copy: %w", model.ErrCorrupt)
	}
	db, err := openFile(path, readOnly)
	if err != nil {
		return nil, err
	}
	if err := guarded(func() error { return checkFormat(db, readOnly) }); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// openFile opens a truth file of any format.
func openFile(path string, readOnly bool) (db *bolt.DB, err error) {
	db, _, err = openFileAs(path, readOnly, os.OpenFile)
	return db, err
}

// openFileAs opens a truth file by a function of its own, and returns the file too. The list
// of free pages is read at once, also by readers: bbolt's Check would read it later, beside
// other transactions that look whether it is there, and a damaged one would end the process.
func openFileAs(path string, readOnly bool, open func(string, int, os.FileMode) (*os.File, error)) (db *bolt.DB, file *os.File, err error) {
	err = guarded(func() (err error) {
		db, err = bolt.Open(path, 0o600, &bolt.Options{
			ReadOnly: readOnly, Timeout: openTimeout, FreelistType: bolt.FreelistMapType, PreLoadFreelist: true,
			OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
				file, err = open(name, flag, mode)
				return file, err
			},
		})
		return err
	})
	if err != nil {
		if file != nil { // bbolt does not close it when it asserts
			abandon(file)
		}
		return nil, nil, fmt.Errorf("store: truth.db: %w", classify(err))
	}
	return db, file, nil
}

// errOlder is of a truth that an older build wrote.
var errOlder = fmt.Errorf("of an older format: %w", model.ErrUnsupported)

// createTruth makes an empty truth under another name and renames it when it is
// durable: bbolt writes the first pages of a file in place, and a loss of power
// among them would leave what is no database and cannot be opened.
func createTruth(path string) error {
	fresh := path + freshSuffix
	if err := os.Remove(fresh); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	db, err := bolt.Open(fresh, 0o600, &bolt.Options{Timeout: openTimeout})
	if err != nil {
		os.Remove(fresh)
		return err
	}
	err = errors.Join(db.Update(createBuckets), db.Close())
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		os.Remove(fresh)
		return err
	}
	return vfs.OS.SyncDir(filepath.Dir(path))
}

func checkFormat(db *bolt.DB, readOnly bool) error {
	version, err := readFormat(db)
	if err == nil && version == 0 && !readOnly {
		return classify(db.Update(createBuckets))
	}
	switch {
	case err != nil:
		return fmt.Errorf("store: truth.db: %w", classify(err))
	case version == 0:
		return fmt.Errorf("store: truth.db: no memories yet: %w", model.ErrNotFound)
	case version > FormatVersion:
		return fmt.Errorf("store: truth.db: format version %d, this build reads 1 to %d: %w", version, FormatVersion, model.ErrUnsupported)
	case version < FormatVersion && !readOnly:
		return fmt.Errorf("store: truth.db: format version %d, this build writes %d: %w", version, FormatVersion, errOlder)
	}
	return nil
}

func readFormat(db *bolt.DB) (version uint32, err error) {
	err = db.View(func(tx *bolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		if meta == nil {
			return nil
		}
		v := meta.Get(metaFormat)
		if len(v) != 4 {
			return fmt.Errorf("format of %d bytes: %w", len(v), model.ErrCorrupt)
		}
		version = binary.BigEndian.Uint32(v)
		return nil
	})
	return version, err
}

// createBuckets makes a new file, or one of an older version, one of this version.
func createBuckets(tx *bolt.Tx) error {
	for _, name := range allBuckets {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	meta := tx.Bucket(bucketMeta)
	if meta.Get(metaJournal) == nil {
		if err := meta.Put(metaJournal, newRound(0).bytes()); err != nil {
			return err
		}
	}
	return meta.Put(metaFormat, binary.BigEndian.AppendUint32(nil, FormatVersion))
}

// classify gives an error of the file system or of bbolt its kind.
func classify(err error) error {
	wrap := func(kind error) error { return fmt.Errorf("%w: %w", kind, err) }
	switch {
	case err == nil:
		return nil
	case model.CodeOf(err) != model.CodeInternal:
		return err
	case lacksSpace(err):
		return wrap(model.ErrNoSpace)
	case errors.Is(err, syscall.EROFS), errors.Is(err, os.ErrPermission):
		return wrap(model.ErrReadOnly)
	case errors.Is(err, os.ErrNotExist):
		return wrap(model.ErrNotFound)
	case errors.Is(err, syscall.ENOTDIR):
		return wrap(model.ErrInvalid)
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return wrap(model.ErrClosed)
	case errors.Is(err, bolterrors.ErrTimeout):
		return wrap(model.ErrLocked)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return wrap(model.ErrCorrupt)
	}
	return wrap(model.ErrInternal)
}

// lacksSpace reports whether a file could not grow. bbolt keeps only the text of
// the error where it makes its file larger, which is before it writes anything.
func lacksSpace(err error) bool {
	for _, cause := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, cause) || strings.Contains(err.Error(), "file resize error") && strings.HasSuffix(err.Error(), cause.Error()) {
			return true
		}
	}
	return false
}

func idBytes(id model.ID) []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)) }

// forEach calls f for the entries of a bucket, which a file of version 1 that is
// opened for reading may lack.
func forEach(tx *bolt.Tx, bucket []byte, f func(k, v []byte) error) error {
	if b := tx.Bucket(bucket); b != nil {
		return b.ForEach(f)
	}
	return nil
}

func idOf(b []byte) model.ID { return model.ID(binary.BigEndian.Uint64(b)) }

// keyBytes is the key of bucketKeys; the length keeps tenants apart.
func keyBytes(tenant, key string) []byte {
	b := binary.AppendUvarint(nil, uint64(len(tenant)))
	return append(append(b, tenant...), key...)
}

const digestBytes = 16

// threadKey is the key of bucketThreads. Names of users and sessions are hashed,
// so that deleting their memories leaves none behind.
func threadKey(thread string) []byte {
	sum := sha256.Sum256([]byte(thread))
	return sum[:16]
}

// readSpace returns the space that the first memory fixed, without name before that.
func readSpace(tx *bolt.Tx) (segment.Space, error) {
	v := string(tx.Bucket(bucketMeta).Get(metaSpace))
	if v == "" {
		return segment.Space{}, nil
	}
	fields := append(strings.Split(v, "\x00"), model.Cosine.String()) // where there is no third
	damaged := fmt.Errorf("store: vector space of %d bytes: %w", len(v), model.ErrCorrupt)
	if len(fields) < 3 || len(fields) > 4 {
		return segment.Space{}, damaged
	}
	dim, err := strconv.Atoi(fields[1])
	metric, metricErr := model.ParseMetric(fields[2])
	if err != nil || metricErr != nil || metric == model.MetricUnset || dim < 1 || dim > model.DimensionMax {
		return segment.Space{}, damaged
	}
	language, err := readLanguage(tx)
	return segment.Space{Name: fields[0], Dim: dim, Metric: metric, Language: language}, err
}

// readLanguage returns the language that the first memory fixed.
func readLanguage(tx *bolt.Tx) (string, error) {
	language := string(tx.Bucket(bucketMeta).Get(metaLanguage))
	switch {
	case language == "":
		return text.English, nil
	case !text.Known(language):
		return "", fmt.Errorf("store: its texts are taken for language %q, which this version does not know: %w", language, model.ErrUnsupported)
	}
	return language, nil
}

// writeSpace names metric and language only where they are not those of a store without,
// so that such stores stay what they were.
func writeSpace(e *edit, s segment.Space) error {
	v := s.Name + "\x00" + strconv.Itoa(s.Dim)
	if s.Metric != model.Cosine {
		v += "\x00" + s.Metric.String()
	}
	if s.Language != text.English {
		if err := e.put(bucketMeta, metaLanguage, []byte(s.Language)); err != nil {
			return err
		}
	}
	return e.put(bucketMeta, metaSpace, []byte(v))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const recordSumBytes = 4

func recordSum(key, record []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, record)
}

// sealRecord returns the value that bucketMemories holds for a record: the record's own
// memory where that has room behind it, which its maker left.
func sealRecord(key, record []byte) []byte {
	return binary.LittleEndian.AppendUint32(record, recordSum(key, record))
}

// openRecord returns the record of such a value, which has to be that of key.
func openRecord(key, value []byte) ([]byte, error) {
	end := len(value) - recordSumBytes
	if end < 0 || binary.LittleEndian.Uint32(value[end:]) != recordSum(key, value[:end]) {
		return nil, fmt.Errorf("record of %d bytes: checksum: %w", len(value), model.ErrCorrupt)
	}
	return value[:end:end], nil
}

// entry is a row of the manifest: a segment file or a memory file, the sequences it answers
// for, and the checksum that tells it from the same file of another store or time.
type entry struct {
	number      uint64
	first, last model.ID
	sum         uint32
}

func (e entry) put(to *edit, bucket []byte) error {
	value := append(idBytes(e.first), idBytes(e.last)...)
	return to.put(bucket, idBytes(model.ID(e.number)), binary.BigEndian.AppendUint32(value, e.sum))
}

// readManifest lists the segment files.
func readManifest(tx *bolt.Tx) ([]entry, error) { return readEntries(tx, bucketSegments) }

func readEntries(tx *bolt.Tx, bucket []byte) ([]entry, error) {
	var entries []entry
	err := forEach(tx, bucket, func(k, v []byte) error {
		if len(k) != 8 || len(v) != 20 {
			return fmt.Errorf("store: manifest entry of %d bytes: %w", len(v), model.ErrCorrupt)
		}
		entries = append(entries, entry{uint64(idOf(k)), idOf(v), idOf(v[8:]), binary.BigEndian.Uint32(v[16:])})
		return nil
	})
	return entries, err
}
