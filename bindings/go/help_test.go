package remotemedia_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

// one is the manifest of a pipeline of one node.
func one(nodeType, params string) string {
	return fmt.Sprintf(`{"version": "v1", "metadata": {"name": "test"}, "connections": [],
		"nodes": [{"id": "node", "node_type": %q, "params": %s}]}`, nodeType, params)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var shared = sync.OnceValues(func() (*remotemedia.Runtime, error) { return remotemedia.New() })

// runtimeOf is the runtime that tests share which add nothing to it.
func runtimeOf(t testing.TB) *remotemedia.Runtime {
	t.Helper()
	rt, err := shared()
	must(t, err)
	return rt
}

func open(t testing.TB, manifest string, options ...remotemedia.SessionOption) *remotemedia.Session {
	t.Helper()
	return openIn(t, runtimeOf(t), manifest, options...)
}

func openIn(
	t testing.TB, rt *remotemedia.Runtime, manifest string, options ...remotemedia.SessionOption,
) *remotemedia.Session {
	t.Helper()
	session, err := rt.Open(t.Context(), manifest, options...)
	must(t, err)
	t.Cleanup(func() { session.Close() })
	return session
}

// fresh is a runtime for one test, closed at its end.
func fresh(t testing.TB) *remotemedia.Runtime {
	t.Helper()
	rt, err := remotemedia.New(remotemedia.WithWorkers(2))
	must(t, err)
	t.Cleanup(func() { rt.Close() })
	return rt
}

func push(t testing.TB, session *remotemedia.Session, packet *remotemedia.Packet) {
	t.Helper()
	must(t, session.Push(t.Context(), packet))
	packet.Close()
}

func poll(t testing.TB, session *remotemedia.Session) *remotemedia.Packet {
	t.Helper()
	packet, err := session.Poll(t.Context())
	must(t, err)
	return packet
}

func spawn(group *sync.WaitGroup, work func()) {
	group.Add(1)
	go func() {
		defer group.Done()
		work()
	}()
}

// asleep is how many goroutines wait for a session.
func asleep(t *testing.T) int {
	t.Helper()
	if err := t.Context().Err(); err != nil {
		t.Fatal(err)
	}
	stacks := make([]byte, 1<<21)
	waits := strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n")
	return len(slices.DeleteFunc(waits, func(stack string) bool {
		return !strings.Contains(stack, "[select") || !strings.Contains(stack, "bindings/go.wait[")
	}))
}
