package segment

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
)

// A record is a memory as bytes: a fixed head, then strings and numbers with
// varint lengths. It is the truth's value and a segment's row alike; only the
// truth's carries the vector behind it. Layout, little-endian:
//
//	0 version  1 kind  2 flags u16  4 importance f32  8 event i64
//	16 when this version was committed i64  24 position u32
//	28 vector length u32 (0 = none here)
//	32 in version 2 the life of the memory, 60 bytes, see life
//	   key tenant user agent session speaker source text, each uvarint length + bytes
//	   start end uvarint; count uvarint of meta entries: name, type byte, value
//	   then the vector, f32 each
//
// Times are microseconds since 1970. Version 2 is written for memories that have
// a life, so that all others keep the bytes, and the digests, that they always had.
const (
	recordVersion = 1
	recordLived   = 2
	recordHead    = 32
	lifeBytes     = 60
	flagEvent     = 1 << 0

	offEvent, offIngest, offPosition, offVector = 8, 16, 24, 28
)

const (
	metaString = iota
	metaNumber
	metaBool
	metaTime
	metaList
)

// life is what a record tells of a memory beyond its first, endless and
// unconditional version. Layout: every field in order, little-endian.
type life struct {
	id                 uint64 // of the memory, where this is not its first version; else 0
	created            int64  // when the first version was committed; with id
	validFrom, validTo int64  // openFrom, openTo where not given
	expires            int64  // never where not given
	supersedes         uint64
	supersededBy       uint64
	version            uint32
}

const (
	openFrom = math.MinInt64
	openTo   = math.MaxInt64
	never    = math.MaxInt64

	offLinked = recordHead + 48 // of supersededBy, stamped at commit
)

// unlived is the life of a memory without one.
var unlived = life{validFrom: openFrom, validTo: openTo, expires: never, version: 1}

func lifeOf(m *model.Memory) life {
	l := unlived
	if m.Version > 1 {
		l.id, l.created, l.version = uint64(m.ID), m.IngestTime.UnixMicro(), m.Version
	}
	for _, f := range [...]struct {
		from time.Time
		to   *int64
	}{{m.ValidFrom, &l.validFrom}, {m.ValidTo, &l.validTo}, {m.ExpiresAt, &l.expires}} {
		if !f.from.IsZero() {
			*f.to = f.from.UnixMicro()
		}
	}
	l.supersedes, l.supersededBy = uint64(m.Supersedes), uint64(m.SupersededBy)
	return l
}

func (l *life) append(dst []byte) []byte {
	le := binary.LittleEndian
	for _, v := range [...]uint64{l.id, uint64(l.created), uint64(l.validFrom), uint64(l.validTo), uint64(l.expires), l.supersedes, l.supersededBy} {
		dst = le.AppendUint64(dst, v)
	}
	return le.AppendUint32(dst, l.version)
}

// readLife returns the life that a record tells of. The record must be whole.
func readLife(record []byte) life {
	if record[0] != recordLived {
		return unlived
	}
	le, b := binary.LittleEndian, record[recordHead:]
	return life{
		id: le.Uint64(b), created: int64(le.Uint64(b[8:])), validFrom: int64(le.Uint64(b[16:])), validTo: int64(le.Uint64(b[24:])),
		expires: int64(le.Uint64(b[32:])), supersedes: le.Uint64(b[40:]), supersededBy: le.Uint64(b[48:]), version: le.Uint32(b[56:]),
	}
}

// tell puts a record's life into the memory.
func (l *life) tell(m *model.Memory) {
	m.Version, m.UpdateTime = l.version, m.IngestTime
	if l.id != 0 {
		m.ID, m.IngestTime = model.ID(l.id), time.UnixMicro(l.created).UTC()
	}
	for _, f := range [...]struct {
		from, none int64
		to         *time.Time
	}{{l.validFrom, openFrom, &m.ValidFrom}, {l.validTo, openTo, &m.ValidTo}, {l.expires, never, &m.ExpiresAt}} {
		if f.from != f.none {
			*f.to = time.UnixMicro(f.from).UTC()
		}
	}
	m.Supersedes, m.SupersededBy = model.ID(l.supersedes), model.ID(l.supersededBy)
}

