package remotemedia_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

// exiting is a node that ends its goroutine in the method that it is named after.
type exiting string

func (e exiting) exit(method string) {
	if string(e) == method {
		runtime.Goexit()
	}
}

func (e exiting) Initialize() error {
	e.exit("initialize")
	return nil
}

func (e exiting) Process(packet *remotemedia.Packet, out *remotemedia.Outputs) error {
	if err := out.Emit(packet); err != nil {
		return err
	}
	e.exit("process")
	return nil
}

func (e exiting) Flush(*remotemedia.Outputs) error {
	e.exit("flush")
	return nil
}

func (e exiting) Interrupt() { e.exit("interrupt") }

func (e exiting) Cleanup() error {
	e.exit("cleanup")
	return nil
}

// slowExiting is one that takes its time.
type slowExiting struct{ exiting }

func (e slowExiting) Process(_ context.Context, packet *remotemedia.Packet, out *remotemedia.Outputs) error {
	return e.exiting.Process(packet, out)
}

func (e slowExiting) Flush(_ context.Context, out *remotemedia.Outputs) error {
	return e.exiting.Flush(out)
}

func TestNodeThatEndsItsGoroutineIsAnErrorOfItsSession(t *testing.T) {
	for _, method := range []string{"initialize", "process", "flush", "interrupt", "cleanup"} {
		create := func(remotemedia.Params) (remotemedia.Node, error) { return exiting(method), nil }
		rt := fresh(t)
		must(t, rt.Register("Native", create))
		must(t, rt.Register("Blocking", create, remotemedia.Blocking()))
		must(t, rt.RegisterAsync("Async", func(remotemedia.Params) (remotemedia.AsyncNode, error) {
			return slowExiting{exiting(method)}, nil
		}))
		for _, nodeType := range []string{"Native", "Blocking", "Async"} {
			t.Run(method+"/"+nodeType, func(t *testing.T) {
				session := openIn(t, rt, one(nodeType, `{}`))
				// It may be refused, where the session has failed already.
				_ = session.Push(t.Context(), remotemedia.Int(1))
				_, _ = session.Poll(t.Context())
				_ = session.Interrupt()
				_ = session.Push(t.Context(), remotemedia.Int(2))
				err := session.Drain(t.Context())
				if !errors.Is(err, remotemedia.StatusNode) || !strings.Contains(err.Error(), "ended its goroutine") {
					t.Fatalf("got %v", err)
				}
			})
		}
	}
}

func TestCreationThatEndsItsGoroutineIsRefused(t *testing.T) {
	rt := fresh(t)
	must(t, rt.Register("Never", func(remotemedia.Params) (remotemedia.Node, error) {
		runtime.Goexit()
		return nil, nil
	}))
	_, err := rt.Open(t.Context(), one("Never", `{}`))
	if err == nil || !strings.Contains(err.Error(), "ended its goroutine") {
		t.Fatalf("got %v", err)
	}
}
