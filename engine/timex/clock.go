package timex

// clocks reads a time of day, or two with "to" or a dash between.
func (f *Finder) clocks(i int) node {
	if n := f.clockSpan(i, wordTo); n.next != 0 {
		return n
	}
	return f.clock(i)
}

// clockSpan reads "10 am to 6 pm", "9-11 am".
func (f *Finder) clockSpan(i int, joint class) node {
	next := i + 1 // of an hour alone
	if t := f.peek(i); t.class != wordDigits || t.size > 2 || t.value > 23 || f.joint(next, joint) == 0 {
		next = f.clock(i).next
	}
	if next == 0 {
		return node{}
	}
	j := f.joint(next, joint)
	if j == 0 {
		return node{}
	}
	return f.clock(j)
}

// clock reads "5 pm", "5:30", "17:30", "five o'clock", "half past three", "noon", and "5" behind "at".
func (f *Finder) clock(i int) node {
	t := f.peek(i)
	switch t.class {
	case wordNoon:
		return node{kind: Clock, next: i + 1}
	case wordHalf, wordUnit, wordDigits, wordNumber:
		if n := f.past(i); n.next != 0 {
			return n
		}
	}
	if t.class != wordDigits && t.class != wordNumber || t.value > 24 || t.size > 2 {
		return node{}
	}
	if t.gap == gapPrice || t.gap == gapSlash || t.gap == gapDot || t.gap == gapColon {
		return node{}
	}
	next, minutes := f.minutes(i + 1)
	if n := f.half(next, t.value); n.next != 0 {
		return n
	}
	if minutes {
		return node{kind: Clock, next: next}
	}
	if o, c := f.peek(i+1), f.peek(i+2); o.class == wordO && o.gap == gapSpace && c.class == wordClock && c.gap == gapApostrophe {
		return node{kind: Clock, next: i + 3}
	}
	return f.hour(i)
}

// minutes passes ":30" or ":30:15".
func (f *Finder) minutes(i int) (next int, ok bool) {
	next = i
	for range 2 {
		t := f.peek(next)
		if t.class != wordDigits || t.gap != gapColon || t.size != 2 || t.value > 59 {
			break
		}
		next++
		ok = true
	}
	if t := f.peek(next); ok && (t.gap == gapColon && t.class == wordDigits) {
		return i, false
	}
	return next, ok
}

// half reads "am", "p.m." behind an hour of twelve.
func (f *Finder) half(i int, hour int32) node {
	t := f.peek(i)
	if hour < 1 || hour > 12 || t.gap != gapNone && t.gap != gapSpace {
		return node{}
	}
	if t.class == wordAM {
		return node{kind: Clock, next: i + 1}
	}
	m := f.peek(i + 1)
	if t.class != wordP && (t.class != wordA || t.end != t.start+1) || m.class != wordM || m.gap != gapDot {
		return node{}
	}
	n := node{kind: Clock, next: i + 2, end: m.end}
	if m.end < len(f.text) && f.text[m.end] == '.' {
		n.end++
	}
	return n
}

// past reads "half past three", "quarter to six".
func (f *Finder) past(i int) node {
	t, p := f.peek(i), f.peek(i+1)
	quarter := t.class == wordUnit && t.value == unitQuarter && !t.plural
	minutes := (t.class == wordDigits || t.class == wordNumber) && (t.value == 5 || t.value == 10) && f.back(i) == wordAt
	if t.class != wordHalf && !quarter && !minutes || !p.near() {
		return node{}
	}
	if !(p.class == wordWhich && p.value == whichPast) && !(p.class == wordTo && t.class != wordHalf) {
		return node{}
	}
	h := f.peek(i + 2)
	if h.gap != gapSpace || h.class != wordDigits && h.class != wordNumber || h.value < 1 || h.value > 12 {
		return node{}
	}
	return node{kind: Clock, next: i + 3}
}

// hour reads an hour alone: behind "at", with nothing behind that it could count.
func (f *Finder) hour(i int) node {
	t := f.peek(i)
	if f.back(i) != wordAt || t.value < 1 {
		return node{}
	}
	if f.is(i+1, wordIn) && f.is(i+2, wordThe) && f.peek(i+3).class == wordDaypart {
		return node{kind: Clock, next: i + 4}
	}
	if s := f.peek(i + 1); s.gap == gapNone && s.class != wordEnd || !f.over(i+1) {
		return node{}
	}
	return node{kind: Clock, next: i + 1}
}
