package remotemedia

// #include "bridge.h"
import "C"

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
)

// Node is a node of the program: it takes packets and emits packets. One is made for each place in each session, and
// its methods are never called side by side. It may have any of the methods of Initializer, Flusher, Interrupter and
// Cleaner besides.
//
// An error that a method returns, or a panic, becomes the error of the session, with its text, its pipeline, its node
// and its item, unless the manifest has another policy for the node. errors.Is and errors.As find it in that of the
// session, as they find what was panicked with, if that is an error.
type Node interface {
	// Process takes a packet, which is lent until it returns: Retain keeps it. It emits any number of packets.
	//
	// It must not wait for its own session, which waits for it.
	Process(packet *Packet, out *Outputs) error
}

// AsyncNode is a node that takes its time: Process runs in a goroutine of its own, while no thread of the library
// waits for it. Otherwise it is as Node, and may have any of the methods of Initializer, AsyncFlusher, Interrupter
// and Cleaner besides; Initialize and Cleanup are called on a thread of the library, and should be brief.
type AsyncNode interface {
	// Process takes a packet, which is lent until it returns. Its context ends when the session is interrupted or over;
	// what is emitted then is refused, and the next call, or Cleanup, waits until Process has returned.
	Process(ctx context.Context, packet *Packet, out *Outputs) error
}

// Initializer is a node that has something to prepare before its first packet.
type Initializer interface{ Initialize() error }

// Flusher is a node that holds something back: it emits what is left at the end of the stream.
type Flusher interface{ Flush(out *Outputs) error }

// AsyncFlusher is what Flusher is among nodes that take their time.
type AsyncFlusher interface {
	Flush(ctx context.Context, out *Outputs) error
}

// Interrupter is a node that wants to hear, before its next packet, that everything before was discarded.
type Interrupter interface{ Interrupt() }

// Cleaner is a node that holds what has to be released, however its session ends.
type Cleaner interface{ Cleanup() error }

// NodeFunc is a node that has nothing but its Process.
type NodeFunc func(packet *Packet, out *Outputs) error

// Process calls the function.
func (f NodeFunc) Process(packet *Packet, out *Outputs) error { return f(packet, out) }

// AsyncNodeFunc is a node that has nothing but its Process, and takes its time.
type AsyncNodeFunc func(ctx context.Context, packet *Packet, out *Outputs) error

// Process calls the function.
func (f AsyncNodeFunc) Process(ctx context.Context, packet *Packet, out *Outputs) error {
	return f(ctx, packet, out)
}

// Params is what a manifest says under "params" of a node: a JSON object.
type Params json.RawMessage

// Decode reads the parameters into what into points to, and refuses those that it has no field for.
func (p Params) Decode(into any) error {
	decoder := json.NewDecoder(bytes.NewReader(p))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("params: %w", err)
	}
	return nil
}

// NodeOption changes how a node type runs.
type NodeOption func(*nodeConfig)

type nodeConfig struct{ lane C.int32_t }

// Blocking gives the node a thread of its own while it works. It is for a Process that is heavy or waits; without it,
// Process may run on the thread of whoever pushes, and should take a few microseconds.
func Blocking() NodeOption {
	return func(config *nodeConfig) { config.lane = C.RM_LANE_BLOCKING }
}

// Register adds a node type: pipelines that are opened from then on may name it. For each place of the type in each
// session create makes the node from its parameters; an error of it, or nil, fails the opening of the session. The
// node's ports are "in" and "out", and any others that connections name.
//
// errors.Is and errors.As find the error of create in that of the opening.
func (rt *Runtime) Register(name string, create func(Params) (Node, error), options ...NodeOption) error {
	config := nodeConfig{lane: C.RM_LANE_NATIVE}
	for _, option := range options {
		option(&config)
	}
	return register(rt, name, config.lane, create, func(node Node, kept nodeFailures) worker {
		return &syncWorker{node: node, failures: kept}
	})
}

// RegisterAsync adds a node type whose nodes take their time. It is otherwise as Register.
func (rt *Runtime) RegisterAsync(name string, create func(Params) (AsyncNode, error)) error {
	return register(rt, name, C.RM_LANE_ASYNC, create, func(node AsyncNode, kept nodeFailures) worker {
		return &asyncWorker{node: node, failures: kept}
	})
}

// register adds a node type whose nodes create makes, and work lets work.
func register[N any](
	rt *Runtime, name string, lane C.int32_t, create func(Params) (N, error), work func(N, nodeFailures) worker,
) error {
	if create == nil {
		return invalid("the function that makes nodes of the type %q is nil", name)
	}
	return rt.setNode(name, lane, func(params Params, kept nodeFailures) (worker, error) {
		node, err := create(params)
		if err != nil {
			return nil, err
		}
		if any(node) == nil {
			return nil, fmt.Errorf("the function that makes nodes of the type %q gave nil and no error", name)
		}
		return work(node, kept), nil
	})
}

// hostType makes the nodes of one type, which keep what they fail with.
type hostType func(Params, nodeFailures) (worker, error)

// worker is a node as the library's callbacks see it. Its methods give the status for the library.
type worker interface {
	initialize(node *C.rm_node_t) C.rm_status_t
	process(node *C.rm_node_t, packet *C.rm_packet_t) C.rm_status_t
	flush(node *C.rm_node_t) C.rm_status_t
	interrupt()
	cleanup(node *C.rm_node_t) C.rm_status_t
}
