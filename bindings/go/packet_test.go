package remotemedia_test

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"runtime"
	"testing"
	"time"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

// through is what comes out when a packet passes a session.
func through(t *testing.T, packet *remotemedia.Packet) *remotemedia.Packet {
	t.Helper()
	session := open(t, one("PassThrough", `{}`))
	push(t, session, packet)
	return poll(t, session)
}

func TestEveryValueComesOutAsItWentIn(t *testing.T) {
	tone := remotemedia.AudioOf(16000, 2, []float32{0, 0.5, -0.5, 1})
	tensor := remotemedia.TensorOf([]int{2, 3}, []int16{1, 2, 3, 4, 5, 6})
	strided := tensor
	strided.Strides = []int{6, 2}
	picture := remotemedia.Video{Format: remotemedia.PixelGray8, Width: 4, Height: 2, Data: []byte("eightpix")}
	drawn := picture
	drawn.Planes = []remotemedia.Plane{{Offset: 0, Stride: 4}}
	for _, test := range []struct{ in, out any }{
		{nil, nil},
		{true, true},
		{int64(math.MinInt64), int64(math.MinInt64)},
		{7, int64(7)},
		{uint64(7), int64(7)},
		{uint64(math.MaxUint64), uint64(math.MaxUint64)},
		{0.1, 0.1},
		{math.Inf(-1), math.Inf(-1)},
		{"", ""},
		{"grüß dich 🎤", "grüß dich 🎤"},
		{[]byte{0, 1, 255}, []byte{0, 1, 255}},
		{[]any{1, 2.5, "x", nil}, []any{int64(1), 2.5, "x", nil}},
		{map[string]any{"big": int64(1) << 60}, map[string]any{"big": int64(1) << 60}},
		{tone, tone},
		{tensor, strided},
		{picture, drawn},
		{remotemedia.Encoded{Codec: "opus", KeyFrame: true, Data: []byte("x")},
			remotemedia.Encoded{Codec: "opus", KeyFrame: true, Data: []byte("x")}},
	} {
		value, err := through(t, remotemedia.From(test.in)).Value()
		if err != nil || !reflect.DeepEqual(value, test.out) {
			t.Errorf("%v came out as %v, %v", test.in, value, err)
		}
	}
}

func TestNaNPasses(t *testing.T) {
	if value, err := through(t, remotemedia.Float(math.NaN())).Float(); err != nil || !math.IsNaN(value) {
		t.Fatalf("got %v, %v", value, err)
	}
}

func TestTimeAndMetadataPass(t *testing.T) {
	packet := through(t, remotemedia.Text("hello", remotemedia.WithPTS(20*time.Millisecond),
		remotemedia.WithDuration(time.Second), remotemedia.WithSeq(9), remotemedia.WithStream(7),
		remotemedia.WithAttributes(map[string]any{"speaker": "rms"})))
	pts, hasPTS := packet.PTS()
	duration, hasDuration := packet.Duration()
	seq, hasSeq := packet.Seq()
	if !hasPTS || pts != 20*time.Millisecond || !hasDuration || duration != time.Second || !hasSeq || seq != 9 {
		t.Fatalf("got %v %v, %v %v, %v %v", pts, hasPTS, duration, hasDuration, seq, hasSeq)
	}
	attributes, err := packet.Attributes()
	if err != nil || attributes["speaker"] != "rms" || packet.Stream() != 7 || packet.Port() != "out" {
		t.Fatalf("got %v, %v, stream %d, port %q", attributes, err, packet.Stream(), packet.Port())
	}
	bare := remotemedia.Int(1)
	if _, isKnown := bare.PTS(); isKnown || bare.Port() != "" {
		t.Fatal("a packet without a time and a port has none")
	}
}

func TestPacketThatCannotBeMadeSaysSoWhenItIsUsed(t *testing.T) {
	session := open(t, one("PassThrough", `{}`))
	for name, packet := range map[string]*remotemedia.Packet{
		"text that is not UTF-8": remotemedia.Text("\xff"),
		"a negative rate":        remotemedia.WrapAudio(remotemedia.Audio{Rate: -1, Channels: 1}),
		"a negative width":       remotemedia.WrapVideo(remotemedia.Video{Width: -1, Height: 1}),
		"a negative dimension":   remotemedia.WrapTensor(remotemedia.Tensor{Shape: []int{-1}}),
		"half a frame":           remotemedia.WrapAudio(remotemedia.Audio{Rate: 1, Channels: 2, Data: []byte("x")}),
		"pixels missing":         remotemedia.WrapVideo(remotemedia.Video{Width: 9, Height: 9, Data: []byte("x")}),
		"elements missing":       remotemedia.WrapTensor(remotemedia.Tensor{Shape: []int{9}, Data: []byte("x")}),
		"strides missing":        remotemedia.WrapTensor(remotemedia.Tensor{Shape: []int{1}, Strides: []int{}}),
		"planes beyond":          remotemedia.WrapVideo(remotemedia.Video{Planes: make([]remotemedia.Plane, 4)}),
		"attributes of channels": remotemedia.Int(1, remotemedia.WithAttributes(map[string]any{"x": make(chan int)})),
		"time before the first":  remotemedia.Int(1, remotemedia.WithPTS(-time.Second)),
		"JSON of a function":     remotemedia.JSON(func() {}),
		"no packet at all":       nil,
	} {
		if err := session.Push(t.Context(), packet); !errors.Is(err, remotemedia.StatusInvalidArgument) {
			t.Errorf("%s: got %v", name, err)
		}
		if packet.Err() == nil {
			t.Errorf("%s: is said to be usable", name)
		}
	}
}

