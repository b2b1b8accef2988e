package remotemedia_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

var errMine = errors.New("mine")

// detail is an error with more to it than its text.
type detail struct{ code int }

func (d *detail) Error() string { return fmt.Sprint("code ", d.code) }

// telling is an error with nothing to it but its text.
type telling struct{ text string }

func (t *telling) Error() string { return t.text }

// breaking is a node that fails where it is told to, with what it is told to.
type breaking struct {
	where string
	err   error
}

func (f *breaking) at(where string) error {
	if where == "panic" && f.where == "panic" {
		panic(f.err)
	}
	if f.where == where {
		return f.err
	}
	return nil
}

func (f *breaking) Initialize() error { return f.at("initialize") }
func (f *breaking) Cleanup() error    { return f.at("cleanup") }

func (f *breaking) Process(*remotemedia.Packet, *remotemedia.Outputs) error {
	return errors.Join(f.at("panic"), f.at("process"))
}

func (f *breaking) Flush(*remotemedia.Outputs) error { return f.at("flush") }

// slowBreaking is a breaking node that takes its time.
type slowBreaking struct{ *breaking }

func (f slowBreaking) Process(_ context.Context, packet *remotemedia.Packet, out *remotemedia.Outputs) error {
	return f.breaking.Process(packet, out)
}

func (f slowBreaking) Flush(_ context.Context, out *remotemedia.Outputs) error {
	return f.breaking.Flush(out)
}

// breakings adds the breaking node in each way there is.
var breakings = map[string]func(*remotemedia.Runtime, *breaking) error{
	"native": func(rt *remotemedia.Runtime, node *breaking) error {
		return rt.Register("Fails", func(remotemedia.Params) (remotemedia.Node, error) { return node, node.at("create") })
	},
	"blocking": func(rt *remotemedia.Runtime, node *breaking) error {
		create := func(remotemedia.Params) (remotemedia.Node, error) { return node, node.at("create") }
		return rt.Register("Fails", create, remotemedia.Blocking())
	},
	"async": func(rt *remotemedia.Runtime, node *breaking) error {
		return rt.RegisterAsync("Fails", func(remotemedia.Params) (remotemedia.AsyncNode, error) {
			return slowBreaking{node}, node.at("create")
		})
	},
}

// failed gives the error that a session ends with.
func failed(t *testing.T, session *remotemedia.Session) error {
	t.Helper()
	_ = session.Push(t.Context(), remotemedia.Int(1))
	err := session.Drain(t.Context())
	if err == nil {
		t.Fatal("the session did not fail")
	}
	return err
}

func TestErrorOfANodeIsFoundInThatOfItsSession(t *testing.T) {
	cause := fmt.Errorf("outer:\n%w, %w, %w", errMine, io.ErrUnexpectedEOF, &detail{7})
	for way, register := range breakings {
		for _, where := range []string{"initialize", "process", "panic", "flush", "cleanup"} {
			t.Run(way+"/"+where, func(t *testing.T) {
				rt := fresh(t)
				must(t, register(rt, &breaking{where, cause}))
				session := openIn(t, rt, one("Fails", `{}`))
				err := failed(t, session)
				same(t, err)
				_, err = session.Poll(t.Context())
				if where != "cleanup" {
					same(t, err)
					same(t, session.Push(t.Context(), remotemedia.Int(2)))
				}
			})
		}
	}
}

// same tells whether err is the node's, with the text and the status that it always had.
func same(t *testing.T, err error) {
	t.Helper()
	var detail *detail
	if !errors.Is(err, errMine) || !errors.Is(err, io.ErrUnexpectedEOF) || !errors.As(err, &detail) || detail.code != 7 {
		t.Errorf("the node's error is not in %#v", err)
	}
	text := "outer:; mine, unexpected EOF, code 7"
	if !errors.Is(err, remotemedia.StatusNode) || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v", err)
	}
}

func TestErrorOfAFunctionThatMakesNodesIsFoundInThatOfTheOpening(t *testing.T) {
	for way, register := range breakings {
		rt := fresh(t)
		must(t, register(rt, &breaking{"create", fmt.Errorf("no room: %w", errMine)}))
		_, err := rt.Open(t.Context(), one("Fails", `{}`))
		if !errors.Is(err, errMine) || !errors.Is(err, remotemedia.StatusNode) {
			t.Errorf("%s: got %#v", way, err)
		}
	}
}

