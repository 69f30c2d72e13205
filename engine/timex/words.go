package timex

import "strings"

// class says what a word may do in an expression of time; most words have none.
type class uint8

const (
	wordNone   class = iota
	wordEnd          // behind the last word
	wordDigits       // a run of digits; value is theirs, size how many

	wordMonth   // value 1 to 12; weak where it is also a name, a verb or an abbreviation
	wordWeekday // value 0 to 6; weak where it is an abbreviation
	wordUnit    // value is a unit
	wordNumber  // "three"; value is the number
	wordTens    // "twenty"
	wordOrdinal // "third"
	wordQuarter // "Q3"; value is the first month
	wordSeason  // value is the first month
	wordHoliday // value is a holiday
	wordNamed   // what is a holiday before "day"
	wordDay     // "today", "yesterday": value is days from the reference
	wordDaypart // "morning", "night"
	wordWhich   // "last", "next", "this": value is a which
	wordPart    // "early", "mid", "late": value is a part
	wordEdge    // "beginning", "middle", "end": value is a part
	wordDecade  // "nineties": value is 90
	wordAdverb  // "daily", "weekdays"
	wordTimes   // "once", "times"
	wordNoon    // "noon", "midnight"
	wordCouple  // "couple", "few", "several": value is the least, size the most that it may be
	wordHalf
	wordEvery
	wordOther
	wordThe
	wordA
	wordOf
	wordAnd
	wordOr
	wordTo
	wordIn
	wordOn
	wordAt
	wordFrom
	wordBetween
	wordBy
	wordSince
	wordBefore
	wordAfter
	wordAgo
	wordLater // value -1 for "earlier"
	wordNow
	wordFor // and other words behind which "a day" is a duration; value 1 where of the past
	wordAll
	wordHedge
	wordYear  // what may follow "day" or "eve" names: "new"
	wordEve   // "eve", "day" has its own unit
	wordClock // "clock" of "o'clock"
	wordO
	wordAM // "am", "pm"
	wordM  // of "a.m."
	wordP
	wordOld
	wordS      // of "90s", "Valentine's"
	wordSuffix // "st", "nd", "rd", "th"
	wordPer
	wordOnward
	wordPrior // of "prior to"
	wordAs    // of "as of"

	wordFuture // what tells that a sentence speaks of the future
	wordPast
	wordHave // past before a participle, to come in "have to"
	wordBe   // present: what is "on Friday" is to come
	wordGoing
	wordWon  // "won't"
	wordJoin // prepositions, pronouns and conjunctions, before which "at 5" and "the 7th" are over
	classes
)

// which says where to look for a thing that recurs.
const (
	whichBare = iota // by the tense
	whichLast        // "last"
	whichNext
	whichThis
	whichPast   // "past": up to the reference
	whichComing // from the reference on
)

// The units. From unitDay on they have a range.
const (
	unitSecond = iota
	unitMinute
	unitHour
	unitDay
	unitWeekend
	unitWeek
	unitMonth
	unitQuarter
	unitYear
	unitDecade
	unitCentury
	unitFortnight
)

// The parts of a stretch of time: its thirds.
const (
	whole = iota
	early
	middle
	late
)

// The holidays. Those before easterDay have a date of their own.
const (
	christmas = 1 + iota
	christmasEve
	boxingDay
	newYear
	newYearsEve
	halloween
	valentines
	independenceDay
	juneteenth
	veteransDay
	groundhogDay
	easterDay // from here on they move
	goodFriday
	easterMonday
	thanksgiving
	blackFriday
	laborDay
	memorialDay
	mothersDay
	fathersDay
)

// entry is a word of the table. value and size are as its class says.
type entry struct {
	lo, hi uint64 // the letters in ASCII, small, the first in the lowest byte
	class  class
	value  uint8
	size   uint8
	weak   bool
	plural bool
}

