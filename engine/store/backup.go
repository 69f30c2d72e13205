package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// A backup is a store's directory with a file more, which names every file with
// its SHA-256 in the form that sha256sum -c takes:
//
//	# nexus backup 1: 1200 memories
//	<64 hexadecimal digits>  truth.db
//	<64 hexadecimal digits>  RANKER
//	<64 hexadecimal digits>  memories/00000007.nxm
//	<64 hexadecimal digits>  segments/00000007.nxs
//	# end: 3 files
//
// Opening a backup for writing makes it a store like any other: the list goes.
const (
	backupList  = "BACKUP"
	backupHead  = "# nexus backup 1: %d memories"
	backupEnd   = "# end: %d files"
	unnamed     = ".partial" // of a truth.db, and of a directory, until it is whole
	listMax     = 1 << 26    // bytes of a list: half a million files
	backupFiles = 1 << 19
)

// Meter is told how many bytes of how many are done.
type Meter func(done, total uint64)

// Backup copies the store, as it is at one moment between two commits, to a
// directory that does not exist or is empty, and returns the memories in it.
// The copy is checked (bbolt's pages, every record, the memory files) and durable before it has
// its name; where it fails nothing is left behind.
//
// Segment and memory files, which never change, are linked where they can be and copied
// where not; lists of vectors are left out, as the copy makes them itself once it is opened for writing. Reads and writes go on; a write waits where truth.db has to grow
// just while its pages are copied, Compact waits until they are. Deleted texts
// are in the copy as far as they still stand in the store: Compact first.
//
// Errors: ErrExists (the directory is not empty), ErrInvalid (it lies in the
// store's own), ErrCorrupt (the store is damaged), ErrCancelled, ErrNoSpace.
func (s *Store) Backup(ctx context.Context, dir string, meter Meter) (uint64, error) {
	return s.backup(ctx, dir, meter, os.Link)
}

func (s *Store) backup(ctx context.Context, dir string, meter Meter, link func(from, to string) error) (memories uint64, err error) {
	at, err := newPlace(dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, at.close(err == nil)) }()
	if inside, relErr := filepath.Rel(s.dir, at.final); relErr == nil && filepath.IsLocal(inside) {
		return 0, fmt.Errorf("store: a backup within the store's own directory: %w", model.ErrInvalid)
	}
	files, err := s.copyPoint(ctx, at.work, meter, link)
	if err != nil {
		return 0, err
	}
	if memories, err = verifyTruthFile(ctx, at.work, truthName+unnamed); err != nil {
		return 0, err
	}
	list := func(w io.Writer) error { return writeBackupList(w, memories, files) }
	if err = writeDurably(vfs.OS, filepath.Join(at.work, backupList), list); err != nil {
		return 0, err
	}
	return memories, at.nameTruth()
}

// copyPoint writes the files of one moment to work and returns their list.
func (s *Store) copyPoint(ctx context.Context, work string, meter Meter, link func(from, to string) error) ([]backupFile, error) {
	s.backups.RLock() // a compaction puts another file in truth.db's place
	defer s.backups.RUnlock()
	p, err := s.capture(work, link)
	if err != nil {
		return nil, err
	}
	defer p.release()
	c := &copier{ctx: ctx, meter: meter, total: p.size}
	err = p.copyTo(c, work)
	return c.files, err
}

// point is a store at one moment: a transaction, and the files it names.
type point struct {
	tx     *bolt.Tx
	linked []string // names within the directory of files that are in the backup already
	open   []opened // those to be copied
	size   uint64   // of all files
	// journalDir has the journal whose groups the truth lacks; "" where it lacks none.
	journalDir string
}

// opened is a file to be copied, and its name within the directory.
type opened struct {
	*os.File
	name string
}

// capture takes hold of the store between two commits. On the writer's goroutine
// no merge removes a file between the manifest's reading and the linking.
func (s *Store) capture(work string, link func(from, to string) error) (*point, error) {
	p := &point{}
	take := func() error { return guarded(func() error { return s.takePoint(p, work, link) }) }
	var err error
	if s.readOnly {
		err = errClosed
		if !s.closing.Load() {
			err = take()
		}
	} else {
		err = s.between(context.Background(), take)
	}
	if err != nil {
		p.release()
		return nil, err
	}
	return p, nil
}

