package remotemedia_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

func TestDrainWaitsForTheEndAndGivesTheError(t *testing.T) {
	session := open(t, one("PassThrough", `{}`))
	push(t, session, remotemedia.Int(1))
	must(t, session.Drain(t.Context()))

	session = open(t, one("Multiply", `{"factor": 2}`))
	push(t, session, remotemedia.Text("two"))
	if err := session.Drain(t.Context()); !errors.Is(err, remotemedia.StatusNode) {
		t.Fatalf("got %v", err)
	}
}

// failing is a node that fails, and is cleaned up when the test lets it.
type failing struct{ cleaning, release chan struct{} }

func (failing) Process(*remotemedia.Packet, *remotemedia.Outputs) error {
	return errors.New("too much")
}

func (f failing) Cleanup() error {
	close(f.cleaning)
	<-f.release
	return nil
}

// openFailing is a session whose node has failed and is being cleaned up.
func openFailing(t *testing.T) (*remotemedia.Session, failing) {
	t.Helper()
	rt, node := fresh(t), failing{make(chan struct{}), make(chan struct{})}
	must(t, rt.Register("Failing", func(remotemedia.Params) (remotemedia.Node, error) {
		return node, nil
	}, remotemedia.Blocking()))
	session := openIn(t, rt, one("Failing", `{}`))
	push(t, session, remotemedia.Int(1))
	<-node.cleaning
	return session, node
}

func TestDrainWaitsForTheNodesOfASessionThatFailedAndAsksForNothingMeanwhile(t *testing.T) {
	session, node := openFailing(t)
	drained := make(chan error)
	go func() { drained <- session.Drain(t.Context()) }()
	for asleep(t) == 0 {
		runtime.Gosched()
	}
	before := runtime.NumCgoCall()
	time.Sleep(100 * time.Millisecond)
	if calls := runtime.NumCgoCall() - before; calls > 3 {
		t.Errorf("%d calls into the library while nothing happened", calls)
	}
	select {
	case err := <-drained:
		t.Fatalf("drained before the node was cleaned up: %v", err)
	default:
	}
	close(node.release)
	if err := <-drained; !errors.Is(err, remotemedia.StatusNode) {
		t.Fatalf("got %v", err)
	}
}

func TestDrainEndsWithItsContext(t *testing.T) {
	session, node := openFailing(t)
	defer close(node.release)
	ctx, cancel := context.WithCancel(t.Context())
	drained := make(chan error)
	go func() { drained <- session.Drain(ctx) }()
	for asleep(t) == 0 {
		runtime.Gosched()
	}
	cancel()
	if err := <-drained; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}
