// Package asm holds the generated assembly kernels and their Go declarations.
//
// Only package kernels may import it: nothing here checks a length, an alignment or a
// CPU feature. Everything but this file is written by the module in gen/; change that
// and regenerate, never these files. The build tag noasm leaves all of it out.
package asm
