package annotate

// sentencesOf counts the sentences of a text that have a word, at most 255, and those that end with
// a question mark, at most 127, and reports whether the last of all does. A sentence ends at a line's
// end, or at marks before white space or the text's end. One pass over the bytes.
func sentencesOf(body string) (count, asking byte, last bool) {
	words, marks, asks := false, false, false
	end := func() {
		if words {
			count = min(count, 254) + 1
			if asks {
				asking = min(asking, 126) + 1
			}
		}
		if words || asks {
			last = asks
		}
		words, marks, asks = false, false, false
	}
	for i := range len(body) {
		switch c := body[i]; c {
		case '?':
			marks, asks = true, true
		case '.', '!':
			marks = true
		case '\n':
			end()
		case ' ', '\t', '\r':
			if marks {
				end()
			}
		case '"', '\'', ')', ']', '*', '_':
		default:
			if c >= 0x80 || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' {
				if marks { // "3.5", "example.com/?q=1"
					marks, asks = false, false
				}
				words = true
			}
		}
	}
	end()
	return count, asking, last
}

// asksLastBit tells in the byte of asking sentences that the last one asks.
const asksLastBit = 0x80

// Sentences returns how many sentences with a word the turn has, at most 255.
func (a Annotation) Sentences() int {
	if a.IsZero() {
		return 0
	}
	return int(a[10])
}

// Asking returns how many of them ask, at most 127.
func (a Annotation) Asking() int {
	if a.IsZero() {
		return 0
	}
	return int(a[11] &^ asksLastBit)
}

// AsksLast reports whether the turn ends with a question.
func (a Annotation) AsksLast() bool { return !a.IsZero() && a[11]&asksLastBit != 0 }
