package remotemedia

// #include "bridge.h"
import "C"

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"runtime/cgo"
	"strings"
	"unsafe"
)

//export rmgoCreate
func rmgoCreate(handle, opening C.uintptr_t, params C.rm_str_t, state *C.uintptr_t) C.rm_status_t {
	create := cgo.Handle(handle).Value().(hostType)
	text := bytes.Clone(unsafe.Slice((*byte)(unsafe.Pointer(params.data)), params.len))
	kept := keeperOf(opening).ofNode()
	var made worker
	err := contain(func() (err error) {
		made, err = create(text, kept)
		return err
	})
	if err != nil {
		data, length := chars(kept.tell(err))
		C.rmgo_node_refuse(data, length)
		return C.RM_STATUS_NODE
	}
	*state = C.uintptr_t(cgo.NewHandle(made))
	return C.RM_STATUS_OK
}

// keeperOf is what keeps the errors of the session that is being opened.
func keeperOf(opening C.uintptr_t) *failures {
	if opening == 0 {
		return new(failures)
	}
	return cgo.Handle(opening).Value().(*failures)
}

func workerOf(state C.uintptr_t) worker { return cgo.Handle(state).Value().(worker) }

//export rmgoInitialize
func rmgoInitialize(state C.uintptr_t, node *C.rm_node_t) C.rm_status_t {
	return workerOf(state).initialize(node)
}

//export rmgoProcess
func rmgoProcess(state C.uintptr_t, node *C.rm_node_t, packet *C.rm_packet_t) C.rm_status_t {
	return workerOf(state).process(node, packet)
}

//export rmgoFlush
func rmgoFlush(state C.uintptr_t, node *C.rm_node_t) C.rm_status_t {
	return workerOf(state).flush(node)
}

//export rmgoInterrupt
func rmgoInterrupt(state C.uintptr_t) {
	workerOf(state).interrupt()
}

//export rmgoCleanup
func rmgoCleanup(state C.uintptr_t, node *C.rm_node_t) C.rm_status_t {
	return workerOf(state).cleanup(node)
}

// syncWorker is a node whose calls are over when they return.
type syncWorker struct {
	node     Node
	failures nodeFailures
	// interrupted is how the node failed when it heard of an interrupt, for its next call to fail with.
	interrupted error
}

func (w *syncWorker) initialize(node *C.rm_node_t) C.rm_status_t {
	return step(node, w.failures, func() error { return initialize(w.node) })
}

func (w *syncWorker) process(node *C.rm_node_t, packet *C.rm_packet_t) C.rm_status_t {
	lent, out := lendPacket(C.rm_packet_retain(packet)), &Outputs{node: node}
	defer lent.Close()
	defer out.end()
	return step(node, w.failures, func() error {
		if err := w.interrupted; err != nil {
			w.interrupted = nil
			return err
		}
		return w.node.Process(lent, out)
	})
}

func (w *syncWorker) flush(node *C.rm_node_t) C.rm_status_t {
	flusher, flushes := w.node.(Flusher)
	if !flushes {
		return C.RM_STATUS_OK
	}
	out := &Outputs{node: node}
	defer out.end()
	return step(node, w.failures, func() error { return flusher.Flush(out) })
}

func (w *syncWorker) interrupt() {
	// It has no way to fail but to panic, or to end its goroutine.
	w.interrupted = contain(func() error { return interrupt(w.node) })
}

func (w *syncWorker) cleanup(node *C.rm_node_t) C.rm_status_t {
	return step(node, w.failures.ofEnd(), func() error { return cleanup(w.node) })
}

func initialize(node any) error {
	if node, initializes := node.(Initializer); initializes {
		return node.Initialize()
	}
	return nil
}

func interrupt(node any) error {
	if node, hears := node.(Interrupter); hears {
		node.Interrupt()
	}
	return nil
}

func cleanup(node any) error {
	if node, cleans := node.(Cleaner); cleans {
		return node.Cleanup()
	}
	return nil
}

// step makes a call into a node, keeps its error, and tells the library of it.
func step(node *C.rm_node_t, kept nodeFailures, call func() error) C.rm_status_t {
	return tell(node, kept, contain(call))
}

// tell says why a call into a node failed, if it did.
func tell(node *C.rm_node_t, kept nodeFailures, err error) C.rm_status_t {
	if err == nil {
		return C.RM_STATUS_OK
	}
	data, length := chars(kept.tell(err))
	C.rmgo_node_fail(node, data, length)
	return C.RM_STATUS_NODE
}

// reason is the text of an error as the library takes it: in one line, UTF-8, and without the prefix that it gets
// again.
func reason(err error) string {
	text := strings.TrimPrefix(strings.ToValidUTF8(err.Error(), "�"), "remotemedia: ")
	if text == "" {
		return "an error without a text"
	}
	return strings.ReplaceAll(text, "\n", "; ")
}

// contain makes a call into code of the program, on a thread of the library's caller. Neither a panic nor the end of a
// goroutine may pass through C.
//
// The end of a goroutine cannot be held up, so the call has one of its own: a coroutine, which runs on the same thread.
// One that is ended yields while its deferred calls run, and stays so for good; others cost less than a microsecond.
func contain(call func() error) error {
	err := errExited
	next, _ := iter.Pull(func(yield func(struct{}) bool) {
		isOver := false
		defer func() {
			if !isOver {
				yield(struct{}{})
			}
		}()
		err = protect(call)
		isOver = true
	})
	next()
	return err
}

// errExited is what a call ends with that neither returned nor panicked.
var errExited = errors.New("the node ended its goroutine")

// protect makes a call into code of the program, with a panic as its error.
func protect(call func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = panicked(cause)
		}
	}()
	return call()
}

// panicked says what was thrown, and where. What was thrown is wrapped, if it is an error.
func panicked(cause any) error {
	frames := runtime.CallersFrames(callers())
	for {
		frame, more := frames.Next()
		if !strings.HasPrefix(frame.Function, "runtime.") && !strings.HasSuffix(frame.Function, "protect.func1") {
			return thrown(cause, fmt.Sprintf(", at %s:%d", frame.File, frame.Line))
		}
		if !more {
			return thrown(cause, "")
		}
	}
}

func thrown(cause any, place string) error {
	if err, isError := cause.(error); isError {
		return fmt.Errorf("panic: %w%s", err, place)
	}
	return fmt.Errorf("panic: %v%s", cause, place)
}

func callers() []uintptr {
	frames := make([]uintptr, 16)
	// Without runtime.Callers, callers and panicked.
	return frames[:runtime.Callers(3, frames)]
}
