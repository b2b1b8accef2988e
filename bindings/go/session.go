package remotemedia

// #include "bridge.h"
import "C"

import (
	"context"
	"encoding/json"
)

// Session is a running graph. Its methods may be called from any goroutine, several at once.
//
// A session that is neither closed nor reachable is cancelled by the garbage collector, some time. Close it.
type Session struct {
	object[*C.rm_session_t]
	pipeline *Pipeline
	wakeup   *wakeup
	failures *failures
	closing  chan struct{}
	unbind   func() bool
}

// PortOption names a port of a session or of a node.
type PortOption struct{ name string }

// Port chooses the port called name. Without it, a session's calls mean its only input, and any of its outputs.
func Port(name string) PortOption { return PortOption{name} }

func portOf(options []PortOption) (*C.char, C.size_t) {
	if len(options) == 0 {
		return nil, 0
	}
	return chars(options[len(options)-1].name)
}

// Push sends a packet to the session's input, and waits for room while that is full. The packet stays the caller's.
//
// A Push that waits holds no thread and asks for nothing: the library wakes it when there may be room. It ends as
// soon as ctx does, with ctx.Err(), and then nothing was sent. Cheap native nodes may run inside Push, on its
// goroutine.
//
// After CloseInput it gives ErrClosed, after a failure the *Error that ended the session.
func (s *Session) Push(ctx context.Context, packet *Packet, options ...PortOption) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := s.TryPush(packet, options...)
	if err != ErrWouldBlock {
		return err
	}
	_, err = wait(ctx, s.wakeup, s.closing, func() (struct{}, error) { return struct{}{}, s.TryPush(packet, options...) })
	return err
}

// TryPush is Push that does not wait: it gives ErrWouldBlock where that would.
func (s *Session) TryPush(packet *Packet, options ...PortOption) error {
	pointer, isOpen := s.enter()
	if !isOpen {
		return closed("session")
	}
	defer s.leave()
	content, err := packet.use()
	if err != nil {
		return err
	}
	defer packet.leave()
	port, length := portOf(options)
	done := C.rmgo_session_push(pointer, port, length, content)
	return s.failures.explain(failure(done.status, done.error))
}

// Poll receives the next packet, and waits for it. At the end it gives ErrEnd, every time; after a failure what came
// before it, then the *Error that ended the session, every time.
//
// As Push, a Poll that waits holds no thread, and ends as soon as ctx does, with ctx.Err(); no packet is lost then.
func (s *Session) Poll(ctx context.Context, options ...PortOption) (*Packet, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	packet, err := s.TryPoll(options...)
	if err != ErrWouldBlock {
		return packet, err
	}
	return wait(ctx, s.wakeup, s.closing, func() (*Packet, error) { return s.TryPoll(options...) })
}

// TryPoll is Poll that does not wait: it gives ErrWouldBlock where that would.
func (s *Session) TryPoll(options ...PortOption) (*Packet, error) {
	pointer, isOpen := s.enter()
	if !isOpen {
		return nil, closed("session")
	}
	defer s.leave()
	port, length := portOf(options)
	made := C.rmgo_session_poll(pointer, port, length)
	if err := failure(made.status, made.error); err != nil {
		return nil, s.failures.explain(err)
	}
	return holdPacket((*C.rm_packet_t)(made.object)), nil
}

// CloseInput ends the input that is named, or every input. What was sent goes its way, then the outputs end.
func (s *Session) CloseInput(options ...PortOption) error {
	return s.do(func(pointer *C.rm_session_t) C.rmgo_done_t {
		port, length := portOf(options)
		return C.rmgo_session_close(pointer, port, length)
	})
}

// Drain ends every input and waits until every node is cleaned up, also after a failure. Outputs that nobody polls
// meanwhile are discarded. It gives the error that ended the session, or ctx.Err() if ctx was done before; the session
// then goes on to its end.
//
// As Push and Poll, a Drain that waits holds no thread and asks for nothing.
func (s *Session) Drain(ctx context.Context) error {
	_, err := wait(ctx, s.wakeup, s.closing, func() (struct{}, error) { return struct{}{}, s.tryDrain() })
	return err
}

// tryDrain is Drain that does not wait: it gives ErrWouldBlock where that would.
func (s *Session) tryDrain() error {
	err := s.do(func(pointer *C.rm_session_t) C.rmgo_done_t { return C.rmgo_session_drain(pointer) })
	if err == StatusTimeout {
		return ErrWouldBlock
	}
	return err
}

// Interrupt discards everything that is under way, but for packets that were made with WithUninterruptible, and lets
// the nodes hear of it. The session goes on.
func (s *Session) Interrupt() error {
	return s.do(func(pointer *C.rm_session_t) C.rmgo_done_t { return C.rmgo_session_interrupt(pointer) })
}

// Cancel ends the session at once: nothing more comes out, and Poll gives ErrCancelled. It does not wait for the
// nodes.
func (s *Session) Cancel() error {
	return s.do(func(pointer *C.rm_session_t) C.rmgo_done_t { return C.rmgo_session_cancel(pointer) })
}

// Metrics gives what the nodes and queues counted so far.
func (s *Session) Metrics() (*Metrics, error) {
	pointer, isOpen := s.enter()
	if !isOpen {
		return nil, closed("session")
	}
	defer s.leave()
	text, err := madeText(C.rmgo_session_metrics(pointer))
	if err != nil {
		return nil, err
	}
	metrics := new(Metrics)
	return metrics, json.Unmarshal([]byte(text), metrics)
}

// Inspect is Pipeline.Inspect of the pipeline that the session runs.
func (s *Session) Inspect(format string) (string, error) {
	if s.isClosed() {
		return "", closed("session")
	}
	return s.pipeline.Inspect(format)
}

// Close cancels the session if it goes on, and gives it back. Calls that wait in other goroutines return ErrClosed.
// Closing twice is no error.
func (s *Session) Close() error {
	if s.close() {
		s.unbind()
		close(s.closing)
		s.pipeline.Close()
	}
	return nil
}

func (s *Session) do(call func(*C.rm_session_t) C.rmgo_done_t) error {
	pointer, isOpen := s.enter()
	if !isOpen {
		return closed("session")
	}
	defer s.leave()
	done := call(pointer)
	return s.failures.explain(failure(done.status, done.error))
}
