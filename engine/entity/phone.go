package entity

const (
	phoneDigitsMin  = 10 // of a number that starts with 0
	phoneDigitsMax  = 15 // ITU-T E.164, section 6
	phoneGroupsMax  = 7
	phoneForeignMin = 8 // with the code of a country
)

// phone finds a telephone number at p: with the code of a country, with a 0 in front, or in
// the groups that are usual in North America.
func (f *Finder) phone(p int) bool {
	n := phoneNumber{foreign: f.text[p] == '+'}
	from := p
	if n.foreign {
		p++
	}
	for n.count < phoneGroupsMax && n.readGroup(f, p) {
		p = n.next
	}
	if !n.valid() || class[f.byteAt(n.end)]&classWord != 0 || f.byteAt(n.end) == '%' {
		return false
	}
	f.emit(from, n.end, Phone)
	return true
}

// phoneNumber is groups of digits with signs between them.
type phoneNumber struct {
	foreign   bool
	zero      bool // it starts with a 0
	separator byte // before the next group
	end       int  // of the last group, with its bracket
	next      int  // where the next group would start
	count     int
	digits    int
	groups    [phoneGroupsMax]int
	between   [phoneGroupsMax]byte // before group i
}

// readGroup takes one group of digits, perhaps in brackets, and the sign behind it; false
// where the number ends.
func (n *phoneNumber) readGroup(f *Finder, p int) bool {
	open := f.byteAt(p) == '('
	if open {
		p++
	}
	s := p
	for p < len(f.text) && isDigit(f.text[p]) && p-s <= phoneDigitsMax {
		p++
	}
	size := p - s
	if size == 0 || n.digits+size > phoneDigitsMax || n.digits >= phoneDigitsMin && n.separator == ' ' || open && f.byteAt(p) != ')' {
		return false
	}
	if n.count == 0 {
		n.zero = f.text[s] == '0'
	}
	n.groups[n.count], n.between[n.count] = size, n.separator
	n.count++
	n.digits += size
	if open {
		p++
	}
	n.end = p
	n.separator = f.byteAt(p)
	switch n.separator {
	case ' ', '-', '.', '/':
		n.next = p + 1
	case '(':
		n.next = p
	default:
		return false
	}
	if open && n.separator == ' ' {
		n.separator = '-' // the blank behind a bracket joins as a hyphen does
	}
	return true
}

// valid reports whether the groups are those of a telephone number.
func (n *phoneNumber) valid() bool {
	g := n.groups[:n.count]
	switch {
	case n.foreign:
		return n.digits >= phoneForeignMin
	case n.count > 0 && g[0] == 1 && n.count == 4:
		g = g[1:]
	}
	switch len(g) {
	case 2:
		if g[0] == 3 && g[1] == 4 && n.between[1] == '-' {
			return true
		}
	case 3:
		if g[0] == 3 && g[1] == 3 && g[2] == 4 {
			return true
		}
	}
	return n.zero && (n.digits == phoneDigitsMin || n.digits == phoneDigitsMin+1) && g[0] > 1 && n.count <= 4
}