// RecordID returns the ID that a record of a later version names; 0 for a first
// version, whose ID is its sequence. The record must be whole.
func RecordID(record []byte) model.ID { return model.ID(readLife(record).id) }

// RecordExpiry returns when a record's memory expires, in microseconds;
// math.MaxInt64 where it does not. The record must be whole.
func RecordExpiry(record []byte) int64 { return readLife(record).expires }

// committed returns when the record's version was committed, in microseconds.
func committed(record []byte) int64 {
	return int64(binary.LittleEndian.Uint64(record[offIngest:]))
}

// AppendRecord appends m, which must be normalized, without ID, IngestTime and
// Position, which are stamped at commit; a later version tells the ID and time
// of its memory. The vector goes last where with is true.
func AppendRecord(dst []byte, m *model.Memory, withVector bool) []byte {
	le := binary.LittleEndian
	at := len(dst)
	dst = append(slices.Grow(dst, recordRoom(m, withVector)), make([]byte, recordHead)...)
	head, l := dst[at:], lifeOf(m)
	head[0], head[1] = recordVersion, byte(m.Kind)
	if !m.EventTime.IsZero() {
		le.PutUint16(head[2:], flagEvent)
		le.PutUint64(head[offEvent:], uint64(m.EventTime.UnixMicro()))
	}
	le.PutUint32(head[4:], math.Float32bits(m.Importance))
	if withVector {
		le.PutUint32(head[offVector:], uint32(len(m.Vector)))
	}
	if l != unlived {
		head[0] = recordLived
		dst = l.append(dst)
	}
	for _, s := range [...]string{m.Key, m.Tenant, m.User, m.Agent, m.Session, m.Speaker, m.Source, m.Text} {
		dst = appendString(dst, s)
	}
	dst = binary.AppendUvarint(dst, m.Start)
	dst = binary.AppendUvarint(dst, m.End)
	dst = appendMeta(dst, m.Meta)
	if withVector {
		dst = slices.Grow(dst, 4*len(m.Vector))
		vector := dst[len(dst) : len(dst)+4*len(m.Vector)]
		for i, x := range m.Vector {
			le.PutUint32(vector[4*i:], math.Float32bits(x))
		}
		dst = dst[:len(dst)+len(vector)]
	}
	return dst
}

// recordRoom is about what a record takes, with room for the checksum that the truth puts
// behind it: so that it is made in one piece.
func recordRoom(m *model.Memory, withVector bool) int {
	room := recordHead + lifeBytes + 64
	for _, s := range [...]string{m.Key, m.Tenant, m.User, m.Agent, m.Session, m.Speaker, m.Source, m.Text} {
		room += len(s)
	}
	if withVector {
		room += 4 * len(m.Vector)
	}
	return room
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// appendMeta writes the entries in the order of their names, so that equal
// memories have equal records.
func appendMeta(dst []byte, meta map[string]any) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(meta)))
	for _, name := range slices.Sorted(maps.Keys(meta)) {
		dst = appendString(dst, name)
		switch v := meta[name].(type) {
		case string:
			dst = appendString(append(dst, metaString), v)
		case float64:
			dst = binary.LittleEndian.AppendUint64(append(dst, metaNumber), math.Float64bits(v))
		case bool:
			dst = append(dst, metaBool, 0)
			if v {
				dst[len(dst)-1] = 1
			}
		case time.Time:
			dst = binary.LittleEndian.AppendUint64(append(dst, metaTime), uint64(v.UnixMicro()))
		case []string:
			dst = binary.AppendUvarint(append(dst, metaList), uint64(len(v)))
			for _, s := range v {
				dst = appendString(dst, s)
			}
		default:
			panic(fmt.Sprintf("segment: meta of type %T was not normalized", v))
		}
	}
	return dst
}

// Body returns the record without the vector behind it, as segments store it.
// The result is a copy where a vector has to be cut off, else record itself.
func Body(record []byte) []byte {
	n := int(binary.LittleEndian.Uint32(record[offVector:]))
	if n == 0 {
		return record
	}
	body := slices.Clone(record[:len(record)-4*n])
	binary.LittleEndian.PutUint32(body[offVector:], 0)
	return body
}

