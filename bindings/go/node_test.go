package remotemedia_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

// adder sums numbers up, and counts what happens to it.
type adder struct {
	counts *counts
	sum    int64
}

type counts struct {
	created, initialized, interrupted, flushed, cleanedUp atomic.Int64
}

func (a *adder) Initialize() error {
	a.counts.initialized.Add(1)
	return nil
}

func (a *adder) Process(packet *remotemedia.Packet, out *remotemedia.Outputs) error {
	number, err := packet.Int()
	if err != nil {
		return fmt.Errorf("only whole numbers can be added: %w", err)
	}
	a.sum += number
	return out.Emit(remotemedia.Int(a.sum))
}

func (a *adder) Interrupt() {
	a.counts.interrupted.Add(1)
	if a.sum < 0 {
		panic("below zero")
	}
	a.sum = 0
}

func (a *adder) Flush(out *remotemedia.Outputs) error {
	a.counts.flushed.Add(1)
	return out.Emit(remotemedia.Text("over"))
}

func (a *adder) Cleanup() error {
	a.counts.cleanedUp.Add(1)
	return nil
}

// slowAdder is an adder that takes its time.
type slowAdder struct{ *adder }

func (a slowAdder) Process(_ context.Context, packet *remotemedia.Packet, out *remotemedia.Outputs) error {
	return a.adder.Process(packet, out)
}

func (a slowAdder) Flush(_ context.Context, out *remotemedia.Outputs) error {
	return a.adder.Flush(out)
}

// registrations adds the adder in each way there is.
var registrations = map[string]func(*remotemedia.Runtime, *counts) error{
	"native": func(rt *remotemedia.Runtime, counts *counts) error {
		return rt.Register("Adder", adderOf(counts))
	},
	"blocking": func(rt *remotemedia.Runtime, counts *counts) error {
		return rt.Register("Adder", adderOf(counts), remotemedia.Blocking())
	},
	"async": func(rt *remotemedia.Runtime, counts *counts) error {
		return rt.RegisterAsync("Adder", func(remotemedia.Params) (remotemedia.AsyncNode, error) {
			counts.created.Add(1)
			return slowAdder{&adder{counts: counts}}, nil
		})
	},
}

func adderOf(counts *counts) func(remotemedia.Params) (remotemedia.Node, error) {
	return func(remotemedia.Params) (remotemedia.Node, error) {
		counts.created.Add(1)
		return &adder{counts: counts}, nil
	}
}

func TestNodeLivesOnceInEachSession(t *testing.T) {
	for way, register := range registrations {
		t.Run(way, func(t *testing.T) {
			rt, counts := fresh(t), new(counts)
			must(t, register(rt, counts))
			session := openIn(t, rt, one("Adder", `{}`))
			sum := int64(0)
			for number := range int64(50) {
				sum += number
				push(t, session, remotemedia.Int(number))
				if value, err := poll(t, session).Int(); err != nil || value != sum {
					t.Fatalf("got %d, %v, expected %d", value, err, sum)
				}
			}
			must(t, session.CloseInput())
			if last, err := poll(t, session).Text(); err != nil || last != "over" {
				t.Fatalf("got %q, %v", last, err)
			}
			if _, err := session.Poll(t.Context()); !errors.Is(err, remotemedia.ErrEnd) {
				t.Fatal(err)
			}
			expect(t, counts, 1, 1, 0, 1, 1)
		})
	}
}

func expect(t *testing.T, counts *counts, created, initialized, interrupted, flushed, cleanedUp int64) {
	t.Helper()
	got := [5]int64{counts.created.Load(), counts.initialized.Load(), counts.interrupted.Load(),
		counts.flushed.Load(), counts.cleanedUp.Load()}
	if expected := [5]int64{created, initialized, interrupted, flushed, cleanedUp}; got != expected {
		t.Fatalf("created, initialized, interrupted, flushed, cleaned up: got %v, expected %v", got, expected)
	}
}

func TestNodeHearsOfAnInterruptBeforeItsNextPacket(t *testing.T) {
	for way, register := range registrations {
		t.Run(way, func(t *testing.T) {
			rt, counts := fresh(t), new(counts)
			must(t, register(rt, counts))
			session := openIn(t, rt, one("Adder", `{}`))
			push(t, session, remotemedia.Int(5))
			poll(t, session)
			must(t, session.Interrupt())
			push(t, session, remotemedia.Int(7))
			if value, err := poll(t, session).Int(); err != nil || value != 7 {
				t.Fatalf("got %d, %v", value, err)
			}
			must(t, session.Drain(t.Context()))
			expect(t, counts, 1, 1, 1, 1, 1)
		})
	}
}