// vocabulary lists the words: a class, and the words of it. "word=value" gives the value,
// "~" marks a weak word, "+" a plural.
var vocabulary = []struct {
	class class
	words string
}{
	{wordMonth, "january=1 february=2 ~march=3 ~april=4 ~may=5 ~june=6 july=7 ~august=8 september=9 october=10 november=11 " +
		"december=12 ~jan=1 ~feb=2 ~mar=3 ~apr=4 ~jun=6 ~jul=7 ~aug=8 ~sep=9 ~sept=9 ~oct=10 ~nov=11 ~dec=12"},
	{wordWeekday, "monday=0 tuesday=1 wednesday=2 thursday=3 friday=4 saturday=5 sunday=6 ~mon=0 ~tue=1 ~tues=1 ~wed=2 " +
		"~thu=3 ~thur=3 ~thurs=3 ~fri=4 ~sat=5 ~sun=6 +mondays=0 +tuesdays=1 +wednesdays=2 +thursdays=3 +fridays=4 " +
		"+saturdays=5 +sundays=6"},
	{wordUnit, "+seconds=0 +secs=0 minute=1 +minutes=1 ~min=1 +mins=1 hour=2 +hours=2 ~hr=2 +hrs=2 ~h=2 day=3 +days=3 " +
		"weekend=4 +weekends=4 week=5 +weeks=5 +wks=5 month=6 +months=6 quarter=7 +quarters=7 year=8 +years=8 ~yr=8 +yrs=8 " +
		"decade=9 +decades=9 century=10 +centuries=10 fortnight=11 +fortnights=11"},
	{wordNumber, "one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 thirteen=13 " +
		"fourteen=14 fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19"},
	{wordTens, "twenty=20 thirty=30 forty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90"},
	{wordOrdinal, "first=1 second=2 third=3 fourth=4 fifth=5 sixth=6 seventh=7 eighth=8 ninth=9 tenth=10 eleventh=11 " +
		"twelfth=12 thirteenth=13 fourteenth=14 fifteenth=15 sixteenth=16 seventeenth=17 eighteenth=18 nineteenth=19 " +
		"twentieth=20 thirtieth=30"},
	{wordSeason, "spring=3 summer=6 autumn=9 fall=9 winter=12 +springs=3 +summers=6 +autumns=9 +winters=12"},
	{wordHoliday, "christmas=1 xmas=1 halloween=6 valentine=7 valentines=7 juneteenth=9 easter=12 thanksgiving=15"},
	{wordNamed, "boxing=3 independence=8 veterans=10 groundhog=11 good=13 black=16 labor=17 labour=17 memorial=18 mother=19 mothers=19 " +
		"father=20 fathers=20"},
	{wordDay, "today=10 tonight=10 tomorrow=11 yesterday=9 tmrw=11 tmr=11"}, // from -10
	{wordDaypart, "morning afternoon evening night=1 +mornings +afternoons +evenings +nights"},
	{wordWhich, "last=1 previous=1 next=2 this=3 current=3 past=4 coming=5 upcoming=5 following=5"},
	{wordPart, "early=1 mid=2 late=3"},
	{wordEdge, "beginning=1 start=1 middle=2 end=3"},
	{wordDecade, "twenties=20 thirties=30 forties=40 fifties=50 sixties=60 seventies=70 eighties=80 nineties=90"},
	{wordAdverb, "daily weekly monthly yearly annually hourly fortnightly nightly biweekly bimonthly quarterly weekdays weeknights weekday weeknight"},
	{wordTimes, "once twice times"},
	{wordNoon, "noon midnight midday"},
	{wordHalf, "half"},
	{wordEvery, "every each"},
	{wordOther, "other"},
	{wordThe, "the"},
	{wordA, "a an"},
	{wordOf, "of"},
	{wordAnd, "and"},
	{wordOr, "or"},
	{wordTo, "to through thru"},
	{wordIn, "in during"},
	{wordOn, "on"},
	{wordAt, "at"},
	{wordFrom, "from"},
	{wordBetween, "between"},
	{wordBy, "by until till til"},
	{wordSince, "since starting"},
	{wordBefore, "before"},
	{wordAfter, "after"},
	{wordAgo, "ago back"},
	{wordLater, "later=1 earlier=2"},
	{wordNow, "now"},
	{wordFor, "for within over took=1 takes take taking lasts lasted=1 spent=1 spend spending another almost nearly only just"},
	{wordAll, "all whole entire"},
	{wordHedge, "about around roughly approximately least maybe exactly"},
	{wordYear, "new"},
	{wordEve, "eve"},
	{wordClock, "clock"},
	{wordO, "o"},
	{wordAM, "am pm"},
	{wordM, "m"},
	{wordP, "p"},
	{wordOld, "old"},
	{wordS, "s"},
	{wordSuffix, "st nd rd th"},
	{wordPer, "per"},
	{wordOnward, "onward onwards forward"},
	{wordFuture, "will ll shall can gonna plan plans planning planned scheduled hope hoping hopes want wants need needs should " +
		"must let lets intend intends remind see meet due deadline expect expects starts begins opens ends leaves arrives closes expires lands free"},
	{wordPast, "was were did didn had wasn weren went saw got met came made said told been left bought thought felt " +
		"found gave ran lost sent wrote drove flew ate slept began broke brought built caught chose fell forgot heard held kept " +
		"knew paid sang sold spoke stood swam taught threw understood woke wore grew hit became happened started froze rose ve haven hasn"},
	{wordHave, "have has"},
	{wordPrior, "prior"},
	{wordAs, "as"},
	{wordBe, "is are re isn aren"},
	{wordGoing, "going"},
	{wordWon, "won"},
	{wordJoin, "with we i he she they it you but so because when then if who what that my our your his her their though " +
		"while which where too please sharp right instead here there"},
}

