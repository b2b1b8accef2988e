package remotemedia_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

func TestNumbersAreDoubled(t *testing.T) {
	session := open(t, one("Multiply", `{"factor": 2}`))
	for number := range int64(100) {
		push(t, session, remotemedia.Int(number, remotemedia.WithPTS(time.Duration(number)*time.Microsecond)))
		packet := poll(t, session)
		if value, err := packet.Int(); err != nil || value != 2*number {
			t.Fatalf("got %v, %v, expected %d", value, err, 2*number)
		}
		if pts, isKnown := packet.PTS(); !isKnown || pts != time.Duration(number)*time.Microsecond {
			t.Fatalf("pts is %v, %v", pts, isKnown)
		}
		if packet.Port() != "out" {
			t.Fatalf("port is %q", packet.Port())
		}
	}
}

func TestTheEndComesEveryTime(t *testing.T) {
	session := open(t, one("PassThrough", `{}`))
	if _, err := session.TryPoll(); err != remotemedia.ErrWouldBlock {
		t.Fatalf("got %v, expected that it would block", err)
	}
	must(t, session.CloseInput())
	for range 3 {
		if _, err := session.Poll(t.Context()); !errors.Is(err, remotemedia.ErrEnd) {
			t.Fatalf("got %v, expected the end", err)
		}
	}
	if err := session.Push(t.Context(), remotemedia.Int(1)); !errors.Is(err, remotemedia.ErrClosed) {
		t.Fatalf("got %v, expected that the input is closed", err)
	}
}

func TestFullInputHoldsPushUntilThereIsRoom(t *testing.T) {
	session := open(t, one("PassThrough", `{}`), remotemedia.WithInputCapacity(2), remotemedia.WithOutputCapacity(2))
	const count = 500
	var pusher sync.WaitGroup
	spawn(&pusher, func() {
		for number := range int64(count) {
			if err := session.Push(t.Context(), remotemedia.Int(number)); err != nil {
				t.Error(err)
			}
		}
		if err := session.CloseInput(); err != nil {
			t.Error(err)
		}
	})
	defer pusher.Wait()
	next := int64(0)
	for packet, err := range session.Packets(t.Context()) {
		must(t, err)
		if value, _ := packet.Int(); value != next {
			t.Fatalf("got %d, expected %d", value, next)
		}
		next++
	}
	if next != count {
		t.Fatalf("got %d packets, expected %d", next, count)
	}
}

func TestFullInputRefusesTryPush(t *testing.T) {
	session := open(t, one("PassThrough", `{}`), remotemedia.WithInputCapacity(1), remotemedia.WithOutputCapacity(1))
	var err error
	for pushed := 0; err == nil; pushed++ {
		if err = session.TryPush(remotemedia.Int(1)); pushed > 1000 {
			t.Fatal("the queues take any number of packets")
		}
	}
	if !errors.Is(err, remotemedia.ErrWouldBlock) {
		t.Fatal(err)
	}
}