// DecodeRecord returns the memory of a record; a first version without ID. Strings are copies: the result
// outlives the bytes. Any input is safe; a bad one gives ErrCorrupt with the byte.
func DecodeRecord(record []byte) (model.Memory, error) {
	r := recordReader{data: record, at: recordHead}
	switch {
	case len(record) >= recordHead && record[0] == recordVersion:
	case len(record) >= recordHead+lifeBytes && record[0] == recordLived:
		r.at += lifeBytes
	default:
		return model.Memory{}, fmt.Errorf("record of %d bytes: unknown version: %w", len(record), model.ErrCorrupt)
	}
	le := binary.LittleEndian
	m := model.Memory{
		Kind:       model.Kind(record[1]),
		Importance: math.Float32frombits(le.Uint32(record[4:])),
		IngestTime: time.UnixMicro(committed(record)).UTC(),
		Position:   le.Uint32(record[offPosition:]),
	}
	if le.Uint16(record[2:])&flagEvent != 0 {
		m.EventTime = time.UnixMicro(int64(le.Uint64(record[offEvent:]))).UTC()
	}
	l := readLife(record)
	l.tell(&m)
	for _, field := range [...]*string{&m.Key, &m.Tenant, &m.User, &m.Agent, &m.Session, &m.Speaker, &m.Source, &m.Text} {
		*field = r.string()
	}
	m.Start, m.End = r.uvarint(), r.uvarint()
	m.Meta = r.meta()
	m.Vector = r.vector(int(le.Uint32(record[offVector:])))
	if r.bad || r.at != len(record) {
		return model.Memory{}, fmt.Errorf("record of %d bytes: broken at byte %d: %w", len(record), r.at, model.ErrCorrupt)
	}
	return m, nil
}

// recordTexts returns speaker and text of a record, copied, without looking at the
// rest of it; empty ones of a record that is broken.
func recordTexts(record []byte) (speaker, body string) {
	r := recordReader{data: record, at: recordHead}
	if record[0] == recordLived {
		r.at += lifeBytes
	}
	for range 5 { // key, tenant, user, agent, session
		r.take(r.uvarint())
	}
	speaker = r.string()
	r.take(r.uvarint()) // source
	return speaker, r.string()
}

// titleOf returns the title that a record's Meta has; "" for none.
func titleOf(record []byte) string {
	m, err := DecodeRecord(record)
	title, ok := m.Meta[model.MatchFieldTitle].(string)
	if err != nil || !ok {
		return ""
	}
	return title
}

// recordReader walks a record; after the first fault it returns zero values.
type recordReader struct {
	data []byte
	at   int
	bad  bool
}

func (r *recordReader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.data)-r.at) {
		r.bad = true
		return nil
	}
	b := r.data[r.at : r.at+int(n)]
	r.at += int(n)
	return b
}

func (r *recordReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data[r.at:])
	if r.bad || n <= 0 {
		r.bad = true
		return 0
	}
	r.at += n
	return v
}

func (r *recordReader) string() string { return string(r.take(r.uvarint())) }

func (r *recordReader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *recordReader) meta() map[string]any {
	n := r.uvarint()
	if n == 0 || n > model.MetaCountMax {
		r.bad = r.bad || n != 0
		return nil
	}
	meta := make(map[string]any, n)
	for range n {
		name := r.string()
		meta[name] = r.metaValue()
	}
	return meta
}

func (r *recordReader) metaValue() any {
	kind := r.take(1)
	if kind == nil {
		return nil
	}
	switch kind[0] {
	case metaString:
		return r.string()
	case metaNumber:
		return math.Float64frombits(r.uint64())
	case metaBool:
		b := r.take(1)
		return b != nil && b[0] != 0
	case metaTime:
		return time.UnixMicro(int64(r.uint64())).UTC()
	case metaList:
		n := r.uvarint()
		list := []string{}
		for i := uint64(0); i < n && !r.bad; i++ {
			list = append(list, r.string())
		}
		return list
	}
	r.bad = true
	return nil
}

func (r *recordReader) vector(n int) []float32 {
	if n == 0 {
		return nil
	}
	b := r.take(4 * uint64(n))
	if b == nil {
		return nil
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}
