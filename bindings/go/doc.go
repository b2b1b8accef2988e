// Package remotemedia runs real-time AI media pipelines inside a Go program.
//
// A pipeline is JSON, the manifest, which names nodes and what feeds what. A [Runtime] has the threads and the node
// types, a [Session] is a running graph: packets are pushed in and polled out, or streamed.
//
//	rt, err := remotemedia.New()
//	…
//	session, err := rt.Open(ctx, manifest)
//	…
//	for packet, err := range session.Stream(ctx, inputs) {
//		…
//	}
//
// # Building
//
// The package calls the C library through cgo, and finds it by pkg-config. Where it is not installed in a place that
// the system knows, say where at build and at run time:
//
//	export PKG_CONFIG_PATH=PREFIX/lib/pkgconfig LD_LIBRARY_PATH=PREFIX/lib
//
// # Lifetimes
//
// Whatever has a Close is closed by its owner: the caller who made or received it. No call takes an argument over: a
// packet that was pushed is still to be closed. Close may be called from any goroutine, any number of times, and
// during other calls, which end with [ErrClosed]. What is forgotten is released by the garbage collector, some time.
//
// # Waiting
//
// Calls that wait take a context and end as soon as that does. A goroutine that waits for a session holds no thread:
// the library tells when asking again is worth it.
//
// # Nodes
//
// A program adds node types by [Runtime.Register]: a [Node] is called and returns, on the thread that its packet
// comes along on, an [AsyncNode] runs in goroutines and may wait for what it likes. Errors that they return, and
// their panics, end the session with an [Error] that names the node and the item, unless the manifest has another
// policy.
//
// # Memory
//
// Packets of media wrap Go memory without a copy ([WrapAudio] and its like), which is pinned until nothing uses it
// any more. Methods that end in View lend the memory of a packet without a copy; those without copy it.
package remotemedia
