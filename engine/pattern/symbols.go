package pattern

// Symbols are what the automaton reads: the letters a-z as 1..26, then those below.
// What is not lower than symbolSpace is a border.
const (
	symbolApostrophe = 27
	symbolOther      = 28 // a letter or digit that no phrase has
	symbolSpace      = 29
	symbolCount      = 30 // symbols that a phrase may have are lower

	symbolBreak = 30 // ends a phrase
	symbolStop  = 31 // ends a sentence
	symbolLook  = 32 // depends on what stands around, or on more bytes
)

// symbolOf is the symbol of every byte.
var symbolOf = func() (symbols [256]uint8) {
	for c := range symbols {
		symbols[c] = symbolBreak
		switch {
		case c >= 0x80 || c == '\'':
			symbols[c] = symbolLook
		case 'a' <= c && c <= 'z':
			symbols[c] = uint8(c - 'a' + 1)
		case 'A' <= c && c <= 'Z':
			symbols[c] = uint8(c - 'A' + 1)
		case '0' <= c && c <= '9' || c == '_':
			symbols[c] = symbolOther
		}
	}
	for _, c := range " \t-" {
		symbols[c] = symbolSpace
	}
	for _, c := range ".?!:;\n\r\v\f" {
		symbols[c] = symbolStop
	}
	return symbols
}()
