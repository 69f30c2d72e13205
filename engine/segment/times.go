package segment

import (
	"math"
	"slices"
	"sync/atomic"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
)

// What a view shows depends on three times: what has expired by now is never
// shown (Live), what was not known then is not shown to a question as of then
// (AsOf), and what was not true then not to one about then (KeepValid). The
// first two make another view, so that its statistics, and with them the scores,
// are those of what it shows; the third narrows the rows that may be returned.

// expiring remembers the latest of a view's Live views. Any goroutine loads and
// stores it; what is stored is complete and does not change.
type expiring struct{ latest atomic.Pointer[liveView] }

// liveView is what a view shows from one time on until before another.
type liveView struct {
	from, until int64
	view        *View
}

// Live returns the view without what has expired at a time, in microseconds. The
// same one until the next memory expires: then it costs O(rows/64 + expired).
func (v *View) Live(now int64) *View {
	if v.expiring == nil {
		return v
	}
	if l := v.expiring.latest.Load(); l != nil && l.from <= now && now < l.until {
		return l.view
	}
	l := v.live(now)
	v.expiring.latest.Store(l)
	return l.view
}

func (v *View) live(now int64) *liveView {
	l := &liveView{from: math.MinInt64, until: math.MaxInt64, view: v}
	parts := slices.Clone(v.Parts)
	expired := 0
	for i := range parts {
		p := &parts[i]
		n := p.expiredCount(now)
		if n > 0 {
			l.from = max(l.from, p.expiries[n-1])
			expired += p.expire(p.expiryRows[:n])
		}
		if n < len(p.expiries) {
			l.until = min(l.until, p.expiries[n])
		}
	}
	if expired > 0 {
		l.view = v.next(parts)
		l.view.Epoch, l.view.expired, l.view.expiring = v.Epoch, uint32(expired), nil
	}
	return l
}

// expiredCount returns how many of the part's expiries have come.
func (p *Part) expiredCount(now int64) int {
	n, _ := slices.BinarySearchFunc(p.expiries, now, func(at, now int64) int {
		if at <= now {
			return -1
		}
		return 1
	})
	return n
}

// expire hides rows, replaced ones for ever, and returns how many of them were not
// deleted before: what a merge drops has no part in what a view's Content is.
func (p *Part) expire(expired []uint32) (count int) {
	p.own()
	gone := rows.NewSet(p.RowCount())
	for _, row := range expired {
		if _, retired := p.retirement(int(row)); retired || !p.Dead.Has(int(row)) {
			count++
		}
		p.hide(int(row))
		gone.Add(int(row))
	}
	if len(p.Retired) > 0 {
		p.Retired = slices.DeleteFunc(slices.Clone(p.Retired), func(r Retirement) bool { return gone.Has(int(r.Row)) })
	}
	return count
}

// Expired returns the IDs of the memories whose current version has expired at a
// time, in microseconds, and is not deleted yet.
func (v *View) Expired(now int64) (ids []model.ID) {
	for i := range v.Parts {
		p := &v.Parts[i]
		for _, row := range p.expiryRows[:p.expiredCount(now)] {
			if !p.Dead.Has(int(row)) {
				ids = append(ids, p.ID(int(row)))
			}
		}
	}
	return ids
}

// AsOf returns the view as it was at a time, in microseconds: with the versions
// of then, of memories that are live now. It is v itself where nothing has been
// committed since. O(rows) of the segments where something has.
func (v *View) AsOf(then int64) *View {
	parts := slices.Clone(v.Parts)
	changed := false
	for i := range parts {
		p := &parts[i]
		back := slices.ContainsFunc(p.Retired, func(r Retirement) bool { return r.At > then })
		if p.newest <= then && !back {
			continue
		}
		changed = true
		dead := rows.NewSet(p.RowCount())
		copy(dead, p.Dead)
		for _, r := range p.Retired {
			if r.At <= then {
				continue
			}
			if _, live := v.Find(p.ID(int(r.Row))); live {
				dead.Remove(int(r.Row))
			}
		}
		for row, at := range p.ingests {
			if at > then {
				dead.Add(row)
			}
		}
		parts[i] = newPart(p.Segment, dead, p.Retired)
	}
	if !changed {
		return v
	}
	n := v.next(parts)
	n.Epoch, n.expiring = v.Epoch, nil
	return n
}

// KeepValid narrows the rows that may be returned, as Allow gives them, to those
// that are true at a time, in microseconds.
func (v *View) KeepValid(allow []rows.Set, at int64) {
	for part := range v.Parts {
		p := &v.Parts[part]
		for i, row := range p.validRows {
			if p.validFrom[i] <= at && at < p.validTo[i] {
				continue
			}
			if allow[part] == nil {
				allow[part] = rows.AllOf(p.RowCount())
			}
			allow[part].Remove(int(row))
		}
	}
}