func TestPollEndsWithItsContext(t *testing.T) {
	session := open(t, one("PassThrough", `{}`))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := session.Poll(ctx)
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := session.Poll(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	push(t, session, remotemedia.Text("still there"))
	if text, err := poll(t, session).Text(); err != nil || text != "still there" {
		t.Fatalf("got %q, %v", text, err)
	}
}

func TestSessionEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	session, err := runtimeOf(t).Open(ctx, one("PassThrough", `{}`))
	must(t, err)
	defer session.Close()
	cancel()
	if _, err := session.Poll(t.Context()); !errors.Is(err, remotemedia.ErrCancelled) {
		t.Fatalf("got %v", err)
	}
	if _, err := runtimeOf(t).Open(ctx, one("PassThrough", `{}`)); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

func TestCloseEndsCallsThatWaitAndRefusesOthers(t *testing.T) {
	session := open(t, one("PassThrough", `{}`))
	var pollers sync.WaitGroup
	for range 16 {
		spawn(&pollers, func() {
			_, err := session.Poll(t.Context())
			if !errors.Is(err, remotemedia.ErrClosed) && !errors.Is(err, remotemedia.ErrCancelled) {
				t.Errorf("got %v", err)
			}
		})
	}
	for range 4 {
		spawn(&pollers, func() {
			if err := session.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	pollers.Wait()
	_, polled := session.TryPoll()
	_, measured := session.Metrics()
	_, inspected := session.Inspect("text")
	for call, err := range map[string]error{
		"Push":       session.Push(t.Context(), remotemedia.Int(1)),
		"Poll":       polled,
		"CloseInput": session.CloseInput(),
		"Drain":      session.Drain(t.Context()),
		"Interrupt":  session.Interrupt(),
		"Cancel":     session.Cancel(),
		"Metrics":    measured,
		"Inspect":    inspected,
	} {
		if !errors.Is(err, remotemedia.ErrClosed) {
			t.Errorf("%s after Close gives %v", call, err)
		}
	}
}

func TestInterruptDiscardsAllButTheUninterruptible(t *testing.T) {
	session := open(t, one("PassThrough", `{}`))
	for number := range int64(10) {
		var options []remotemedia.PacketOption
		if number == 5 {
			options = append(options, remotemedia.WithUninterruptible())
		}
		must(t, session.TryPush(remotemedia.Int(number, options...)))
	}
	must(t, session.Interrupt())
	must(t, session.CloseInput())
	var survivors []string
	for packet, err := range session.Packets(t.Context()) {
		must(t, err)
		survivors = append(survivors, packet.String())
	}
	if !slices.Equal(survivors, []string{"5"}) {
		t.Fatalf("got %v", survivors)
	}
}

func TestCancelEndsTheSessionAtOnce(t *testing.T) {
	session := open(t, one("PassThrough", `{}`))
	push(t, session, remotemedia.Int(1))
	must(t, session.Cancel())
	if _, err := session.Poll(t.Context()); !errors.Is(err, remotemedia.ErrCancelled) {
		t.Fatalf("got %v", err)
	}
}

func TestFailureSaysWhereAndWhy(t *testing.T) {
	session := open(t, one("Multiply", `{"factor": 2}`))
	push(t, session, remotemedia.Int(1))
	push(t, session, remotemedia.Text("two"))
	if value, err := poll(t, session).Int(); err != nil || value != 2 {
		t.Fatalf("got %d, %v before the error", value, err)
	}
	_, err := session.Poll(t.Context())
	var failure *remotemedia.Error
	if !errors.As(err, &failure) || !errors.Is(err, remotemedia.StatusNode) || errors.Is(err, remotemedia.StatusGraph) {
		t.Fatalf("got %v", err)
	}
	if failure.Pipeline != "test" || failure.Node != "node" || failure.Item != 2 {
		t.Fatalf("got %+v", failure)
	}
	if err := session.Push(t.Context(), remotemedia.Int(1)); !errors.Is(err, remotemedia.StatusNode) {
		t.Fatalf("got %v from a push behind the failure", err)
	}
}

func TestMistakesInManifestsAreTold(t *testing.T) {
	rt := runtimeOf(t)
	for manifest, expected := range map[string]remotemedia.Status{
		"{":                             remotemedia.StatusManifest,
		"":                              remotemedia.StatusManifest,
		one("Multiplyy", `{}`):          remotemedia.StatusGraph,
		"\xff":                          remotemedia.StatusInvalidArgument,
		one("Multiply", `{"factr": 2}`): remotemedia.StatusGraph,
	} {
		if _, err := rt.Open(t.Context(), manifest); !errors.Is(err, expected) {
			t.Errorf("manifest %q gives %v, expected %v", manifest, err, expected)
		}
	}
}

func TestPipelinesAreOpenedByName(t *testing.T) {
	rt := fresh(t)
	must(t, rt.SetPipeline("double", one("Multiply", `{"factor": 2}`)))
	pipeline, err := rt.PipelineNamed("double")
	must(t, err)
	defer pipeline.Close()
	session, err := pipeline.Open(t.Context())
	must(t, err)
	defer session.Close()
	push(t, session, remotemedia.Int(4))
	if value, _ := poll(t, session).Int(); value != 8 {
		t.Fatalf("got %d", value)
	}
	if _, err := rt.PipelineNamed("triple"); !errors.Is(err, remotemedia.StatusInvalidArgument) {
		t.Fatalf("got %v", err)
	}
}

func TestPortsAreChosenByName(t *testing.T) {
	session := open(t, `{"version": "v1", "metadata": {"name": "two"}, "connections": [], "nodes": [
		{"id": "double", "node_type": "Multiply", "params": {"factor": 2}},
		{"id": "triple", "node_type": "Multiply", "params": {"factor": 3}}]}`)
	must(t, session.Push(t.Context(), remotemedia.Int(1), remotemedia.Port("double.in")))
	must(t, session.Push(t.Context(), remotemedia.Int(1), remotemedia.Port("triple.in")))
	packet, err := session.Poll(t.Context(), remotemedia.Port("triple.out"))
	must(t, err)
	if value, _ := packet.Int(); value != 3 || packet.Port() != "triple.out" {
		t.Fatalf("got %d from %q", value, packet.Port())
	}
	_, err = session.Poll(t.Context(), remotemedia.Port("quadruple.out"))
	if !errors.Is(err, remotemedia.StatusInvalidArgument) || !strings.Contains(err.Error(), "triple.out") {
		t.Fatalf("got %v", err)
	}
	must(t, session.CloseInput(remotemedia.Port("double.in")))
}

func TestMetricsCountAndInspectDraws(t *testing.T) {
	session := open(t, one("Multiply", `{"factor": 2}`))
	for range 3 {
		push(t, session, remotemedia.Int(1))
		poll(t, session)
	}
	metrics, err := session.Metrics()
	must(t, err)
	node := metrics.Nodes[0]
	if node.ID != "node" || node.ItemsIn != 3 || node.ItemsOut != 3 || node.Latency.Count != 3 {
		t.Fatalf("got %+v", node)
	}
	for _, format := range []string{"text", "json", "dot", "mermaid", "svg"} {
		drawn, err := session.Inspect(format)
		if err != nil || !strings.Contains(drawn, "Multiply") {
			t.Errorf("as %s: %q, %v", format, drawn, err)
		}
	}
	if _, err := session.Inspect("png"); !errors.Is(err, remotemedia.StatusInvalidArgument) {
		t.Fatalf("got %v", err)
	}
}

func TestTwoRuntimesLiveSideBySide(t *testing.T) {
	first, second := fresh(t), fresh(t)
	must(t, first.SetPipeline("it", one("Add", `{"addend": 1}`)))
	must(t, second.SetPipeline("it", one("Add", `{"addend": 2}`)))
	for rt, expected := range map[*remotemedia.Runtime]int64{first: 1, second: 2} {
		pipeline, err := rt.PipelineNamed("it")
		must(t, err)
		session, err := pipeline.Open(t.Context())
		must(t, err)
		push(t, session, remotemedia.Int(0))
		if value, _ := poll(t, session).Int(); value != expected {
			t.Errorf("got %d, expected %d", value, expected)
		}
		session.Close()
		pipeline.Close()
	}
}

func TestClosedRuntimeRefuses(t *testing.T) {
	rt, err := remotemedia.New()
	must(t, err)
	session, err := rt.Open(t.Context(), one("PassThrough", `{}`))
	must(t, err)
	must(t, rt.Close())
	must(t, rt.Close())
	if _, err := rt.Pipeline("{}"); !errors.Is(err, remotemedia.ErrClosed) {
		t.Fatalf("got %v", err)
	}
	push(t, session, remotemedia.Int(1))
	if value, _ := poll(t, session).Int(); value != 1 {
		t.Fatal("an open session keeps what it needs of its runtime")
	}
	must(t, session.Close())
}
