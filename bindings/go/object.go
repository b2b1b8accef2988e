package remotemedia

import (
	"runtime"
	"sync/atomic"
)

// object is a handle of the C library together with the calls that use it, so that Close may come from any goroutine
// at any time: the last call out releases the handle, and calls that come later are refused. A lock would not do: a
// call may run nodes of the program on its own thread, and those may close what they were called through.
type object[P any] struct {
	pointer P
	release func(P)
	// uses counts calls under way, and one for being open.
	uses    atomic.Int64
	closed  atomic.Bool
	cleanup runtime.Cleanup
}

// open takes a new handle over.
func (o *object[P]) open(pointer P, release func(P)) {
	o.pointer, o.release = pointer, release
	o.uses.Store(1)
}

// enter begins a call, unless the object is closed. Whoever entered leaves.
func (o *object[P]) enter() (pointer P, isOpen bool) {
	for !o.closed.Load() {
		uses := o.uses.Load()
		if uses == 0 {
			break
		}
		if o.uses.CompareAndSwap(uses, uses+1) {
			return o.pointer, true
		}
	}
	return pointer, false
}

func (o *object[P]) leave() {
	if o.uses.Add(-1) == 0 {
		o.release(o.pointer)
	}
}

// close gives the handle back once no call uses it. Further calls do nothing. It tells whether this was the first.
func (o *object[P]) close() bool {
	if o.isClosed() || o.closed.Swap(true) {
		return false
	}
	o.cleanup.Stop()
	o.leave()
	return true
}

// isClosed tells whether calls are refused.
func (o *object[P]) isClosed() bool { return o.closed.Load() || o.uses.Load() == 0 }

// aside releases what may have to wait for nodes away from the goroutine that runs cleanups.
func aside[P any](release func(P)) func(P) {
	return func(pointer P) { go release(pointer) }
}
