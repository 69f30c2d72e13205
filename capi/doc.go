// Package main becomes libnexus.so (go build -buildmode=c-shared): the engine behind
// the C ABI of bindings/include/nexus.h.
//
// shim.c holds the exported functions: it refuses what needs no Go to be refused (a
// forked process, a missing argument) and turns each verb into one request. This side
// decodes the request (in.go), runs it (run.go, jobs.go) and packs what came of it into
// one arena of C memory (out.go). Handles are numbers, looked up in a table (handles.go).
// No panic leaves Go: it becomes NEXUS_INTERNAL.
package main

// #cgo CFLAGS: -I${SRCDIR}/../bindings/include -Wall -Wextra
import "C"

func main() {}