func (s *Store) takePoint(p *point, work string, link func(from, to string) error) (err error) {
	if !s.readOnly {
		if err := s.checkpoint(); err != nil {
			return err
		}
	}
	if p.tx, err = s.db.Begin(false); err != nil {
		return classify(err)
	}
	var manifest []entry
	err = s.readTruth(func(tx *bolt.Tx) (err error) {
		manifest, err = readManifest(tx)
		return err
	})
	if err != nil {
		return err
	}
	if s.tx != nil { // opened for reading, with a journal that nobody has taken up
		p.journalDir = s.dir
	}
	p.size = uint64(p.tx.Size())
	for _, file := range s.held {
		if there, err := p.takeFile(s.dir, heldName(file.number), work, link); err != nil || !there {
			return cmp.Or(err, fmt.Errorf("store: %s is missing: %w", heldName(file.number), model.ErrCorrupt))
		}
	}
	if _, err := p.takeFile(s.dir, rankerName, work, link); err != nil {
		return err
	}
	for _, e := range manifest { // one that is missing is made of the rest when the backup is opened
		if _, err := p.takeFile(s.dir, segmentFile(e.number), work, link); err != nil {
			return err
		}
	}
	return nil
}

// takeFile links a file of the directory, or opens it, if it is there and a file.
func (p *point) takeFile(dir, name, work string, link func(from, to string) error) (there bool, err error) {
	path := filepath.Join(dir, name)
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return false, nil
	}
	if err != nil {
		return false, classify(err)
	}
	if err := link(path, filepath.Join(work, name)); err == nil {
		p.linked = append(p.linked, name)
	} else {
		f, err := os.Open(path)
		if err != nil {
			return false, classify(err)
		}
		p.open = append(p.open, opened{f, name})
	}
	p.size += uint64(info.Size())
	return true, nil
}

// release ends the transaction, which until then keeps the pages that it sees.
func (p *point) release() {
	if p.tx != nil {
		_ = p.tx.Rollback() // of a reading transaction: there is nothing to fail
		p.tx = nil
	}
	for _, f := range p.open {
		f.Close()
	}
}

// copyTo writes the files, the truth first: its transaction is to end soon.
func (p *point) copyTo(c *copier, work string) error {
	truth := func(w io.Writer) error {
		return guarded(func() error {
			_, err := p.tx.WriteTo(w)
			err = errors.Join(err, p.tx.Rollback())
			p.tx = nil
			return err
		})
	}
	path := filepath.Join(work, truthName+unnamed)
	if err := c.write(path, truthName, truth); err != nil {
		return err
	}
	if p.journalDir != "" {
		if err := settle(p.journalDir, path); err != nil {
			return err
		}
		c.files = c.files[:0] // it is another file now
		if err := c.sum(path, truthName, io.Discard); err != nil {
			return err
		}
	}
	for _, f := range p.open {
		copied := func(w io.Writer) error { _, err := io.Copy(plain{w}, f); return err }
		if err := c.write(filepath.Join(work, f.name), f.name, copied); err != nil {
			return err
		}
	}
	for _, name := range p.linked {
		if err := c.sum(filepath.Join(work, name), name, io.Discard); err != nil {
			return err
		}
	}
	return errors.Join(vfs.OS.SyncDir(filepath.Join(work, memoriesName)), vfs.OS.SyncDir(filepath.Join(work, segmentsName)))
}

// plain hides every method but Write, so that io.Copy hands over small pieces.
type plain struct{ io.Writer }

// backupFile is a line of the list.
type backupFile struct {
	name string
	sum  [sha256.Size]byte
}

// copier writes files and notes their sums.
type copier struct {
	ctx         context.Context
	meter       Meter
	done, total uint64
	files       []backupFile
}

// write makes a file durable whose content f writes, and notes it under name.
func (c *copier) write(path, name string, f func(io.Writer) error) error {
	return writeDurably(vfs.OS, path, func(w io.Writer) error { return c.through(w, name, f) })
}

// sum reads a file into w and notes it.
func (c *copier) sum(path, name string, w io.Writer) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return c.through(w, name, func(w io.Writer) error { _, err := io.Copy(plain{w}, f); return err })
}

func (c *copier) through(w io.Writer, name string, f func(io.Writer) error) error {
	m := &metered{copier: c, to: w, sum: sha256.New()}
	if err := f(m); err != nil {
		return err
	}
	c.files = append(c.files, backupFile{name, [sha256.Size]byte(m.sum.Sum(nil))})
	return nil
}

// metered passes bytes on, sums and counts them, and lets others run in between.
type metered struct {
	*copier
	to  io.Writer
	sum hash.Hash
}

func (m *metered) Write(p []byte) (int, error) {
	if err := model.FromContext(m.ctx, "store: copy"); err != nil {
		return 0, err
	}
	m.sum.Write(p)
	n, err := m.to.Write(p)
	m.done += uint64(n)
	if m.meter != nil {
		m.meter(m.done, max(m.done, m.total))
	}
	runtime.Gosched()
	return n, err
}

