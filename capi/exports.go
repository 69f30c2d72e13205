package main

// #include <nexus.h>
import "C"

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
	"unsafe"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/kernels"
)

// The functions that shim.c calls. Out pointers were checked there.

//export nxi_call
func nxi_call(db C.uint64_t, in *C.nexus_request, reply *C.nexus_reply, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error {
		r, err := decode(handle(db), in)
		if err != nil {
			return err
		}
		done, err := r.run(context.Background())
		if err == nil {
			err = done.fill(in.op, reply)
		}
		return err
	})
}

//export nxi_add
func nxi_add(db C.uint64_t, memories *C.nexus_memory, count C.size_t, ids *C.uint64_t, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error {
		store, err := lookUp[*database](handle(db), kindDB)
		if err != nil {
			return err
		}
		d := decoder{borrow: true} // Add ends only when nothing of its input is in use
		list := d.memories(memories, count)
		if d.err != nil {
			return d.err
		}
		added, err := store.Add(context.Background(), list...)
		if err == nil && ids != nil {
			copy(unsafe.Slice((*engine.ID)(unsafe.Pointer(ids)), count), added)
		}
		return err
	})
}

// nxi_query is nxi_call for the one verb whose every microsecond counts.
//
//export nxi_query
func nxi_query(db C.uint64_t, in *C.nexus_query, answer **C.nexus_answer, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error {
		store, err := lookUp[*database](handle(db), kindDB)
		if err != nil {
			return err
		}
		var d decoder
		query := d.query(in)
		if d.err != nil {
			return d.err
		}
		given, err := store.Query(context.Background(), query)
		if err != nil {
			return err
		}
		p, err := pack(func(a *arena) { a.answer(given) })
		*answer = (*C.nexus_answer)(p)
		return err
	})
}

//export nxi_submit
func nxi_submit(db C.uint64_t, in *C.nexus_request, q C.uint64_t, tag C.uint64_t, job *C.uint64_t, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error {
		r, err := decode(handle(db), in)
		if err != nil {
			return err
		}
		var to *queue
		if q != 0 {
			to, err = lookUp[*queue](handle(q), kindQueue)
		}
		var h handle
		if err == nil {
			h, err = submit(r, to, tag)
		}
		if err != nil && r.embedder != nil {
			r.embedder.release()
		}
		*job = C.uint64_t(h)
		return err
	})
}

//export nxi_job_wait
func nxi_job_wait(h C.uint64_t, timeout C.int64_t, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error {
		j, err := lookUp[*job](handle(h), kindJob)
		if err != nil {
			return err
		}
		return j.wait(time.Duration(timeout))
	})
}

//export nxi_job_progress
func nxi_job_progress(h C.uint64_t, done, total *C.uint64_t, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error {
		j, err := lookUp[*job](handle(h), kindJob)
		if err != nil {
			return err
		}
		*done, *total = C.uint64_t(j.request.progress.done.Load()), C.uint64_t(j.request.progress.total.Load())
		return nil
	})
}

//export nxi_job_cancel
func nxi_job_cancel(h C.uint64_t, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error {
		j, err := lookUp[*job](handle(h), kindJob)
		if err == nil {
			j.cancel()
		}
		return err
	})
}

//export nxi_job_take
func nxi_job_take(h C.uint64_t, reply *C.nexus_reply, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error {
		j, err := lookUp[*job](handle(h), kindJob)
		if err != nil {
			return err
		}
		<-j.done
		if _, err := take[*job](handle(h), kindJob); err != nil {
			return err // somebody else took it meanwhile
		}
		if j.err != nil {
			return j.err
		}
		return j.result.fill(j.request.op, reply)
	})
}

//export nxi_job_free
func nxi_job_free(h C.uint64_t, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error {
		j, err := take[*job](handle(h), kindJob)
		if err == nil {
			j.free()
		}
		return err
	})
}

//export nxi_cursor_close
func nxi_cursor_close(h C.uint64_t, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error { return closeCursor(handle(h)) })
}