func TestPanicOfAnInterruptFailsTheNextCall(t *testing.T) {
	for way, register := range registrations {
		t.Run(way, func(t *testing.T) {
			rt := fresh(t)
			must(t, register(rt, new(counts)))
			session := openIn(t, rt, one("Adder", `{}`))
			push(t, session, remotemedia.Int(-1))
			poll(t, session)
			must(t, session.Interrupt())
			push(t, session, remotemedia.Int(7))
			_, err := session.Poll(t.Context())
			if !errors.Is(err, remotemedia.StatusNode) || !strings.Contains(err.Error(), "panic: below zero") {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestErrorOfANodeArrivesWithItsText(t *testing.T) {
	for way, register := range registrations {
		t.Run(way, func(t *testing.T) {
			rt, counts := fresh(t), new(counts)
			must(t, register(rt, counts))
			session := openIn(t, rt, one("Adder", `{}`))
			push(t, session, remotemedia.Text("two"))
			_, err := session.Poll(t.Context())
			var failure *remotemedia.Error
			if !errors.As(err, &failure) || !errors.Is(err, remotemedia.StatusNode) || failure.Item != 1 {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(err.Error(), "only whole numbers can be added: ") || failure.Node != "node" {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestPanicOfANodeIsItsError(t *testing.T) {
	panics := func(*remotemedia.Packet, *remotemedia.Outputs) error { panic("out of tea") }
	rt := fresh(t)
	must(t, rt.Register("Panics", func(remotemedia.Params) (remotemedia.Node, error) {
		return remotemedia.NodeFunc(panics), nil
	}))
	must(t, rt.RegisterAsync("PanicsLater", func(remotemedia.Params) (remotemedia.AsyncNode, error) {
		return remotemedia.AsyncNodeFunc(func(context.Context, *remotemedia.Packet, *remotemedia.Outputs) error {
			panic("out of tea")
		}), nil
	}))
	for _, nodeType := range []string{"Panics", "PanicsLater"} {
		session := openIn(t, rt, one(nodeType, `{}`))
		push(t, session, remotemedia.Int(1))
		_, err := session.Poll(t.Context())
		if !errors.Is(err, remotemedia.StatusNode) || !strings.Contains(err.Error(), "panic: out of tea, at ") ||
			!strings.Contains(err.Error(), "node_test.go:") {
			t.Errorf("%s: got %v", nodeType, err)
		}
	}
}

func TestNodeMayRefuseItsParameters(t *testing.T) {
	rt := fresh(t)
	must(t, rt.Register("Scale", func(params remotemedia.Params) (remotemedia.Node, error) {
		var config struct{ Factor int64 }
		if err := params.Decode(&config); err != nil {
			return nil, err
		}
		return remotemedia.NodeFunc(func(packet *remotemedia.Packet, out *remotemedia.Outputs) error {
			number, err := packet.Int()
			if err != nil {
				return err
			}
			return out.Emit(remotemedia.Int(number * config.Factor))
		}), nil
	}))
	session := openIn(t, rt, one("Scale", `{"factor": 3}`))
	push(t, session, remotemedia.Int(2))
	if value, err := poll(t, session).Int(); err != nil || value != 6 {
		t.Fatalf("got %d, %v", value, err)
	}
	_, err := rt.Open(t.Context(), one("Scale", `{"facto": 3}`))
	if !errors.Is(err, remotemedia.StatusNode) || !strings.Contains(err.Error(), `unknown field "facto"`) {
		t.Fatalf("got %v", err)
	}
}

func TestNodeTypeNeedsAFunctionThatMakesItsNodes(t *testing.T) {
	rt := fresh(t)
	for kind, err := range map[string]error{
		"plain": rt.Register("Nothing", nil),
		"async": rt.RegisterAsync("Nothing", nil),
	} {
		if !errors.Is(err, remotemedia.StatusInvalidArgument) || !strings.Contains(err.Error(), `"Nothing" is nil`) {
			t.Errorf("%s: got %v", kind, err)
		}
	}
}

func TestNodeThatIsNilFailsTheOpeningByTheNameOfItsType(t *testing.T) {
	rt := fresh(t)
	must(t, rt.Register("Nobody", func(remotemedia.Params) (remotemedia.Node, error) { return nil, nil }))
	must(t, rt.RegisterAsync("Later", func(remotemedia.Params) (remotemedia.AsyncNode, error) { return nil, nil }))
	for _, name := range []string{"Nobody", "Later"} {
		_, err := rt.Open(t.Context(), one(name, "{}"))
		if err == nil || !strings.Contains(err.Error(), `"`+name+`" gave nil and no error`) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestNodeTypeIsRegisteredOnce(t *testing.T) {
	rt := fresh(t)
	create := adderOf(new(counts))
	must(t, rt.Register("Adder", create))
	for _, name := range []string{"Adder", "Multiply"} {
		if err := rt.Register(name, create); !errors.Is(err, remotemedia.StatusInvalidArgument) {
			t.Errorf("%q: got %v", name, err)
		}
	}
}

func TestNodeReadsAndWritesNamedPorts(t *testing.T) {
	rt := fresh(t)
	must(t, rt.Register("Router", func(remotemedia.Params) (remotemedia.Node, error) {
		return remotemedia.NodeFunc(func(packet *remotemedia.Packet, out *remotemedia.Outputs) error {
			input, err := out.Input()
			if err != nil {
				return err
			}
			return out.Emit(packet, remotemedia.Port("to_"+input))
		}), nil
	}))
	session := openIn(t, rt, `{"version": "v1", "metadata": {"name": "ports"}, "nodes": [
		{"id": "left", "node_type": "PassThrough"}, {"id": "right", "node_type": "PassThrough"},
		{"id": "router", "node_type": "Router"},
		{"id": "a", "node_type": "PassThrough"}, {"id": "b", "node_type": "PassThrough"}],
		"connections": [{"from": "left", "to": "router.left"}, {"from": "right", "to": "router.right"},
		{"from": "router.to_left", "to": "a"}, {"from": "router.to_right", "to": "b"}]}`)
	for _, side := range []string{"left", "right"} {
		must(t, session.Push(t.Context(), remotemedia.Text(side), remotemedia.Port(side+".in")))
	}
	for port, side := range map[string]string{"a.out": "left", "b.out": "right"} {
		packet, err := session.Poll(t.Context(), remotemedia.Port(port))
		must(t, err)
		if text, _ := packet.Text(); text != side {
			t.Errorf("got %q on %s", text, port)
		}
	}
}

func TestWhatWasLentToANodeIsRefusedAfterwards(t *testing.T) {
	rt := fresh(t)
	var lent, kept *remotemedia.Packet
	var outputs *remotemedia.Outputs
	must(t, rt.Register("Keeps", func(remotemedia.Params) (remotemedia.Node, error) {
		return remotemedia.NodeFunc(func(packet *remotemedia.Packet, out *remotemedia.Outputs) error {
			lent, kept, outputs = packet, packet.Retain(), out
			return out.Emit(packet)
		}), nil
	}))
	session := openIn(t, rt, one("Keeps", `{}`))
	push(t, session, remotemedia.Text("mine"))
	must(t, session.Drain(t.Context()))
	if !errors.Is(lent.Err(), remotemedia.ErrClosed) {
		t.Fatalf("got %v", lent.Err())
	}
	if text, err := kept.Text(); err != nil || text != "mine" {
		t.Fatalf("got %q, %v", text, err)
	}
	if err := outputs.Emit(kept); !errors.Is(err, remotemedia.ErrClosed) {
		t.Fatalf("got %v", err)
	}
	if _, err := outputs.Input(); !errors.Is(err, remotemedia.ErrClosed) {
		t.Fatalf("got %v", err)
	}
}

func TestAsyncNodeWaitsForRoom(t *testing.T) {
	rt := fresh(t)
	copies := func(_ context.Context, packet *remotemedia.Packet, out *remotemedia.Outputs) error {
		for range 200 {
			if err := out.Emit(packet); err != nil {
				return err
			}
		}
		return nil
	}
	must(t, rt.RegisterAsync("Copies", func(remotemedia.Params) (remotemedia.AsyncNode, error) {
		return remotemedia.AsyncNodeFunc(copies), nil
	}))
	session := openIn(t, rt, one("Copies", `{}`), remotemedia.WithOutputCapacity(8))
	for number := range int64(3) {
		push(t, session, remotemedia.Int(number))
	}
	for number := range int64(3) {
		for range 200 {
			if value, err := poll(t, session).Int(); err != nil || value != number {
				t.Fatalf("got %d, %v", value, err)
			}
		}
	}
	must(t, session.Drain(t.Context()))
}

func TestEmissionThatWaitsForRoomEndsWithItsSession(t *testing.T) {
	rt := fresh(t)
	emitted, left := make(chan struct{}, 1000), make(chan error, 1)
	endless := func(_ context.Context, packet *remotemedia.Packet, out *remotemedia.Outputs) error {
		for {
			if err := out.Emit(packet); err != nil {
				left <- err
				return err
			}
			emitted <- struct{}{}
		}
	}
	must(t, rt.RegisterAsync("Endless", func(remotemedia.Params) (remotemedia.AsyncNode, error) {
		return remotemedia.AsyncNodeFunc(endless), nil
	}))
	session := openIn(t, rt, one("Endless", `{}`), remotemedia.WithOutputCapacity(1))
	push(t, session, remotemedia.Int(1))
	for range 100 {
		<-emitted
		poll(t, session).Close()
	}
	must(t, session.Cancel())
	if err := <-left; !errors.Is(err, remotemedia.ErrClosed) {
		t.Fatalf("got %v", err)
	}
}

func TestInterruptedCallEndsAndReachesNobody(t *testing.T) {
	rt := fresh(t)
	entered, left := make(chan struct{}), make(chan error, 1)
	var first sync.Once
	slow := func(ctx context.Context, packet *remotemedia.Packet, out *remotemedia.Outputs) error {
		first.Do(func() {
			close(entered)
			<-ctx.Done()
			left <- out.Emit(remotemedia.Text("too late"))
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return out.Emit(packet)
	}
	must(t, rt.RegisterAsync("Slow", func(remotemedia.Params) (remotemedia.AsyncNode, error) {
		return remotemedia.AsyncNodeFunc(slow), nil
	}))
	session := openIn(t, rt, one("Slow", `{}`))
	push(t, session, remotemedia.Text("first"))
	<-entered
	must(t, session.Interrupt())
	push(t, session, remotemedia.Text("second"))
	if text, err := poll(t, session).Text(); err != nil || text != "second" {
		t.Fatalf("got %q, %v", text, err)
	}
	if err := <-left; !errors.Is(err, remotemedia.ErrClosed) {
		t.Fatalf("got %v", err)
	}
}

func TestNodeThatIgnoresInterruptsIsCalledInTurnAndReachesNobody(t *testing.T) {
	rt := fresh(t)
	entered, goOn := make(chan struct{}), make(chan struct{})
	var inside atomic.Int64
	stubborn := func(_ context.Context, packet *remotemedia.Packet, out *remotemedia.Outputs) error {
		if inside.Add(1) != 1 {
			t.Error("two calls go on side by side")
		}
		defer inside.Add(-1)
		if packet.String() == "first" {
			close(entered)
			<-goOn
		}
		return out.Emit(packet)
	}
	must(t, rt.RegisterAsync("Stubborn", func(remotemedia.Params) (remotemedia.AsyncNode, error) {
		return remotemedia.AsyncNodeFunc(stubborn), nil
	}))
	session := openIn(t, rt, one("Stubborn", `{}`))
	push(t, session, remotemedia.Text("first"))
	<-entered
	must(t, session.Interrupt())
	push(t, session, remotemedia.Text("second"))
	must(t, session.Interrupt())
	push(t, session, remotemedia.Text("third"))
	must(t, session.CloseInput())
	close(goOn)
	var heard []string
	for packet, err := range session.Packets(t.Context()) {
		must(t, err)
		heard = append(heard, packet.String())
	}
	if !slices.Equal(heard, []string{"third"}) {
		t.Fatalf("got %v", heard)
	}
}

func TestCancelledSessionEndsItsCallsAndCleansUp(t *testing.T) {
	rt := fresh(t)
	entered, cleaned := make(chan struct{}), make(chan struct{})
	must(t, rt.RegisterAsync("Waits", func(remotemedia.Params) (remotemedia.AsyncNode, error) {
		return &waiting{entered: entered, cleaned: cleaned}, nil
	}))
	session := openIn(t, rt, one("Waits", `{}`))
	push(t, session, remotemedia.Int(1))
	<-entered
	must(t, session.Cancel())
	<-cleaned
}

// waiting waits until its call is given up.
type waiting struct{ entered, cleaned chan struct{} }

func (w *waiting) Process(ctx context.Context, _ *remotemedia.Packet, _ *remotemedia.Outputs) error {
	close(w.entered)
	<-ctx.Done()
	return ctx.Err()
}

func (w *waiting) Cleanup() error {
	close(w.cleaned)
	return nil
}

func TestNodeMayCloseItsOwnSession(t *testing.T) {
	rt := fresh(t)
	var session atomic.Pointer[remotemedia.Session]
	must(t, rt.Register("Closes", func(remotemedia.Params) (remotemedia.Node, error) {
		return remotemedia.NodeFunc(func(packet *remotemedia.Packet, out *remotemedia.Outputs) error {
			return session.Load().Close()
		}), nil
	}))
	session.Store(openIn(t, rt, one("Closes", `{}`)))
	err := session.Load().Push(t.Context(), remotemedia.Int(1))
	if err != nil && !errors.Is(err, remotemedia.ErrClosed) {
		t.Fatalf("got %v", err)
	}
	for {
		if _, err := session.Load().Poll(t.Context()); err != nil {
			break
		}
	}
	if _, err := session.Load().TryPoll(); !errors.Is(err, remotemedia.ErrClosed) {
		t.Fatalf("got %v", err)
	}
}