func TestSessionsThatAreOpenedWhileANodeIsMadeKeepTheirOwnErrors(t *testing.T) {
	rt, errInner := fresh(t), errors.New("boom")
	must(t, rt.Register("Inner", func(remotemedia.Params) (remotemedia.Node, error) { return nil, errInner }))
	must(t, rt.Register("Outer", func(remotemedia.Params) (remotemedia.Node, error) {
		if _, err := rt.Open(t.Context(), one("Inner", `{}`)); !errors.Is(err, errInner) || errors.Is(err, errMine) {
			t.Errorf("got %v", err)
		}
		return nil, fmt.Errorf("outer: %w", errMine)
	}))
	_, err := rt.Open(t.Context(), one("Outer", `{}`))
	if !errors.Is(err, errMine) || errors.Is(err, errInner) {
		t.Errorf("got %v", err)
	}
}

func TestErrorOfOneSessionIsNotFoundInThatOfAnother(t *testing.T) {
	rt := fresh(t)
	var mutex sync.Mutex
	var made []error
	must(t, rt.Register("Numbered", func(remotemedia.Params) (remotemedia.Node, error) {
		mutex.Lock()
		defer mutex.Unlock()
		err := &detail{1}
		made = append(made, err)
		return &breaking{"process", err}, nil
	}))
	sessions := []*remotemedia.Session{openIn(t, rt, one("Numbered", `{}`)), openIn(t, rt, one("Numbered", `{}`))}
	for index, session := range sessions {
		err := failed(t, session)
		if !errors.Is(err, made[index]) || errors.Is(err, made[1-index]) {
			t.Errorf("got %v", err)
		}
	}
}

func TestErrorOfANodeThatWasPassedOverIsNotThatOfTheSession(t *testing.T) {
	rt := fresh(t)
	must(t, rt.Register("Counts", func(remotemedia.Params) (remotemedia.Node, error) {
		count := 0
		return remotemedia.NodeFunc(func(*remotemedia.Packet, *remotemedia.Outputs) error {
			count++
			return &detail{count}
		}), nil
	}))
	must(t, breakings["native"](rt, &breaking{"flush", errMine}))
	session := openIn(t, rt, `{"version": "v1", "metadata": {"name": "test"},
		"nodes": [{"id": "a", "node_type": "Counts", "on_error": "skip"}, {"id": "b", "node_type": "Fails"}],
		"connections": [{"from": "a", "to": "b"}]}`)
	err := failed(t, session)
	var detail *detail
	if !errors.Is(err, errMine) || errors.As(err, &detail) {
		t.Errorf("got %v", err)
	}
}

func TestStatusOfACallThatANodeMadeIsNotThatOfItsSession(t *testing.T) {
	rt := fresh(t)
	must(t, breakings["native"](rt, &breaking{"process", fmt.Errorf("inside: %w", remotemedia.ErrEnd)}))
	session := openIn(t, rt, one("Fails", `{}`))
	push(t, session, remotemedia.Int(1))
	var last error
	for _, err := range session.Packets(t.Context()) {
		last = err
	}
	if !errors.Is(last, remotemedia.StatusNode) || errors.Is(last, remotemedia.ErrEnd) {
		t.Errorf("got %v", last)
	}
}

func TestErrorOfANodeMayBeReadByManyGoroutines(t *testing.T) {
	rt := fresh(t)
	must(t, breakings["async"](rt, &breaking{"process", fmt.Errorf("outer: %w", errMine)}))
	session := openIn(t, rt, one("Fails", `{}`))
	first := failed(t, session)
	var ended sync.WaitGroup
	for range 8 {
		spawn(&ended, func() {
			_, err := session.Poll(t.Context())
			if !errors.Is(first, errMine) || !errors.Is(err, errMine) || first.Error() != err.Error() {
				t.Errorf("got %v and %v", first, err)
			}
		})
	}
	ended.Wait()
}

func TestErrorsOfANodeAreKeptOneAtATime(t *testing.T) {
	rt, gone := fresh(t), make(chan struct{})
	must(t, rt.Register("Fails", func(remotemedia.Params) (remotemedia.Node, error) {
		return remotemedia.NodeFunc(func(packet *remotemedia.Packet, _ *remotemedia.Outputs) error {
			err := &telling{packet.String()}
			if err.text == "first" {
				runtime.AddCleanup(err, func(gone chan struct{}) { close(gone) }, gone)
			}
			return err
		}), nil
	}))
	session := openIn(t, rt, `{"version": "v1", "metadata": {"name": "test"}, "connections": [],
		"nodes": [{"id": "node", "node_type": "Fails", "on_error": "skip"}]}`)
	push(t, session, remotemedia.Text("first"))
	push(t, session, remotemedia.Text("second"))
	must(t, session.Drain(t.Context()))
	collectUntil(t, gone)
}
