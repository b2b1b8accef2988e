package remotemedia

// #include "bridge.h"
import "C"

import (
	"context"
	"math"
	"runtime"
	"runtime/cgo"
)

// Runtime has the threads and the node types that pipelines use. A program needs one. Its methods may be called from
// any goroutine.
type Runtime struct {
	object[*C.rm_runtime_t]
}

// RuntimeOption changes how a runtime is set up.
type RuntimeOption func(*runtimeConfig)

type runtimeConfig struct{ workers uint32 }

// WithWorkers sets how many threads carry timers and asynchronous nodes: one per processor core unless it is given.
func WithWorkers(count int) RuntimeOption {
	return func(config *runtimeConfig) { config.workers = uint32(min(max(count, 0), math.MaxUint32)) }
}

// New makes a runtime. It fails if the library that was loaded does not fit the one that the program was compiled
// against, or if the system gives no more threads.
func New(options ...RuntimeOption) (*Runtime, error) {
	if abi != nil {
		return nil, abi
	}
	var config runtimeConfig
	for _, option := range options {
		option(&config)
	}
	made := C.rmgo_runtime_new(C.uint32_t(config.workers))
	if err := failure(made.status, made.error); err != nil {
		return nil, err
	}
	rt, pointer := new(Runtime), (*C.rm_runtime_t)(made.object)
	rt.open(pointer, releaseRuntime)
	rt.cleanup = runtime.AddCleanup(rt, aside(releaseRuntime), pointer)
	return rt, nil
}

func releaseRuntime(pointer *C.rm_runtime_t) { C.rm_runtime_release(pointer) }

// Close gives the runtime back. Pipelines and sessions that are still open keep its threads; with the last of them,
// sessions that go on are cancelled, and Close waits until their nodes are cleaned up, for five seconds at most.
// Closing twice is no error.
func (rt *Runtime) Close() error {
	rt.close()
	return nil
}

// Pipeline reads a manifest, which is JSON, and checks it as a whole.
func (rt *Runtime) Pipeline(manifest string) (*Pipeline, error) {
	pointer, isOpen := rt.enter()
	if !isOpen {
		return nil, closed("runtime")
	}
	defer rt.leave()
	data, length := chars(manifest)
	return newPipeline(C.rmgo_pipeline_open(pointer, data, length))
}

// SetPipeline registers a manifest under a name: other manifests may name it as a node type, and PipelineNamed opens
// it. It is checked when it is opened.
func (rt *Runtime) SetPipeline(name, manifest string) error {
	pointer, isOpen := rt.enter()
	if !isOpen {
		return closed("runtime")
	}
	defer rt.leave()
	key, keyLength := chars(name)
	data, length := chars(manifest)
	done := C.rmgo_runtime_set_pipeline(pointer, key, keyLength, data, length)
	return failure(done.status, done.error)
}

// PipelineNamed opens the pipeline that SetPipeline registered under a name.
func (rt *Runtime) PipelineNamed(name string) (*Pipeline, error) {
	pointer, isOpen := rt.enter()
	if !isOpen {
		return nil, closed("runtime")
	}
	defer rt.leave()
	data, length := chars(name)
	return newPipeline(C.rmgo_pipeline_open_named(pointer, data, length))
}

// Open checks a manifest and starts a session of it. The session lives no longer than ctx; see Pipeline.Open.
func (rt *Runtime) Open(ctx context.Context, manifest string, options ...SessionOption) (*Session, error) {
	pipeline, err := rt.Pipeline(manifest)
	if err != nil {
		return nil, err
	}
	defer pipeline.Close()
	return pipeline.Open(ctx, options...)
}

// setNode adds a node type, whose handle the library lets go of.
func (rt *Runtime) setNode(name string, lane C.int32_t, nodeType hostType) error {
	pointer, isOpen := rt.enter()
	if !isOpen {
		return closed("runtime")
	}
	defer rt.leave()
	data, length := chars(name)
	done := C.rmgo_runtime_set_node(pointer, data, length, lane, C.uintptr_t(cgo.NewHandle(nodeType)))
	return failure(done.status, done.error)
}
