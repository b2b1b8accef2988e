package remotemedia

// #include "bridge.h"
import "C"

import (
	"context"
	"sync"
	"time"
)

// asyncWorker is a node whose calls go on in goroutines. The library gives a call up, when the session is interrupted
// or over, without waiting for it; the goroutine may take a while to notice. So each one waits for the one before,
// and what a call that was given up still does reaches nobody.
type asyncWorker struct {
	node     AsyncNode
	failures nodeFailures
	// mutex guards what follows.
	mutex sync.Mutex
	// last is the last call that was begun, or nil.
	last *asyncCall
	// interrupted tells that the node is to hear of an interrupt before its next call.
	interrupted bool
}

func (w *asyncWorker) initialize(node *C.rm_node_t) C.rm_status_t {
	return step(node, w.failures, func() error { return initialize(w.node) })
}

func (w *asyncWorker) process(node *C.rm_node_t, packet *C.rm_packet_t) C.rm_status_t {
	lent := lendPacket(C.rm_packet_retain(packet))
	return w.begin(node, lent, func(ctx context.Context, out *Outputs) error {
		return w.node.Process(ctx, lent, out)
	})
}

func (w *asyncWorker) flush(node *C.rm_node_t) C.rm_status_t {
	flusher, flushes := w.node.(AsyncFlusher)
	if !flushes {
		return C.RM_STATUS_OK
	}
	return w.begin(node, nil, flusher.Flush)
}

func (w *asyncWorker) interrupt() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.interrupted = true
	w.last.giveUp()
}

// cleanup cleans up behind the last call, which is given up if it goes on. The library's thread waits for that only as
// long as a node needs that heeds its context; others are cleaned up later, and no error of it is heard of.
func (w *asyncWorker) cleanup(node *C.rm_node_t) C.rm_status_t {
	last := w.take(nil)
	if last.endsWithin(heed) {
		return step(node, w.failures.ofEnd(), func() error { return cleanup(w.node) })
	}
	go func() {
		<-last.done
		_ = protect(func() error { return cleanup(w.node) })
	}()
	return C.RM_STATUS_OK
}

// heed is how long a call that was given up may take to end before it is said to ignore that.
const heed = 100 * time.Millisecond

// begin lets a call go on in a goroutine, behind the one before. The packet that it was lent, if any, is closed behind
// it.
func (w *asyncWorker) begin(
	node *C.rm_node_t, lent *Packet, run func(context.Context, *Outputs) error,
) C.rm_status_t {
	ctx, cancel := context.WithCancel(context.Background())
	kept := C.rm_node_retain(node)
	call := &asyncCall{
		node:   kept,
		out:    &Outputs{node: kept, ctx: ctx, wakeup: new(wakeup), failures: w.failures},
		cancel: cancel,
		done:   make(chan struct{}),
	}
	before := w.take(call)
	go func() {
		if lent != nil {
			defer lent.Close()
		}
		if before != nil {
			<-before.done
		}
		call.run(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := w.hearInterrupt(); err != nil {
				return err
			}
			return run(ctx, call.out)
		})
	}()
	return C.RM_STATUS_PENDING
}

// take puts the next call in place of the last one, which is given up if it goes on, and gives that.
func (w *asyncWorker) take(next *asyncCall) (last *asyncCall) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	last, w.last = w.last, next
	last.giveUp()
	return last
}

// hearInterrupt lets the node hear of an interrupt, if there was one.
func (w *asyncWorker) hearInterrupt() error {
	w.mutex.Lock()
	interrupted := w.interrupted
	w.interrupted = false
	w.mutex.Unlock()
	if !interrupted {
		return nil
	}
	return interrupt(w.node)
}

// asyncCall is one call into a node that takes its time. A nil one is over.
type asyncCall struct {
	node   *C.rm_node_t
	out    *Outputs
	cancel context.CancelFunc
	// done is closed when the node's own code has ended.
	done chan struct{}
}

// run makes the call and finishes it, unless it was given up.
func (c *asyncCall) run(call func() error) {
	err := errExited
	defer func() {
		// First, since the library may go on with the node before finish returns.
		close(c.done)
		c.out.finish(err)
		C.rm_node_release(c.node)
		c.cancel()
	}()
	err = protect(call)
}

// giveUp refuses what the call still does, and ends its context.
func (c *asyncCall) giveUp() {
	if c != nil {
		c.out.end()
		c.cancel()
	}
}

// endsWithin waits for the call, and tells whether it ended in time.
func (c *asyncCall) endsWithin(limit time.Duration) bool {
	if c == nil {
		return true
	}
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case <-c.done:
		return true
	case <-late.C:
		return false
	}
}
