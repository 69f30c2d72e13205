package timex

// node is an expression that was read. next is the token behind it; 0 says that there is none.
type node struct {
	kind Kind
	next int
	end  int // byte, where it is not the end of the last token

	known   bool // rng is there
	rng     Range
	annual  annual // what recurs every year and was told without one, if any
	weekly  bool   // a day of the week: may be moved by weeks to fit its pair
	ordinal int32  // the day of the month, where the expression is a month and a day
}

// depthMax bounds expressions within expressions: "the day after the first Monday of May" has three.
const depthMax = 4

// starts tells the classes with which an expression may begin.
var starts = func() (starts [classes]bool) {
	for _, c := range []class{
		wordDigits, wordMonth, wordWeekday, wordUnit, wordNumber, wordTens, wordOrdinal, wordSeason, wordHoliday, wordNamed, wordDay,
		wordWhich, wordPart, wordEdge, wordAdverb, wordTimes, wordNoon, wordCouple, wordHalf, wordEvery, wordThe, wordA, wordIn,
		wordFrom, wordBetween, wordLater, wordAll, wordYear, wordQuarter,
	} {
		starts[c] = true
	}
	return starts
}()

// alone tells the classes that may be an expression, or its end, by themselves; the others that begin
// one need a word of follows behind them, which rules out most of "the", "a" and "in" at once.
var alone = func() (alone [classes]bool) {
	for _, c := range []class{
		wordMonth, wordWeekday, wordSeason, wordHoliday, wordDay, wordAdverb, wordNoon, wordQuarter,
	} {
		alone[c] = true
	}
	return alone
}()

var follows = func() (follows [classes]bool) {
	for _, c := range []class{
		wordDigits, wordMonth, wordWeekday, wordUnit, wordNumber, wordTens, wordOrdinal, wordSeason, wordHoliday, wordNamed, wordDay,
		wordDaypart, wordWhich, wordPart, wordEdge, wordDecade, wordTimes, wordCouple, wordHalf, wordEvery, wordOther, wordThe, wordA,
		wordOf, wordTo, wordBefore, wordAfter, wordYear, wordPer, wordNoon,
		wordO, wordAM, wordP, wordOr, wordAnd, wordS, wordAgo, wordAdverb,
	} {
		follows[c] = true
	}
	return follows
}()

// promising reports whether it is worth to parse what begins with token i.
func (f *Finder) promising(i int, t *token) bool {
	if alone[t.class] || t.plural {
		return true
	}
	f.first = i
	after := f.token(i + 1)
	switch {
	case t.class == wordDigits:
		return t.size == 4 || after.gap != gapSpace || follows[after.class] && after.class != wordDigits || f.back(i) == wordAt
	case follows[after.class]:
		return true
	}
	return t.class == wordNumber && f.back(i) == wordAt
}

// noToken stands for what is too far ahead to belong to an expression.
var noToken = token{class: wordEnd, gap: gapStop}

// peek returns token i of the expression being read.
func (f *Finder) peek(i int) *token {
	if i > f.first+ahead {
		return &noToken
	}
	return f.token(i)
}

// near reports whether a word continues the expression before it.
func (t *token) near() bool { return t.gap == gapSpace || t.gap == gapHyphen }

// is reports whether token i is of the class and continues the expression before it.
func (f *Finder) is(i int, c class) bool {
	t := f.peek(i)
	return t.class == c && t.near()
}

// back returns the class of the word before token i in the same phrase, or wordNone.
func (f *Finder) back(i int) class {
	if i == 0 || !f.peek(i).near() {
		return wordNone
	}
	return f.peek(i - 1).class
}

// word returns the text of a token.
func (f *Finder) word(t *token) string { return f.text[t.start:t.end] }

// mention reads an expression that begins with token i, and returns the token behind it; 0 = none.
func (f *Finder) mention(i int) (Mention, int) {
	f.first, f.depth, f.tensed = i, 0, false
	if i > 0 && f.peek(i).gap == gapDot {
		return Mention{}, 0 // within an address
	}
	n := f.any(i)
	if n.next == 0 {
		return Mention{}, 0
	}
	f.settle(&n)
	m := Mention{Start: f.peek(i).start, End: n.end, Kind: n.kind}
	if m.End == 0 {
		m.End = f.peek(n.next - 1).end
	}
	if n.known {
		m.Range = n.rng
	}
	if n.kind != Recurring && n.kind != Duration {
		m.Open = f.open(i, n.next)
	}
	return m, n.next
}

