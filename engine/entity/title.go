package entity

import "strings"

// titleBytesMax bounds a title; what is longer is a sentence.
const titleBytesMax = 120

// title returns where a title that starts at p ends, else p: all words up to a colon or the
// end of the line, cell or bold part have capitals, but for the small words of titles. There
// capitals say nothing: "Setting Clear Goals:". A text of one line is no title.
func (f *Finder) title(p int) int {
	text := f.text[p:min(p+titleBytesMax, len(f.text))]
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case class[c] == classLower:
			end := i
			for end < len(text) && class[text[end]] == classLower {
				end++
			}
			if f.lex.find(text[i:end])&factTitleWord == 0 {
				return p
			}
			i = end
		case class[c]&classWord != 0:
			for i < len(text) && class[text[i]]&classWord != 0 {
				i++
			}
		case strings.IndexByte(":\n\r|*", c) >= 0:
			return p + i
		case strings.IndexByte(".!?;\"`", c) >= 0:
			return p
		default:
			i++
		}
	}
	if p+len(text) == len(f.text) && p > 0 && len(text) < titleBytesMax {
		return len(f.text)
	}
	return p
}
