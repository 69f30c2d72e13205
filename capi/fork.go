package main

/*
#include "shim.h"
*/
import "C"

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// A store's lock belongs to its open files, which a forked process inherits: while a
// child that outlives its parent holds them, nobody could open the store again. The
// shim's fork handler closes them in the child, by a list that these functions keep.

// listed are a store's files that are on the list.
type listed struct {
	dir   string // absolute: the process may change its directory
	mu    sync.Mutex
	files []int
}

// renew puts the store's open files on the list, in place of those before. Files that are
// on it already belong to another handle of this process, which has the store open too.
func (l *listed) renew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clear()
	eachOpenFile(l.dir, func(fd int) {
		if C.nxs_inherit(C.int(fd)) != 0 {
			l.files = append(l.files, fd)
		}
	})
}

// remove takes them off, before they are closed.
func (l *listed) remove() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clear()
}

func (l *listed) clear() {
	for _, fd := range l.files {
		C.nxs_disinherit(C.int(fd))
	}
	l.files = nil
}

// eachOpenFile calls f with every descriptor of this process that is one of the store's
// files. The list of the kernel is read, as libraries open some of them.
func eachOpenFile(dir string, f func(fd int)) {
	var wanted []os.FileInfo
	for _, name := range []string{"LOCK", "truth.db"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil {
			wanted = append(wanted, info)
		}
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return // no such list: a child's copies stay open, as documented
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		var st syscall.Stat_t
		if syscall.Fstat(fd, &st) != nil {
			continue
		}
		for _, info := range wanted {
			if own, ok := info.Sys().(*syscall.Stat_t); ok && own.Ino == st.Ino && own.Dev == st.Dev {
				f(fd)
			}
		}
	}
}