//export nxi_queue_create
func nxi_queue_create(q *C.uint64_t, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error {
		h, err := newQueue()
		*q = C.uint64_t(h)
		return err
	})
}

//export nxi_queue_fd
func nxi_queue_fd(h C.uint64_t, fd *C.int, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error {
		q, err := lookUp[*queue](handle(h), kindQueue)
		if err == nil {
			*fd = C.int(q.fd)
		}
		return err
	})
}

// plainCompletion is nexus_completion without a pointer in it. Storing a pointer, even
// NULL, shows the garbage collector what stood there before, and nobody has set that.
type plainCompletion struct {
	job, tag uint64
	status   int32
	reserved uint32
}

const _ = -(unsafe.Sizeof(plainCompletion{}) ^ unsafe.Sizeof(C.nexus_completion{})) // of one size

//export nxi_queue_drain
func nxi_queue_drain(h C.uint64_t, completions *C.nexus_completion, size C.size_t, timeout C.int64_t, count *C.size_t, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error {
		q, err := lookUp[*queue](handle(h), kindQueue)
		if err != nil {
			return err
		}
		taken, err := q.drain(int(min(size, math.MaxInt32)), time.Duration(timeout))
		*count = C.size_t(len(taken))
		// SAFETY: the caller says that size elements are there; plainCompletion is laid out
		// as they are. A tag is any value of a pointer's size, perhaps no pointer, and what
		// it overwrites is anything: neither is ever held as a pointer in Go.
		list := unsafe.Slice((*plainCompletion)(unsafe.Pointer(completions)), len(taken))
		for i, c := range taken {
			list[i] = plainCompletion{job: uint64(c.job), tag: uint64(c.tag), status: int32(c.status)}
		}
		return err
	})
}

//export nxi_queue_close
func nxi_queue_close(h C.uint64_t, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error {
		q, err := take[*queue](handle(h), kindQueue)
		if err == nil {
			q.close()
		}
		return err
	})
}

//export nxi_configure
func nxi_configure(in *C.nexus_config, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error {
		in, err := known("config", in, C.NEXUS_CONFIG_SIZE_1)
		if err != nil {
			return err
		}
		const procsMax = 1 << 12
		if in.max_procs > procsMax || in.memory_limit < 0 || in.reserved != 0 {
			return fmt.Errorf("config: max_procs %d, memory_limit %d: %w", in.max_procs, in.memory_limit, engine.ErrInvalid)
		}
		if in.max_procs > 0 {
			runtime.GOMAXPROCS(int(in.max_procs))
		}
		if in.gc_percent != 0 {
			debug.SetGCPercent(int(in.gc_percent))
		}
		if in.memory_limit > 0 {
			debug.SetMemoryLimit(int64(in.memory_limit))
		}
		return nil
	})
}

//export nxi_info
func nxi_info(info **C.nexus_info, out *C.nexus_error) C.nexus_status {
	return enter(out, func() error {
		if err := kernels.CheckForced(); err != nil {
			return fmt.Errorf("%w: %w", err, engine.ErrUnsupported)
		}
		p, err := pack(packInfo)
		*info = (*C.nexus_info)(p)
		return err
	})
}

func packInfo(a *arena) {
	head := reserve[C.nexus_info](a, 1)
	operations := kernels.Operations()
	list := elements(a, len(operations), func(i int, to *C.nexus_kernel) {
		to.operation, to.tier = a.text(operations[i].Name), a.text(operations[i].Tier)
	})
	filled := C.nexus_info{
		struct_size: C.uint32_t(unsafe.Sizeof(C.nexus_info{})), abi: C.NEXUS_ABI_VERSION,
		version: a.text(C.NEXUS_VERSION), go_version: a.text(runtime.Version()), platform: a.text(runtime.GOOS + "/" + runtime.GOARCH),
		features: a.text(strings.Join(kernels.Features(), " ")), kernels: list, kernel_count: C.size_t(len(operations)),
	}
	if head != nil {
		head[0] = filled
	}
}
