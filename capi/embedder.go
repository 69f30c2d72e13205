package main

/*
#include <nexus.h>
#include <stdlib.h>

// The context may be any value, not only a pointer: Go holds it as a number.
static nexus_status call_embed(nexus_embed_function f, uintptr_t context, const nexus_text *texts, size_t count,
                               float *rows, char *message, size_t message_size) {
  return f((void *)context, texts, count, rows, message, message_size);
}
static void call_release(nexus_release_function f, uintptr_t context) { f((void *)context); }
static uintptr_t context_of(const nexus_embedder *e) { return (uintptr_t)e->context; }
*/
import "C"

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// embedder is the application's, behind a C function.
type embedder struct {
	name       string
	dim        int
	function   C.nexus_embed_function // nil: vectors come with memories and questions
	context    C.uintptr_t
	releaser   C.nexus_release_function
	references atomic.Int64 // the store's one and one a call; releaser runs at 0
}

func (d *decoder) options(in *C.nexus_open_options) (out engine.Options, own *embedder) {
	if in == nil {
		return out, nil
	}
	in, err := known("open_options", in, C.NEXUS_OPEN_OPTIONS_SIZE_1)
	d.keep(err)
	if in == nil {
		return out, nil // nobody can say what is in it
	}
	own = d.embedder(in.embedder)
	defer func() {
		if d.err != nil && own != nil {
			own.release()
		}
	}()
	if in.reserved != 0 {
		d.fail("open_options.reserved is %d", in.reserved)
	}
	if in.flags&^(C.NEXUS_OPEN_READ_ONLY|C.NEXUS_OPEN_SEGMENTS_IN_MEMORY|C.NEXUS_OPEN_COMPRESS_TEXTS) != 0 {
		d.fail("open_options.flags are %#x", in.flags)
	}
	if in.reserved_2 != 0 {
		d.fail("open_options.reserved_2 is %d", in.reserved_2)
	}
	if in.metric > C.NEXUS_METRIC_L2 {
		d.fail("open_options.metric is %d", in.metric)
	}
	const microsMax = math.MaxInt64 / int64(time.Microsecond)
	if in.history_us > C.int64_t(microsMax) {
		d.fail("open_options.history_us is %d", in.history_us)
	}
	if in.engine_timeout_us > C.int64_t(microsMax) {
		d.fail("open_options.engine_timeout_us is %d", in.engine_timeout_us)
	}
	return engine.Options{
		ReadOnly: in.flags&C.NEXUS_OPEN_READ_ONLY != 0, Dim: int(in.dim), Metric: engine.Metric(in.metric),
		HistoryFor: time.Duration(max(int64(in.history_us), -1)) * time.Microsecond, CacheBytes: int(in.cache_bytes),
		SegmentsInMemory: in.flags&C.NEXUS_OPEN_SEGMENTS_IN_MEMORY != 0, CompressTexts: in.flags&C.NEXUS_OPEN_COMPRESS_TEXTS != 0,
		Language:      d.text("language", in.language),
		EngineTimeout: time.Duration(max(int64(in.engine_timeout_us), -1)) * time.Microsecond, MaxQuestions: int(max(in.max_questions, -1)),
	}, own
}

// embedder takes the application's over: from here on it is released, whatever fails.
func (d *decoder) embedder(e *C.nexus_embedder) (own *embedder) {
	if e == nil {
		return nil
	}
	e, err := known("embedder", e, C.NEXUS_EMBEDDER_SIZE_1)
	d.keep(err)
	if e == nil {
		return nil
	}
	own = &embedder{name: d.text("embedder name", e.name), dim: int(e.dim), function: e.embed, context: C.context_of(e), releaser: e.release}
	own.references.Store(1)
	return own
}

func (e *embedder) Name() string { return e.name }
func (e *embedder) Dim() int     { return e.dim }

// Embed calls the C function. The texts are copied to C memory, which costs nothing
// beside an embedding; rows are written in place.
func (e *embedder) Embed(_ context.Context, texts []string, rows []float32) error {
	if e.function == nil {
		return fmt.Errorf("this embedder is the caller's: bring a vector with every memory and question: %w", engine.ErrUnsupported)
	}
	if !e.acquire() {
		return fmt.Errorf("the store is closed: %w", engine.ErrClosed)
	}
	defer e.release()
	var list *C.nexus_text
	block, err := pack(func(a *arena) {
		list = elements(a, len(texts), func(i int, to *C.nexus_text) { *to = a.text(texts[i]) })
	})
	if err != nil {
		return err
	}
	defer C.free(block)
	const messageSize = 512
	message := (*C.char)(C.calloc(1, messageSize))
	if message == nil {
		return fmt.Errorf("out of memory: %w", engine.ErrUnavailable)
	}
	defer C.free(unsafe.Pointer(message))
	status := C.call_embed(e.function, e.context, list, C.size_t(len(texts)), (*C.float)(unsafe.SliceData(rows)), message, messageSize)
	if status == C.NEXUS_OK {
		return nil
	}
	text := C.GoStringN(message, messageSize-1)
	for i := range text {
		if text[i] == 0 {
			text = text[:i]
			break
		}
	}
	return fmt.Errorf("%q: %w", text, model.ErrorOf(model.Code(max(0, min(255, status)))))
}

// acquire holds the context for a call, unless it is released already.
func (e *embedder) acquire() bool {
	for n := e.references.Load(); n > 0; n = e.references.Load() {
		if e.references.CompareAndSwap(n, n+1) {
			return true
		}
	}
	return false
}

// release gives up one reference; the application is told of the last.
func (e *embedder) release() {
	if e.references.Add(-1) == 0 && e.releaser != nil {
		C.call_release(e.releaser, e.context)
	}
}
