package remotemedia

// #include "bridge.h"
import "C"

import (
	"context"
	"runtime/cgo"
	"sync"
)

// wakeup is what goroutines wait for that found a session with nothing to poll or no room to push into, or a node with
// no room to emit into.
//
// The C calls that wait would each hold a thread of the process, and could not be ended when a context is. So no call
// of this package waits in C: it asks without waiting, and sleeps on a channel, which the library's waker closes when
// asking again may be worth it. A goroutine that waits costs its stack and one channel, shared by all that wait for
// the same, and hears of the end of its context as any other goroutine does.
type wakeup struct {
	mutex sync.Mutex
	woken chan struct{}
}

// next gives the channel that the next call of the waker closes. Whoever takes it asks again before sleeping: what
// changed before is not told.
func (w *wakeup) next() <-chan struct{} {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.woken == nil {
		w.woken = make(chan struct{})
	}
	return w.woken
}

func (w *wakeup) wake() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.woken != nil {
		close(w.woken)
		w.woken = nil
	}
}

//export rmgoWake
func rmgoWake(handle C.uintptr_t) {
	cgo.Handle(handle).Value().(*wakeup).wake()
}

//export rmgoForget
func rmgoForget(handle C.uintptr_t) {
	cgo.Handle(handle).Delete()
}

// wait tries until it need not wait any more, ctx is done, or the session that closing belongs to is closed.
func wait[T any](
	ctx context.Context, wakeup *wakeup, closing <-chan struct{}, try func() (T, error),
) (T, error) {
	for {
		woken := wakeup.next()
		result, err := try()
		if err != ErrWouldBlock {
			return result, err
		}
		select {
		case <-woken:
		case <-ctx.Done():
			return result, ctx.Err()
		case <-closing:
			return result, closed("session")
		}
	}
}