func TestWrongKindIsRefused(t *testing.T) {
	packet := remotemedia.Text("two")
	defer packet.Close()
	_, asInt := packet.Int()
	_, asAudio := packet.AudioView()
	_, asTensor := packet.Tensor()
	_, asVideo := packet.Video()
	_, asUnit := packet.Encoded()
	_, asBytes := packet.Bytes()
	for _, err := range []error{asInt, asAudio, asTensor, asVideo, asUnit, asBytes} {
		if !errors.Is(err, remotemedia.StatusWrongKind) {
			t.Errorf("got %v", err)
		}
	}
	floats := remotemedia.AudioOf(1, 1, []float32{1})
	if _, err := remotemedia.SamplesOf[int16](floats); !errors.Is(err, remotemedia.StatusWrongKind) {
		t.Errorf("got %v", err)
	}
}

func TestClosedPacketRefuses(t *testing.T) {
	packet := remotemedia.Text("x")
	kept := packet.Retain()
	must(t, packet.Close())
	must(t, packet.Close())
	if _, err := packet.Text(); !errors.Is(err, remotemedia.ErrClosed) {
		t.Fatalf("got %v", err)
	}
	if !errors.Is(packet.Retain().Err(), remotemedia.ErrClosed) || packet.Kind() != remotemedia.KindOther {
		t.Fatal("a closed packet is used")
	}
	if text, err := kept.Text(); err != nil || text != "x" {
		t.Fatalf("got %q, %v of what was retained", text, err)
	}
}

func TestWrappedMemoryIsNotCopiedAndIsFreedAfterwards(t *testing.T) {
	freed := make(chan struct{})
	session := open(t, one("PassThrough", `{}`))
	func() {
		samples := make([]float32, 1<<18)
		runtime.SetFinalizer(&samples[0], func(*float32) { close(freed) })
		samples[1] = 0.25
		push(t, session, remotemedia.WrapAudio(remotemedia.AudioOf(48000, 1, samples)))
		packet := poll(t, session)
		defer packet.Close()
		audio, err := packet.AudioView()
		must(t, err)
		lent, err := remotemedia.SamplesOf[float32](audio)
		must(t, err)
		if &lent[0] != &samples[0] || lent[1] != 0.25 {
			t.Fatal("the view is of other memory")
		}
		copied, err := packet.Audio()
		must(t, err)
		if &copied.Data[0] == &audio.Data[0] || !bytes.Equal(copied.Data, audio.Data) {
			t.Fatal("the copy is no copy")
		}
	}()
	collectUntil(t, freed)
}

func TestForgottenPacketsAreCollected(t *testing.T) {
	freed := make(chan struct{})
	func() {
		data := make([]byte, 1<<16)
		runtime.SetFinalizer(&data[0], func(*byte) { close(freed) })
		if err := remotemedia.WrapBytes(data).Err(); err != nil {
			t.Fatal(err)
		}
	}()
	collectUntil(t, freed)
}

// collectUntil lets the garbage collector run until something has happened.
func collectUntil(t *testing.T, happened <-chan struct{}) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		runtime.GC()
		select {
		case <-happened:
			return
		case <-deadline:
			t.Fatal("nothing was collected")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestStridedTensorIsReadAsItLies(t *testing.T) {
	columns := remotemedia.TensorOf([]int{2, 3}, []uint8{1, 2, 3, 4, 5, 6})
	columns.Shape, columns.Strides = []int{3, 2}, []int{1, 3}
	tensor, err := through(t, remotemedia.WrapTensor(columns)).Tensor()
	must(t, err)
	if !reflect.DeepEqual(tensor, columns) {
		t.Fatalf("got %+v", tensor)
	}
	if _, err := remotemedia.ElementsOf[uint8](tensor); !errors.Is(err, remotemedia.StatusInvalidArgument) {
		t.Fatalf("got %v", err)
	}
	elements, err := remotemedia.ElementsOf[uint8](remotemedia.TensorOf([]int{3}, []uint8{1, 2, 3}))
	if err != nil || !bytes.Equal(elements, []byte{1, 2, 3}) {
		t.Fatalf("got %v, %v", elements, err)
	}
}

func TestPacketsSayWhatTheyAre(t *testing.T) {
	for expected, packet := range map[string]*remotemedia.Packet{
		"42":                 remotemedia.Int(42),
		"null":               remotemedia.Null(),
		"hello":              remotemedia.Text("hello"),
		"<3 bytes>":          remotemedia.Bytes([]byte("abc")),
		"<[2] array of f64>": remotemedia.From(remotemedia.TensorOf([]int{2}, []float64{1, 2})),
		"<1 bytes of opus>":  remotemedia.From(remotemedia.Encoded{Codec: "opus", Data: []byte("x")}),
		"<1x1 pixels of rgb24>": remotemedia.From(remotemedia.Video{
			Format: remotemedia.PixelRGB24, Width: 1, Height: 1, Data: []byte("rgb"),
		}),
		"<2 frames of s16 at 8000 Hz, 1 channels>": remotemedia.From(remotemedia.AudioOf(8000, 1, []int16{1, 2})),
	} {
		if packet.String() != expected {
			t.Errorf("got %q, expected %q", packet, expected)
		}
	}
}
