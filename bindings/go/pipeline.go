package remotemedia

// #include "bridge.h"
import "C"

import (
	"context"
	"math"
	"runtime"
	"runtime/cgo"
	"weak"
)

// Pipeline is a manifest that was checked. It can be started any number of times, from any goroutine.
type Pipeline struct {
	object[*C.rm_pipeline_t]
}

func newPipeline(made C.rmgo_made_t) (*Pipeline, error) {
	if err := failure(made.status, made.error); err != nil {
		return nil, err
	}
	return holdPipeline((*C.rm_pipeline_t)(made.object)), nil
}

func holdPipeline(pointer *C.rm_pipeline_t) *Pipeline {
	p := new(Pipeline)
	p.open(pointer, releasePipeline)
	p.cleanup = runtime.AddCleanup(p, aside(releasePipeline), pointer)
	return p
}

func releasePipeline(pointer *C.rm_pipeline_t) { C.rm_pipeline_release(pointer) }

// Close gives the pipeline back; its sessions go on. Closing twice is no error.
func (p *Pipeline) Close() error {
	p.close()
	return nil
}

// Inspect draws the graph with the place and backend of each node, as "text", "json", "dot", "mermaid" or "svg".
func (p *Pipeline) Inspect(format string) (string, error) {
	pointer, isOpen := p.enter()
	if !isOpen {
		return "", closed("pipeline")
	}
	defer p.leave()
	data, length := chars(format)
	return madeText(C.rmgo_pipeline_inspect(pointer, data, length))
}

// SessionOption changes how a session is set up.
type SessionOption func(*sessionConfig)

type sessionConfig struct {
	inputs, outputs uint32
	withoutMetrics  bool
}

// WithInputCapacity sets how many packets may wait on each input of the session: 64 unless it is given.
func WithInputCapacity(packets int) SessionOption {
	return func(config *sessionConfig) { config.inputs = uint32(min(max(packets, 0), math.MaxUint32)) }
}

// WithOutputCapacity sets how many packets may wait on each output of the session: 64 unless it is given.
func WithOutputCapacity(packets int) SessionOption {
	return func(config *sessionConfig) { config.outputs = uint32(min(max(packets, 0), math.MaxUint32)) }
}

// WithoutMetrics leaves call times unmeasured.
func WithoutMetrics() SessionOption {
	return func(config *sessionConfig) { config.withoutMetrics = true }
}

// Open starts a session, and does not wait for its nodes to be initialised: packets that are pushed meanwhile wait.
//
// The session lives no longer than ctx: when ctx is done, the session is cancelled. Give it the context of what the
// session is for, not one that ends with the call.
func (p *Pipeline) Open(ctx context.Context, options ...SessionOption) (*Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	pointer, isOpen := p.enter()
	if !isOpen {
		return nil, closed("pipeline")
	}
	defer p.leave()
	var config sessionConfig
	for _, option := range options {
		option(&config)
	}
	kept := new(failures)
	opening := cgo.NewHandle(kept)
	made := C.rmgo_session_open(pointer, C.uint32_t(config.inputs), C.uint32_t(config.outputs),
		C.bool(config.withoutMetrics), C.uintptr_t(opening))
	opening.Delete()
	if err := failure(made.status, made.error); err != nil {
		return nil, kept.explain(err)
	}
	s := newSession((*C.rm_session_t)(made.object), kept)
	s.pipeline = holdPipeline(C.rm_pipeline_retain(pointer))
	// The context may outlive the session, and must not keep it from being collected.
	ending := weak.Make(s)
	s.unbind = context.AfterFunc(ctx, func() {
		if s := ending.Value(); s != nil {
			s.Cancel()
		}
	})
	return s, nil
}

func newSession(pointer *C.rm_session_t, kept *failures) *Session {
	s := &Session{closing: make(chan struct{}), wakeup: new(wakeup), failures: kept}
	// It cannot fail: the session is new, and so is its waker.
	done := C.rmgo_session_set_waker(pointer, C.uintptr_t(cgo.NewHandle(s.wakeup)))
	C.rm_error_release(done.error)
	s.open(pointer, releaseSession)
	s.cleanup = runtime.AddCleanup(s, aside(releaseSession), pointer)
	return s
}

func releaseSession(pointer *C.rm_session_t) { C.rm_session_release(pointer) }
