package remotemedia_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

// calls is everything that a session can be asked, in no sensible order.
var calls = []func(context.Context, *remotemedia.Session) error{
	func(ctx context.Context, s *remotemedia.Session) error { return s.Push(ctx, remotemedia.Int(1)) },
	func(ctx context.Context, s *remotemedia.Session) error { return s.Push(ctx, remotemedia.Text("x")) },
	func(_ context.Context, s *remotemedia.Session) error { return s.TryPush(remotemedia.Null()) },
	func(ctx context.Context, s *remotemedia.Session) error {
		packet, err := s.Poll(ctx)
		if err == nil {
			err = packet.Close()
		}
		return err
	},
	func(_ context.Context, s *remotemedia.Session) error { _, err := s.TryPoll(); return err },
	func(_ context.Context, s *remotemedia.Session) error { return s.Interrupt() },
	func(_ context.Context, s *remotemedia.Session) error { _, err := s.Metrics(); return err },
	func(_ context.Context, s *remotemedia.Session) error { _, err := s.Inspect("json"); return err },
	func(_ context.Context, s *remotemedia.Session) error {
		return s.CloseInput(remotemedia.Port("nowhere"))
	},
	func(ctx context.Context, s *remotemedia.Session) error {
		if rand.IntN(20) > 0 {
			return nil
		}
		return s.Drain(ctx)
	},
	func(_ context.Context, s *remotemedia.Session) error {
		if rand.IntN(50) > 0 {
			return nil
		}
		return s.Cancel()
	},
	func(_ context.Context, s *remotemedia.Session) error {
		if rand.IntN(50) > 0 {
			return nil
		}
		return s.Close()
	},
}

func TestCallsFromEverywhereAreAnsweredUntilTheSessionIsClosed(t *testing.T) {
	for way, register := range registrations {
		t.Run(way, func(t *testing.T) {
			rt := fresh(t)
			must(t, register(rt, new(counts)))
			for range 30 {
				session := openIn(t, rt, one("Adder", `{}`), remotemedia.WithOutputCapacity(2))
				var callers sync.WaitGroup
				for range 6 {
					spawn(&callers, func() { callAll(t, session) })
				}
				callers.Wait()
			}
		})
	}
}

// callAll makes calls until the session is closed, and expects each of them to come back.
func callAll(t *testing.T, session *remotemedia.Session) {
	for number := 0; ; number++ {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		err := calls[rand.IntN(len(calls))](ctx, session)
		cancel()
		if _, polled := session.TryPoll(); errors.Is(polled, remotemedia.ErrClosed) {
			return
		}
		if status := remotemedia.StatusPanic; errors.Is(err, status) {
			t.Errorf("the library broke a promise: %v", err)
		}
		if number > 500 {
			session.Close()
		}
	}
}
