package remotemedia_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

// conformanceCase is one file of the cases that every language runs with the same result.
type conformanceCase struct {
	Name         string           `json:"name"`
	What         string           `json:"what"`
	Manifest     json.RawMessage  `json:"manifest"`
	ManifestText *string          `json:"manifest_text"`
	Session      conformanceSizes `json:"session"`
	Steps        []step           `json:"steps"`
}

type conformanceSizes struct {
	Inputs  int `json:"input_capacity"`
	Outputs int `json:"output_capacity"`
}

// step is one thing that is done, and what it must come to. Its verb is the key that is there.
type step struct {
	Push            json.RawMessage `json:"push"`
	Poll            json.RawMessage `json:"poll"`
	PollStatus      string          `json:"poll_status"`
	Close           json.RawMessage `json:"close"`
	Interrupt       bool            `json:"interrupt"`
	Cancel          bool            `json:"cancel"`
	Drain           string          `json:"drain"`
	Fill            json.RawMessage `json:"fill"`
	PollFilled      json.RawMessage `json:"poll_filled"`
	Open            string          `json:"open"`
	Port            string          `json:"port"`
	Expect          string          `json:"expect"`
	PTS             *uint64         `json:"pts"`
	Duration        *uint64         `json:"duration"`
	Seq             *uint64         `json:"seq"`
	Stream          uint32          `json:"stream"`
	Attributes      map[string]any  `json:"attributes"`
	Inspect         map[string]any  `json:"inspect"`
	Metrics         map[string]any  `json:"metrics"`
	Uninterruptible bool            `json:"uninterruptible"`
	Error           *expectedError  `json:"error"`
}

// expectedError is what an error must say; what is left out may be anything.
type expectedError struct {
	Status     *int32  `json:"status"`
	Pipeline   *string `json:"pipeline"`
	Node       *string `json:"node"`
	Port       *string `json:"port"`
	Item       *uint64 `json:"item"`
	MessageHas *string `json:"message_has"`
}

const conformancePatience = 10 * time.Second

// conformanceRest is how long an input is full before it is taken to stay so.
const conformanceRest = 500 * time.Millisecond

func TestConformance(t *testing.T) {
	files, err := filepath.Glob("../../conformance/*.json")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("there are no cases in ../../conformance")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) { conform(t, file) })
	}
}

func conform(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	must(t, err)
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	var read conformanceCase
	must(t, decoder.Decode(&read))
	manifest := string(read.Manifest)
	if read.ManifestText != nil {
		manifest = *read.ManifestText
	}
	session, err := runtimeOf(t).Open(t.Context(), manifest,
		remotemedia.WithInputCapacity(read.Session.Inputs), remotemedia.WithOutputCapacity(read.Session.Outputs))
	if len(read.Steps) == 1 && read.Steps[0].Open != "" {
		checkStatus(t, err, read.Steps[0].Open, read.Steps[0].Error)
		return
	}
	must(t, err)
	defer session.Close()
	host := &host{session: session}
	for number, step := range read.Steps {
		if !step.run(t, host) {
			t.Fatalf("in step %d of %q", number+1, read.What)
		}
	}
}

// host is who runs a case.
type host struct {
	session *remotemedia.Session
	// filled is how many numbers the input was filled with.
	filled int64
}

// run does the step, and tells whether it came to what it must.
func (s *step) run(t *testing.T, host *host) bool {
	ctx, cancel := context.WithTimeout(t.Context(), conformancePatience)
	defer cancel()
	session := host.session
	switch {
	case s.Push != nil:
		return s.push(ctx, t, session)
	case s.Poll != nil:
		expected, err := readValue(s.Poll)
		must(t, err)
		return s.poll(ctx, t, session, expected)
	case s.Fill != nil:
		return host.fill(t)
	case s.PollFilled != nil:
		for number := range host.filled {
			if !s.poll(ctx, t, session, number+1) {
				return false
			}
		}
		return true
	case s.PollStatus == "would_block":
		_, err := session.TryPoll(s.ports()...)
		return checkStatus(t, err, s.PollStatus, s.Error)
	case s.PollStatus != "":
		_, err := session.Poll(ctx, s.ports()...)
		return checkStatus(t, err, s.PollStatus, s.Error)
	case s.Close != nil:
		var port *string
		must(t, json.Unmarshal(s.Close, &port))
		if port == nil {
			return checkStatus(t, session.CloseInput(), "ok", nil)
		}
		return checkStatus(t, session.CloseInput(remotemedia.Port(*port)), "ok", nil)
	case s.Interrupt:
		return checkStatus(t, session.Interrupt(), "ok", nil)
	case s.Cancel:
		return checkStatus(t, session.Cancel(), "ok", nil)
	case s.Drain != "":
		return checkStatus(t, session.Drain(ctx), s.Drain, s.Error)
	case s.Inspect != nil:
		graph, err := session.Inspect("json")
		must(t, err)
		return checkReport(t, json.RawMessage(graph), s.Inspect)
	case s.Metrics != nil:
		metrics, err := session.Metrics()
		must(t, err)
		return checkReport(t, metrics, s.Metrics)
	}
	t.Error("the step says nothing to do")
	return false
}