// any reads an expression of any kind.
func (f *Finder) any(i int) node {
	switch f.peek(i).class {
	case wordFrom, wordBetween:
		return f.pair(i)
	case wordEvery, wordAdverb, wordTimes:
		return f.recurring(i)
	}
	if n := f.recurring(i); n.next != 0 {
		return n
	}
	if n := f.spread(i); n.next != 0 {
		return n
	}
	if n := f.duration(i); n.next != 0 {
		return n
	}
	return f.clocks(i)
}

// open tells from the words around whether all before or all after is meant. "from" alone
// opens nothing: "the photos from Monday" are of Monday.
func (f *Finder) open(i, next int) int8 {
	from := f.back(i)
	if from == wordHedge {
		from = f.back(i - 1)
	}
	switch from {
	case wordSince, wordAfter:
		return 1
	case wordBefore, wordBy:
		return -1
	case wordTo:
		if f.back(i-1) == wordPrior {
			return -1
		}
	case wordOf:
		if f.back(i-1) == wordAs {
			return 1
		}
	case wordFrom:
		if f.is(next, wordOnward) || f.is(next, wordOn) {
			return 1
		}
	}
	return 0
}

// pair reads "between X and Y" and "from X to Y".
func (f *Finder) pair(i int) node {
	joint := wordTo
	if f.peek(i).class == wordBetween {
		joint = wordAnd
	}
	if f.peek(i+1).gap != gapSpace {
		return node{}
	}
	a := f.expression(i+1, true)
	if a.next == 0 {
		a = f.firstOf(i + 1)
	}
	if n := f.span(i+1, a, joint); n.next != 0 {
		return n
	}
	return f.clockSpan(i+1, joint)
}

// spread reads one expression, or two that "to" or a dash makes a pair.
func (f *Finder) spread(i int) node {
	a := f.expression(i, f.cued(i))
	first := a
	if a.next == 0 && f.joint(i+1, wordTo) != 0 {
		first = f.firstOf(i)
	}
	if n := f.span(i, first, wordTo); n.next != 0 {
		return n
	}
	return a
}

// firstOf reads what is a time by its pair alone: "2019-2021", "May to July", "Mon-Fri".
func (f *Finder) firstOf(i int) node {
	switch t := f.peek(i); {
	case f.isYear(i):
		return f.year(i)
	case t.class == wordMonth || t.class == wordWeekday:
		return f.expression(i, true)
	}
	return node{}
}

// span reads the second of a pair whose first is a, which begins at i; none where a stands alone.
func (f *Finder) span(i int, a node, joint class) node {
	if a.next == 0 {
		return f.daySpan(i, joint)
	}
	j := f.joint(a.next, joint)
	if j == 0 {
		return node{}
	}
	b := f.second(j, &a)
	if b.next == 0 || a.kind > Relative || b.kind > Relative {
		return node{}
	}
	return f.join(a, b)
}

// joint returns the token behind the word or dash between two expressions; 0 = there is none.
func (f *Finder) joint(i int, c class) int {
	t := f.peek(i)
	switch {
	case t.class == c && t.gap == gapSpace:
		return i + 1
	case c != wordTo || t.class == wordEnd:
		return 0
	case t.class == wordBy && t.gap == gapSpace:
		return i + 1
	case t.gap == gapDash || t.gap == gapHyphen:
		return i
	}
	return 0
}

// second reads the second of a pair, which may be a bare day or year behind one of its kind.
func (f *Finder) second(i int, a *node) node {
	if b := f.expression(i, true); b.next != 0 {
		return b
	}
	if a.ordinal == 0 {
		return node{}
	}
	day, next := f.dayNumber(i)
	if next == 0 || day <= a.ordinal {
		return node{}
	}
	b := *a
	b.next, b.ordinal = next, day
	if a.annual.fromMonth != 0 {
		b.annual.fromDay, b.annual.toDay = int8(day), int8(day)
		return f.withYear(b)
	}
	b.rng = dayRange(a.rng.From + day - a.ordinal)
	return b
}

// daySpan reads "7-9 May", "5 to 7 May 2023".
func (f *Finder) daySpan(i int, joint class) node {
	if f.peek(i).class == wordThe && f.ordinalDay(i+1) {
		i++
	}
	from, j := f.dayNumber(i)
	if j == 0 {
		return node{}
	}
	if j = f.joint(j, joint); j == 0 {
		return node{}
	}
	if f.peek(j).class == wordThe && f.ordinalDay(j+1) {
		j++
	}
	b := f.dayMonth(j)
	if b.next == 0 || from >= b.ordinal {
		return node{}
	}
	f.settle(&b)
	b.rng.From -= b.ordinal - from
	return b
}