func writeBackupList(w io.Writer, memories uint64, files []backupFile) error {
	var b strings.Builder
	fmt.Fprintf(&b, backupHead+"\n", memories)
	for _, f := range files {
		fmt.Fprintf(&b, "%s  %s\n", hex.EncodeToString(f.sum[:]), filepath.ToSlash(f.name))
	}
	fmt.Fprintf(&b, backupEnd+"\n", len(files))
	_, err := io.WriteString(w, b.String())
	return err
}

// place is where a directory is being written that is to be whole or not there.
// A new one is written under another name beside it. One that exists, empty (the
// mount point of a volume, say), is written in place; it is a store only once
// its truth.db has that name, which comes last.
type place struct {
	final, work string
}

func newPlace(dir string) (*place, error) {
	final, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	p := &place{final, final}
	switch entries, err := os.ReadDir(final); {
	case errors.Is(err, os.ErrNotExist):
		p.work = fmt.Sprintf("%s.%x%s", final, time.Now().UnixNano(), unnamed)
		if err := os.Mkdir(p.work, 0o700); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	case len(entries) > 0:
		return nil, fmt.Errorf("store: %s is not empty: %w", dir, model.ErrExists)
	}
	for _, folder := range [...]string{segmentsName, memoriesName} {
		if err := os.Mkdir(filepath.Join(p.work, folder), 0o700); err != nil {
			return nil, errors.Join(err, p.close(false))
		}
	}
	return p, nil
}

// nameTruth makes the directory a store.
func (p *place) nameTruth() error {
	path := filepath.Join(p.work, truthName)
	if err := os.Rename(path+unnamed, path); err != nil {
		return err
	}
	return vfs.OS.SyncDir(p.work)
}

// close gives the directory its name where it is whole, else removes what was
// written.
func (p *place) close(whole bool) error {
	if whole && p.work != p.final {
		if err := os.Rename(p.work, p.final); err != nil {
			return errors.Join(err, os.RemoveAll(p.work))
		}
		return vfs.OS.SyncDir(filepath.Dir(p.final))
	}
	if whole {
		return nil
	}
	if p.work != p.final {
		return os.RemoveAll(p.work)
	}
	var err error
	for _, name := range []string{truthName, truthName + unnamed, backupList, rankerName, segmentsName, memoriesName} {
		err = errors.Join(err, os.RemoveAll(filepath.Join(p.work, name)))
	}
	return err
}

// verifyTruthFile reads a truth file whole, one that no store has open: bbolt's
// pages and every record, and the memory files in its directory that it names. The first
// fault is ErrCorrupt, and says where.
func verifyTruthFile(ctx context.Context, dir, name string) (memories uint64, err error) {
	path := filepath.Join(dir, name)
	version, err := formatOf(path)
	if err != nil {
		return 0, err
	}
	if version > FormatVersion || version == 0 {
		return 0, fmt.Errorf("store: truth.db: format version %d, this build reads %d: %w", version, FormatVersion, model.ErrUnsupported)
	}
	db, err := openFile(path, true)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = guarded(func() error {
		return db.View(func(tx *bolt.Tx) error {
			if err := walk(tx); err != nil {
				return err
			}
			for fault := range tx.Check() {
				if err == nil {
					err = fmt.Errorf("store: truth.db: %v: %w", fault, model.ErrCorrupt)
				}
			}
			if err != nil {
				return err
			}
			held, err := openHeld(tx, func(number uint64) (*segment.Held, error) {
				return segment.OpenHeld(vfs.OS, filepath.Join(dir, heldName(number)), false)
			})
			if err == nil {
				err = held.sound(ctx)
			}
			if err == nil {
				memories, err = verifyRecords(ctx, tx, held)
			}
			return err
		})
	})
	return memories, classify(err)
}

func verifyRecords(ctx context.Context, tx *bolt.Tx, held heldFiles) (count uint64, err error) {
	var records segment.RecordReader
	err = tx.Bucket(bucketMemories).ForEach(func(k, v []byte) error {
		if err := model.FromContext(ctx, "store: verify"); err != nil {
			return err
		}
		if _, err := held.version(&records, k, v); err != nil {
			return fmt.Errorf("store: truth.db: memory %d: %w", idOf(k), err)
		}
		count++
		return nil
	})
	if retired := tx.Bucket(bucketRetired); retired != nil { // versions that later ones replaced
		count -= min(count, uint64(retired.Stats().KeyN))
	}
	return count, err
}