// fill pushes 1, 2, 3 and so on, until the input stays full.
func (h *host) fill(t *testing.T) bool {
	err := h.pushBeforeRest(t, h.filled+1)
	for ; err == nil && h.filled < 1000; err = h.pushBeforeRest(t, h.filled+1) {
		h.filled++
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the input is not full after %d numbers: %v", h.filled, err)
		return false
	}
	return h.filled > 0
}

func (h *host) pushBeforeRest(t *testing.T, number int64) error {
	ctx, cancel := context.WithTimeout(t.Context(), conformanceRest)
	defer cancel()
	return h.session.Push(ctx, remotemedia.Int(number))
}

func (s *step) push(ctx context.Context, t *testing.T, session *remotemedia.Session) bool {
	value, err := readValue(s.Push)
	must(t, err)
	packet := remotemedia.From(value, s.options()...)
	defer packet.Close()
	expected := s.Expect
	if expected == "" {
		expected = "ok"
	}
	if expected == "would_block" {
		return checkStatus(t, session.TryPush(packet, s.ports()...), expected, s.Error)
	}
	return checkStatus(t, session.Push(ctx, packet, s.ports()...), expected, s.Error)
}

// options are the time and the metadata that the step says.
func (s *step) options() []remotemedia.PacketOption {
	options := []remotemedia.PacketOption{remotemedia.WithStream(s.Stream)}
	if s.PTS != nil {
		options = append(options, remotemedia.WithPTS(time.Duration(*s.PTS)))
	}
	if s.Duration != nil {
		options = append(options, remotemedia.WithDuration(time.Duration(*s.Duration)))
	}
	if s.Seq != nil {
		options = append(options, remotemedia.WithSeq(*s.Seq))
	}
	if s.Attributes != nil {
		options = append(options, remotemedia.WithAttributes(s.Attributes))
	}
	if s.Uninterruptible {
		options = append(options, remotemedia.WithUninterruptible())
	}
	return options
}

func (s *step) ports() []remotemedia.PortOption {
	if s.Port == "" {
		return nil
	}
	return []remotemedia.PortOption{remotemedia.Port(s.Port)}
}

func (s *step) poll(ctx context.Context, t *testing.T, session *remotemedia.Session, expected any) bool {
	t.Helper()
	packet, err := session.Poll(ctx, s.ports()...)
	if !checkStatus(t, err, "ok", nil) {
		return false
	}
	defer packet.Close()
	found, err := packet.Value()
	must(t, err)
	if !equal(found, expected) {
		t.Errorf("got %.200v, expected %.200v", found, expected)
		return false
	}
	return s.checkDescription(t, packet)
}

// checkDescription tells whether a packet has the time and the metadata that the step says.
func (s *step) checkDescription(t *testing.T, packet *remotemedia.Packet) bool {
	t.Helper()
	attributes, err := packet.Attributes()
	must(t, err)
	pts, hasPTS := packet.PTS()
	duration, hasDuration := packet.Duration()
	seq, hasSeq := packet.Seq()
	switch {
	case s.PTS != nil && (!hasPTS || uint64(pts) != *s.PTS):
		t.Errorf("pts is %v (known: %v), expected %d", pts, hasPTS, *s.PTS)
	case s.Duration != nil && (!hasDuration || uint64(duration) != *s.Duration):
		t.Errorf("duration is %v (known: %v), expected %d", duration, hasDuration, *s.Duration)
	case s.Seq != nil && (!hasSeq || seq != *s.Seq):
		t.Errorf("seq is %d (known: %v), expected %d", seq, hasSeq, *s.Seq)
	case packet.Stream() != s.Stream:
		t.Errorf("stream is %d, expected %d", packet.Stream(), s.Stream)
	case s.Attributes != nil && !sameJSON(t, attributes, s.Attributes):
		t.Errorf("attributes are %v, expected %v", attributes, s.Attributes)
	default:
		return true
	}
	return false
}

// checkStatus tells whether a call came to the status that has this name, and its error says what it must.
func checkStatus(t *testing.T, err error, expected string, details *expectedError) bool {
	t.Helper()
	status := remotemedia.StatusOK
	failure := new(remotemedia.Error)
	if errors.As(err, &failure) {
		status = failure.Status
	} else if err != nil && !errors.As(err, &status) {
		t.Errorf("got %v, expected status %s", err, expected)
		return false
	}
	if status.String() != expected {
		t.Errorf("got status %v (%v), expected %s", status, err, expected)
		return false
	}
	return details == nil || details.check(t, failure)
}

func (e *expectedError) check(t *testing.T, found *remotemedia.Error) bool {
	t.Helper()
	switch {
	case e.Status != nil && int32(found.Status) != *e.Status:
		t.Errorf("status is %d, expected %d", found.Status, *e.Status)
	case e.Pipeline != nil && found.Pipeline != *e.Pipeline:
		t.Errorf("pipeline is %q, expected %q", found.Pipeline, *e.Pipeline)
	case e.Node != nil && found.Node != *e.Node:
		t.Errorf("node is %q, expected %q", found.Node, *e.Node)
	case e.Port != nil && found.Port != *e.Port:
		t.Errorf("port is %q, expected %q", found.Port, *e.Port)
	case e.Item != nil && found.Item != *e.Item:
		t.Errorf("item is %d, expected %d", found.Item, *e.Item)
	case e.MessageHas != nil && !strings.Contains(found.Message, *e.MessageHas):
		t.Errorf("message is %q, expected to hold %q", found.Message, *e.MessageHas)
	default:
		return true
	}
	return false
}
