package remotemedia

// #include "bridge.h"
import "C"

import (
	"context"
	"runtime/cgo"
	"sync"
)

// Outputs is where a node emits, during one call of its Process or Flush. Afterwards it refuses with ErrClosed.
type Outputs struct {
	// mutex guards node, and is held while the library is called: a call that is over emits nothing.
	mutex sync.Mutex
	node  *C.rm_node_t
	// ctx is that of a node that takes its time; nil for others.
	ctx context.Context
	// wakeup is what an Emit of such a node waits for that found no room, once isHeard, which mutex guards.
	wakeup  *wakeup
	isHeard bool
	// failures keeps what such a node's call failed with.
	failures nodeFailures
}

// Emit sends a packet to the node's first output, or to the one that is named. The packet stays the caller's. A
// packet without a time takes time and metadata of the packet that is being worked on.
//
// In a Node it never waits, and must be called on the goroutine that Process was called on; the nodes behind may run
// before it returns. In an AsyncNode it may be called on any goroutine, and waits while there is no room, until the
// call's context ends. It holds no thread then: the library wakes it when there may be room.
//
// ErrClosed says that nothing more is wanted; Process should return it.
func (o *Outputs) Emit(packet *Packet, options ...PortOption) error {
	content, err := packet.use()
	if err != nil {
		return err
	}
	defer packet.leave()
	if err := o.emit(content, options); err != ErrWouldBlock {
		return err
	}
	if err := o.hear(); err != nil {
		return err
	}
	_, err = wait(o.ctx, o.wakeup, nil, func() (struct{}, error) { return struct{}{}, o.emit(content, options) })
	if err != nil && err == o.ctx.Err() {
		return closed("call")
	}
	return err
}

// hear has the library wake who waits for room, from the first time on that anybody does.
func (o *Outputs) hear() error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.node == nil {
		return closed("call")
	}
	if o.isHeard {
		return nil
	}
	o.isHeard = true
	done := C.rmgo_node_set_waker(o.node, C.uintptr_t(cgo.NewHandle(o.wakeup)))
	return failure(done.status, done.error)
}

func (o *Outputs) emit(packet *C.rm_packet_t, options []PortOption) error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.node == nil {
		return closed("call")
	}
	port, length := portOf(options)
	done := C.rmgo_node_emit(o.node, port, length, packet)
	return failure(done.status, done.error)
}

// Input is the name of the input that the packet in hand came on.
func (o *Outputs) Input() (string, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.node == nil {
		return "", closed("call")
	}
	return madeText(C.rmgo_node_input(o.node))
}

// finish ends a call that takes its time, unless it was given up.
func (o *Outputs) finish(err error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.node != nil {
		C.rm_node_finish(o.node, tell(o.node, o.failures, err), nil)
		o.node = nil
	}
}

// end refuses what comes from now on.
func (o *Outputs) end() {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.node = nil
}
