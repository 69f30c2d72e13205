package segment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/zeebo/xxh3"

	"github.com/nexus-memory/nexus/engine/fields"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
)

// selectionSlots is how many filters, and how many scopes, a segment remembers: what an
// application asks again and again, at a byte a row at most of either.
const selectionSlots = 8

// selections holds what filters select of one segment, which never changes. A
// filter's slot follows from its text; the latest to come there stays. Any
// goroutine loads and stores; what is stored is never written again.
type selections [selectionSlots]atomic.Pointer[selection]

type selection struct {
	text string   // of the filter
	set  rows.Set // nil = all rows
}

// selectRows returns the rows that a filter, which passed Check, lets through: nil
// where it lets every row through. Not to be changed. hash is that of its text.
func (s *Segment) selectRows(f model.Filter, hash uint64) rows.Set {
	slot, text := &s.selected[hash%selectionSlots], f.String()
	if have := slot.Load(); have != nil && have.text == text {
		return have.set
	}
	set := s.fieldReader().Select(f)
	if set.Count() == s.RowCount() {
		set = nil
	}
	slot.Store(&selection{text, set})
	return set
}

// Select returns, for every segment, the rows that a question of a scope and a
// filter may see: nil where every row may. See Allow for the scope, Narrow for the
// filter and what may be done with the sets.
func (v *View) Select(ctx context.Context, scope model.Scope, f model.Filter) ([]rows.Set, error) {
	allow := v.Allow(scope)
	if err := v.Narrow(ctx, allow, scope.Tenant, f); err != nil {
		return nil, err
	}
	return allow, nil
}

// Narrow takes the rows that a filter does not let through out of sets that the
// caller owns, nil for every row. It comes last: a set of allow may be one that a
// segment remembers afterwards, and is not to be changed. A filter is exact.
// ErrInvalid where it is not to be understood in this snapshot (checkFilter). Cost:
// see fields.Reader.Select for the first time that a segment is asked, next to
// nothing for the eight latest filters.
func (v *View) Narrow(ctx context.Context, allow []rows.Set, tenant string, f model.Filter) error {
	if f.IsZero() {
		return nil
	}
	if err := v.checkFilter(tenant, f); err != nil {
		return err
	}
	hash := xxh3.HashString(f.String())
	for part := range v.Parts {
		if err := model.FromContext(ctx, "filter"); err != nil {
			return err
		}
		set := v.Parts[part].selectRows(f, hash)
		switch {
		case allow[part] == nil:
			allow[part] = set
		case set != nil:
			allow[part].And(set)
		}
	}
	return nil
}

// checkFilter reports comparisons that cannot be meant as they are: of a Meta field
// that the tenant's memories have, but with values of another type alone; of one
// that no memory has while another name is but a letter away. A field that is simply
// nowhere is in order: no memory has it yet. A name that says "meta." is what is meant.
func (v *View) checkFilter(tenant string, f model.Filter) error {
	for _, arg := range f.Args() {
		if err := v.checkFilter(tenant, arg); err != nil {
			return err
		}
	}
	if f.Op() <= model.OpNot {
		return nil
	}
	info, err := model.ResolveField(f.FieldName())
	if err != nil || info.Type != model.TypeAny {
		return err
	}
	found := false
	var others []model.Type
	for i := range v.Parts {
		v.Parts[i].fieldReader().Types(info.Column, func(t model.Type, _ func(rows.Set)) bool {
			others = append(others, t)
			found = t == f.Wants() || f.Wants() == model.TypeAny
			return !found
		})
		if found {
			return nil
		}
	}
	for _, t := range others {
		if v.tenantHas(tenant, info.Column, t) {
			return fmt.Errorf("%s: %w", f.Where(), model.TypeMismatch(f.FieldName(), t, f))
		}
	}
	if near := v.nearField(tenant, f.FieldName()); near != "" && !info.Explicit {
		return fmt.Errorf("%s: no memory has a field %q, but %q is one; meta.%s says that it is meant: %w",
			f.Where(), f.FieldName(), near, f.FieldName(), model.ErrInvalid)
	}
	return nil
}

// tenantHas reports whether a live memory of the tenant has the column, with that
// type where one is given: what others have is not for it to learn. O(rows).
func (v *View) tenantHas(tenant, column string, want model.Type) bool {
	for i := range v.Parts {
		p, found := &v.Parts[i], false
		p.fieldReader().Types(column, func(t model.Type, has func(rows.Set)) bool {
			if want != model.TypeAny && t != want {
				return true
			}
			set := rows.NewSet(p.RowCount())
			has(set)
			set.Each(func(row int) { found = found || p.tenants[row] == hashName(tenant) && !p.Dead.Has(row) })
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// nearField returns the name of a built-in field, or of an entry that the tenant
// has, which differs from name by one slip or by capitals; "" where there is none.
func (v *View) nearField(tenant, name string) string {
	for _, builtin := range model.FieldNames() {
		if nearName(name, builtin) {
			return builtin
		}
	}
	var near []string
	for i := range v.Parts {
		v.Parts[i].fieldReader().Names(func(column string) {
			if entry, isMeta := strings.CutPrefix(column, model.MetaColumn("")); isMeta && nearName(name, entry) {
				near = append(near, entry)
			}
		})
	}
	slices.Sort(near)
	for _, entry := range slices.Compact(near) {
		if v.tenantHas(tenant, model.MetaColumn(entry), model.TypeAny) {
			return entry
		}
	}
	return ""
}

// nearName reports whether two different names are one slip apart: a letter more,
// less, other, or two that changed places. Names below four letters are never near.
func nearName(a, b string) bool {
	if a == b || min(len(a), len(b)) < 4 {
		return false
	}
	if strings.EqualFold(a, b) {
		return true
	}
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	swapped := len(x) == 2 && len(y) == 2 && x[0] == y[1] && x[1] == y[0]
	return swapped || len(x)+len(y) <= 1 || len(x) == 1 && len(y) == 1
}

// fieldsOfRecords makes the columns of fields of a segment that was written
// before there were any. O(bytes of records).
func (c *content) fieldsOfRecords() error {
	b := fields.NewBuilder()
	for row := range c.ids {
		m, err := DecodeRecord(c.records[c.recordStarts[row]:c.recordStarts[row+1]])
		if err != nil {
			return err
		}
		b.Add(row, fields.Of(&m), m.IngestTime.UnixMicro())
	}
	b.Finish(&c.fields, len(c.ids))
	return nil
}
