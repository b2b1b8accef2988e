package remotemedia_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

// numbers yields whole numbers, below count or for ever if it is negative.
func numbers(count int64) iter.Seq[*remotemedia.Packet] {
	return func(yield func(*remotemedia.Packet) bool) {
		for number := int64(0); number != count; number++ {
			packet := remotemedia.Int(number)
			goesOn := yield(packet)
			packet.Close()
			if !goesOn {
				return
			}
		}
	}
}

func TestStreamGivesEverythingInOrder(t *testing.T) {
	session := open(t, one("Multiply", `{"factor": 2}`))
	next := int64(0)
	for packet, err := range session.Stream(t.Context(), numbers(1000)) {
		must(t, err)
		if value, _ := packet.Int(); value != 2*next {
			t.Fatalf("got %d, expected %d", value, 2*next)
		}
		next++
	}
	if next != 1000 {
		t.Fatalf("got %d packets", next)
	}
}

func TestLeavingAStreamEndsItsInputsAndNotTheSession(t *testing.T) {
	session := open(t, one("PassThrough", `{}`))
	ended := false
	endless := func(yield func(*remotemedia.Packet) bool) {
		numbers(-1)(yield)
		ended = true
	}
	for packet, err := range session.Stream(t.Context(), endless) {
		must(t, err)
		if value, _ := packet.Int(); value == 3 {
			break
		}
	}
	if !ended {
		t.Fatal("the inputs go on")
	}
	push(t, session, remotemedia.Text("more"))
}

func TestStreamEndsWithItsContext(t *testing.T) {
	session := open(t, one("PassThrough", `{}`))
	ctx, cancel := context.WithCancel(t.Context())
	var last error
	for packet, err := range session.Stream(ctx, numbers(-1)) {
		last = err
		if err == nil {
			packet.Close()
			cancel()
		}
	}
	cancel()
	if !errors.Is(last, context.Canceled) {
		t.Fatalf("got %v", last)
	}
}

func TestStreamEndsAsItsSessionWhenAnotherGoroutineClosesTheInput(t *testing.T) {
	for range 20 {
		session := open(t, one("PassThrough", `{}`), remotemedia.WithInputCapacity(1), remotemedia.WithOutputCapacity(1))
		closed := make(chan error, 1)
		received := 0
		for packet, err := range session.Stream(context.Background(), numbers(-1)) {
			must(t, err)
			packet.Close()
			if received++; received == 3 {
				go func() { closed <- session.CloseInput() }()
			}
		}
		must(t, <-closed)
	}
}

func TestStreamEndsWithoutAnErrorIfItsInputsGoOnBehindAClosedInput(t *testing.T) {
	session := open(t, one("PassThrough", `{}`))
	isRefused := false
	inputs := func(yield func(*remotemedia.Packet) bool) {
		yield(remotemedia.Int(1))
		if err := session.CloseInput(); err != nil {
			t.Error(err)
		}
		isRefused = !yield(remotemedia.Int(2))
	}
	var heard []string
	for packet, err := range session.Stream(context.Background(), inputs) {
		must(t, err)
		heard = append(heard, packet.String())
	}
	if !isRefused || !slices.Equal(heard, []string{"1"}) {
		t.Fatalf("got %v, refused %v", heard, isRefused)
	}
}

func TestStreamTellsOfAClosedPacket(t *testing.T) {
	session := open(t, one("PassThrough", `{}`))
	closed := remotemedia.Int(1)
	closed.Close()
	var last error
	for _, err := range session.Stream(t.Context(), slices.Values([]*remotemedia.Packet{closed})) {
		last = err
	}
	if !errors.Is(last, remotemedia.ErrClosed) {
		t.Fatalf("got %v", last)
	}
}

func TestStreamEndsWithTheFailureOfANode(t *testing.T) {
	session := open(t, one("Multiply", `{"factor": 2}`))
	inputs := slices.Values([]*remotemedia.Packet{remotemedia.Int(1), remotemedia.Text("two"), remotemedia.Int(3)})
	var heard []string
	for packet, err := range session.Stream(t.Context(), inputs) {
		if err != nil {
			if !errors.Is(err, remotemedia.StatusNode) {
				t.Fatalf("got %v", err)
			}
			heard = append(heard, "failed")
			continue
		}
		heard = append(heard, packet.String())
	}
	if !slices.Equal(heard, []string{"2", "failed"}) {
		t.Fatalf("got %v", heard)
	}
}

func TestStreamTellsOfAnInputThatCannotBePushed(t *testing.T) {
	session := open(t, one("PassThrough", `{}`))
	inputs := slices.Values([]*remotemedia.Packet{remotemedia.Int(1), remotemedia.Text("\xff")})
	var heard []string
	var last error
	for packet, err := range session.Stream(t.Context(), inputs) {
		if last = err; err == nil {
			heard = append(heard, packet.String())
		}
	}
	if !slices.Equal(heard, []string{"1"}) || !errors.Is(last, remotemedia.StatusInvalidArgument) {
		t.Fatalf("got %v, %v", heard, last)
	}
}

func TestLogGoesToTheLogger(t *testing.T) {
	var lines record
	must(t, remotemedia.SetLogger(slog.New(&lines), remotemedia.LevelTrace))
	rt, err := remotemedia.New()
	must(t, err)
	must(t, rt.Close())
	must(t, remotemedia.SetLogger(nil, 0))
	heard := lines.text()
	if !strings.Contains(heard, "DEBUG runtime ended") || !strings.Contains(heard, "target=remotemedia") {
		t.Fatalf("heard %q", heard)
	}
	rt, err = remotemedia.New()
	must(t, err)
	must(t, rt.Close())
	if lines.text() != heard {
		t.Fatal("a logger that was taken away is told more")
	}
}

func TestLoggerThatPanicsHarmsNobody(t *testing.T) {
	must(t, remotemedia.SetLogger(slog.New(&record{panics: true}), remotemedia.LevelTrace))
	rt, err := remotemedia.New()
	must(t, err)
	must(t, rt.Close())
	must(t, remotemedia.SetLogger(nil, 0))
}

// record is a handler that keeps lines.
type record struct {
	panics bool
	mutex  sync.Mutex
	lines  strings.Builder
}

func (r *record) Enabled(context.Context, slog.Level) bool { return true }
func (r *record) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *record) WithGroup(string) slog.Handler            { return r }

func (r *record) Handle(_ context.Context, line slog.Record) error {
	if r.panics {
		panic("no room for this line")
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.lines.WriteString(line.Level.String() + " " + line.Message)
	line.Attrs(func(attribute slog.Attr) bool {
		r.lines.WriteString(" " + attribute.String())
		return true
	})
	r.lines.WriteString("\n")
	return nil
}

func (r *record) text() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.lines.String()
}
