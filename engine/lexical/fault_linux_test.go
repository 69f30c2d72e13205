package lexical

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
)

// unreadable returns a reader of many terms whose dictionary is in memory that
// cannot be read any more, as a mapped file on a failing medium.
func unreadable(t *testing.T) *Reader {
	t.Helper()
	rows := make([][]string, 4000)
	for i := range rows {
		rows[i] = []string{fmt.Sprintf("w%x", uint32(i)*2654435761)}
	}
	parts := mustSeal(t, mustBuild(t, rows)).Parts() // as files have it
	memory, err := syscall.Mmap(-1, 0, len(parts.Dictionary), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(memory) })
	copy(memory, parts.Dictionary)
	parts.Dictionary = memory
	r, err := Open(parts)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mprotect(memory, syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestADictionaryThatCannotBeReadFaults(t *testing.T) {
	r := unreadable(t)
	fuzzy, err := NewFuzzy("w12345", 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func(){
		"word":   func() { r.find([]byte("w12345")) },
		"prefix": func() { NewPrefix("w1", "").ordinals(r) },
		"fuzzy":  func() { fuzzy.ordinals(r) },
	} {
		func() {
			defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
			defer func() {
				if _, ok := recover().(interface {
					runtime.Error
					Addr() uintptr
				}); !ok {
					t.Errorf("%s: no fault: the word seems not to occur", name)
				}
			}()
			read()
		}()
	}
}
