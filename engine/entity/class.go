package entity

import "unicode"

// The classes of bytes, as bits, so that those of a piece can be joined. A piece is what
// stands between blanks and the signs that no address, path or number goes over.
const (
	classLower = 1 << iota
	classUpper // capital letter
	classDigit
	classHigh   // of a character beyond ASCII
	classDot    // .
	classMark   // signs within names, or behind a word: ' - & :
	classSign   // signs of addresses, paths, amounts and code
	classBorder // no piece has it
)

const (
	classSpace   = classBorder
	classEnd     = classBorder | classMark // of a sentence, line, quote or bracket
	classLetters = classLower | classUpper | classHigh
	classWord    = classLetters | classDigit
)

var class = func() (class [256]uint8) {
	for c := range 256 {
		switch {
		case c >= 0x80:
			class[c] = classHigh
		case 'a' <= c && c <= 'z':
			class[c] = classLower
		case 'A' <= c && c <= 'Z':
			class[c] = classUpper
		case '0' <= c && c <= '9':
			class[c] = classDigit
		default:
			class[c] = classSpace
		}
	}
	for _, c := range "\n\r!?\"|>`()[]{}<,;*=^" {
		class[c] = classEnd
	}
	for _, c := range "'-&:" {
		class[c] = classMark
	}
	for _, c := range "@/_#$%+~\\" {
		class[c] = classSign
	}
	class['.'] = classDot
	return class
}()

// isLatin reports whether a character beyond ASCII is a letter or a mark of Latin script, or
// the apostrophe of typography: what names are made of.
func isLatin(r rune) bool {
	return 0xC0 <= r && r <= 0x24F && r != '×' && r != '÷' || 0x300 <= r && r <= 0x36F || 0x1E00 <= r && r <= 0x1EFF || r == '’'
}

func isCurrency(r rune) bool {
	return r == '€' || r == '£' || r == '¥' || r == '₹' || r == '₩' || r == '₽' || r == '₺'
}

func isUpper(c byte) bool { return class[c] == classUpper }

// isUpperRune reports whether a character beyond ASCII is a capital letter.
func isUpperRune(r rune) bool { return isLatin(r) && unicode.IsUpper(r) }