// join makes one node of a pair: the first takes the year of the second, and moves by a year
// or week where they would run backwards.
func (f *Finder) join(a, b node) node {
	yearKnown := b.annual.fromMonth == 0 && b.known
	switch {
	case a.annual.fromMonth != 0 && yearKnown:
		a.rng, a.known = a.annual.before(b.rng.From)
	default:
		f.settle(&a)
		f.settle(&b)
		f.goesOn(&a, &b)
	}
	n := node{kind: max(a.kind, b.kind), next: b.next, end: b.end, known: a.known && b.known}
	if !n.known {
		return n
	}
	if a.rng.From > b.rng.To {
		f.order(&a, &b)
	}
	if a.rng.From > b.rng.To {
		return node{}
	}
	n.rng = Range{a.rng.From, max(a.rng.To, b.rng.To), max(a.rng.Grain, b.rng.Grain)}
	return n
}

// goesOn gives a pair without a year the one in which it goes on at the reference, unless the
// sentence is of the past.
func (f *Finder) goesOn(a, b *node) {
	if a.annual.fromMonth == 0 || b.annual.fromMonth == 0 || f.reference == Unknown || f.speaksOf(b.next) < 0 {
		return
	}
	from, began := a.annual.before(f.reference)
	to, ends := b.annual.after(from.From)
	if began && ends && to.To >= f.reference {
		a.rng, b.rng = from, to
	}
}

// order moves one of a pair that runs backwards.
func (f *Finder) order(a, b *node) {
	switch {
	case a.weekly && b.weekly && f.speaksOf(b.next) > 0:
		b.rng.From, b.rng.To = b.rng.From+7, b.rng.To+7
	case a.weekly && b.weekly:
		a.rng.From, a.rng.To = a.rng.From-7, a.rng.To-7
	case a.annual.fromMonth != 0:
		a.rng, a.known = a.annual.before(b.rng.From)
	case b.annual.fromMonth != 0:
		b.rng, b.known = b.annual.after(a.rng.To)
	}
}

// expression reads one expression of kind Absolute or Relative. cued says that the words before
// make a time of what could be something else: "in May", "between 2019 and".
func (f *Finder) expression(i int, cued bool) node {
	if f.depth >= depthMax {
		return node{}
	}
	f.depth++
	n := f.core(i, cued)
	f.depth--
	return n
}

func (f *Finder) core(i int, cued bool) node {
	switch t := f.peek(i); t.class {
	case wordThe:
		return f.definite(i+1, cued)
	case wordDigits:
		return f.digits(i, cued)
	case wordOrdinal, wordTens:
		if n := f.ordinalOf(i, false); n.next != 0 {
			return n
		}
		return f.counted(i)
	case wordNumber, wordA, wordCouple, wordHalf:
		return f.counted(i)
	case wordMonth:
		return f.month(i, cued)
	case wordWeekday:
		return f.weekday(i, cued)
	case wordSeason:
		return f.season(i, cued)
	case wordQuarter:
		return f.quarter(i, cued)
	case wordHoliday, wordNamed, wordYear:
		return f.withYear(f.holiday(i))
	case wordDay:
		return f.dayWord(i)
	case wordWhich:
		return f.which(i, false)
	case wordPart:
		return f.part(i)
	case wordEdge:
		return f.edge(i)
	case wordUnit:
		return f.unitOf(i, false)
	case wordLater:
		return f.within(i)
	case wordIn:
		return f.inCount(i)
	}
	return node{}
}

// definite reads what may follow "the".
func (f *Finder) definite(i int, cued bool) node {
	t := f.peek(i)
	if t.gap != gapSpace && t.gap != gapApostrophe {
		return node{}
	}
	switch t.class {
	case wordDigits:
		if n := f.decade(i); n.next != 0 {
			return n
		}
		return f.ordinalOf(i, true)
	case wordOrdinal, wordTens:
		return f.ordinalOf(i, true)
	case wordDecade:
		return f.decade(i)
	case wordSeason:
		return f.season(i, cued || f.back(i-1) == wordFor)
	case wordWhich:
		return f.which(i, true)
	case wordPart:
		return f.part(i)
	case wordEdge:
		return f.edge(i)
	case wordUnit:
		return f.unitOf(i, true)
	case wordWeekday, wordDaypart:
		return f.beside(i)
	case wordOther:
		return f.otherDay(i)
	}
	return node{}
}

// cued reports whether the word before makes a time of what follows.
func (f *Finder) cued(i int) bool {
	c := f.back(i)
	if c == wordHedge {
		c = f.back(i - 1)
	}
	switch c {
	case wordIn, wordSince, wordBy, wordBefore, wordAfter, wordFrom, wordOf:
		return true
	case wordAnd, wordOr:
		m := i - 2 // "in May or June"
		return f.peek(i).class == wordMonth && f.back(i-1) == wordMonth && m > f.first-behind && (!f.peek(m).weak || f.cued(m))
	}
	return false
}