// Words that vary in how many: value the least, size the most.
var vague = []struct {
	word        string
	least, most uint8
}{{"couple", 2, 3}, {"few", 2, 5}, {"several", 3, 7}}

const (
	wordBytes = 16   // of a word that may be in the table
	slotCount = 2048 // for some 450 words: three of four others meet none
)

// table finds the words: slots hold places in entries, by hash, the next ones where a slot
// is taken. Built once when the package is loaded, in some tens of microseconds.
var table = newTable()

type wordTable struct {
	slots   [slotCount]uint16 // 1 + place in entries; 0 = none
	entries []entry
}

func newTable() *wordTable {
	t := &wordTable{}
	for _, group := range vocabulary {
		for word := range strings.FieldsSeq(group.words) {
			t.add(parseEntry(group.class, word))
		}
	}
	for _, v := range vague {
		e := parseEntry(wordCouple, v.word)
		e.value, e.size = v.least, v.most
		t.add(e)
	}
	return t
}

// parseEntry reads "~word=value".
func parseEntry(c class, s string) entry {
	e := entry{class: c}
	e.weak, e.plural = strings.HasPrefix(s, "~"), strings.HasPrefix(s, "+")
	word, value, _ := strings.Cut(strings.TrimLeft(s, "~+"), "=")
	for _, digit := range []byte(value) {
		e.value = e.value*10 + digit - '0'
	}
	for i := range len(word) {
		if i < 8 {
			e.lo |= uint64(word[i]) << (8 * i)
		} else {
			e.hi |= uint64(word[i]) << (8 * (i - 8))
		}
	}
	return e
}

// add puts in a word. A word is of one class: a test holds that none is told twice.
func (t *wordTable) add(e entry) {
	s := slotOf(e.lo, e.hi)
	for t.slots[s] != 0 {
		s = (s + 1) % slotCount
	}
	t.entries = append(t.entries, e)
	t.slots[s] = uint16(len(t.entries))
}

// slotOf is a multiplicative hash (Knuth, "The Art of Computer Programming" 3, section 6.4).
func slotOf(lo, hi uint64) uint32 {
	return uint32((lo^hi*0x9E3779B97F4A7C15)*0xD6E8FEB86659FD93>>53) % slotCount
}

// lookup returns the word of these letters, or nil.
func (t *wordTable) lookup(lo, hi uint64) *entry {
	for s := slotOf(lo, hi); t.slots[s] != 0; s = (s + 1) % slotCount {
		if e := &t.entries[t.slots[s]-1]; e.lo == lo && e.hi == hi {
			return e
		}
	}
	return nil
}
