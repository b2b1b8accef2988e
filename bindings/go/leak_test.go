//go:build linux

package remotemedia_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

// threads is how many threads the process has.
func threads(t *testing.T) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatalf("the system does not tell how many threads there are: %v", err)
	}
	return len(tasks)
}

func TestWaitingHoldsNoThreads(t *testing.T) {
	session := open(t, one("PassThrough", `{}`))
	before := threads(t)
	ctx, cancel := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	const waiting = 300
	for range waiting {
		spawn(&ended, func() {
			if _, err := session.Poll(ctx); err == nil {
				t.Error("something came out")
			}
		})
	}
	for asleep(t) < waiting {
		runtime.Gosched()
	}
	grown := threads(t) - before
	t.Logf("%d goroutines that wait hold %d threads more", waiting, grown)
	if grown > waiting/4 {
		t.Error("a goroutine that waits holds a thread")
	}
	cancel()
	ended.Wait()
}

func TestManyDeadlinesLeaveNothingBehind(t *testing.T) {
	session := open(t, one("PassThrough", `{}`))
	goroutines := runtime.NumGoroutine()
	for range 200 {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Microsecond)
		if _, err := session.Poll(ctx); err == nil {
			t.Fatal("something came out")
		}
		cancel()
	}
	settle(t, goroutines)
}

func TestStreamsLeaveNoGoroutinesBehind(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	for range 50 {
		session := open(t, one("PassThrough", `{}`))
		for range session.Stream(t.Context(), numbers(-1)) {
			break
		}
		must(t, session.Close())
	}
	settle(t, goroutines)
}

func TestAsyncNodesLeaveNoGoroutinesBehind(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	for range 20 {
		rt, err := remotemedia.New(remotemedia.WithWorkers(1))
		must(t, err)
		must(t, registrations["async"](rt, new(counts)))
		session, err := rt.Open(t.Context(), one("Adder", `{}`))
		must(t, err)
		push(t, session, remotemedia.Int(1))
		poll(t, session).Close()
		must(t, session.Close())
		must(t, rt.Close())
	}
	settle(t, goroutines)
}

func TestAThousandSessionsLeaveNoThreadsAndNoMemoryBehind(t *testing.T) {
	rt := fresh(t)
	cycle := func() {
		session, err := rt.Open(t.Context(), one("PassThrough", `{}`))
		must(t, err)
		push(t, session, remotemedia.WrapBytes(make([]byte, 10_000)))
		poll(t, session).Close()
		must(t, session.Close())
	}
	for range 200 {
		cycle()
	}
	count, size := threads(t), resident(t)
	for range 1000 {
		cycle()
	}
	if grown := threads(t) - count; grown > 50 {
		t.Errorf("%d threads more", grown)
	}
	if grown := resident(t) - size; grown > 32<<20 {
		t.Errorf("%d bytes more", grown)
	}
}

func TestForgottenSessionsAreCollected(t *testing.T) {
	rt, cleaned := fresh(t), make(chan struct{})
	must(t, rt.RegisterAsync("Waits", func(remotemedia.Params) (remotemedia.AsyncNode, error) {
		return &waiting{entered: make(chan struct{}), cleaned: cleaned}, nil
	}))
	func() {
		session, err := rt.Open(t.Context(), one("Waits", `{}`))
		must(t, err)
		push(t, session, remotemedia.Int(1))
	}()
	collectUntil(t, cleaned)
}

// settle waits until no more goroutines are left than there were.
func settle(t *testing.T, before int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines more:\n%s", runtime.NumGoroutine()-before, stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(time.Millisecond)
	}
}

// resident is how much memory the process holds, in bytes.
func resident(t *testing.T) int64 {
	t.Helper()
	runtime.GC()
	status, err := os.ReadFile("/proc/self/status")
	must(t, err)
	for line := range strings.Lines(string(status)) {
		var kilobytes int64
		if scanned, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kilobytes); scanned == 1 {
			return kilobytes << 10
		}
	}
	t.Fatal("the system does not tell how much memory the process holds")
	return 0
}
