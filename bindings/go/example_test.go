package remotemedia_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"strings"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

const double = `{
	"version": "v1",
	"metadata": {"name": "double"},
	"nodes": [{"id": "double", "node_type": "Multiply", "params": {"factor": 2}}],
	"connections": []
}`

func Example() {
	ctx := context.Background()
	rt, err := remotemedia.New()
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close()
	session, err := rt.Open(ctx, double)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()

	inputs := slices.Values([]*remotemedia.Packet{remotemedia.Int(1), remotemedia.Float(2.5)})
	for packet, err := range session.Stream(ctx, inputs) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(packet)
	}
	// Output:
	// 2
	// 5
}

// A conversation: one packet in, one packet out.
func ExampleSession_Push() {
	ctx := context.Background()
	rt, err := remotemedia.New()
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close()
	session, err := rt.Open(ctx, double)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()

	packet := remotemedia.Int(21)
	defer packet.Close()
	if err := session.Push(ctx, packet); err != nil {
		log.Fatal(err)
	}
	result, err := session.Poll(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer result.Close()
	number, err := result.Int()
	fmt.Println(number, err)
	// Output: 42 <nil>
}

// A node of the program, with parameters of its own.
func ExampleRuntime_Register() {
	rt, err := remotemedia.New()
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close()
	err = rt.Register("Repeat", func(params remotemedia.Params) (remotemedia.Node, error) {
		var config struct{ Times int }
		if err := params.Decode(&config); err != nil {
			return nil, err
		}
		return remotemedia.NodeFunc(func(packet *remotemedia.Packet, out *remotemedia.Outputs) error {
			text, err := packet.Text()
			if err != nil {
				return err
			}
			return out.Emit(remotemedia.Text(strings.Repeat(text, config.Times)))
		}), nil
	})
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	session, err := rt.Open(ctx, `{
		"version": "v1",
		"metadata": {"name": "repeat"},
		"nodes": [{"id": "repeat", "node_type": "Repeat", "params": {"times": 3}}],
		"connections": []
	}`)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	inputs := slices.Values([]*remotemedia.Packet{remotemedia.Text("ha"), remotemedia.Int(1)})
	for packet, err := range session.Stream(ctx, inputs) {
		fmt.Println(packet, err)
	}
	// Output:
	// hahaha <nil>
	// <no packet> remotemedia: repeat/repeat: item 2: expected text, found number
}

// Samples go in without a copy, and are read without one.
func ExampleWrapAudio() {
	samples := []float32{0, 0.25, -0.25, 0.5}
	packet := remotemedia.WrapAudio(remotemedia.AudioOf(16000, 2, samples))
	defer packet.Close()
	audio, err := packet.AudioView()
	if err != nil {
		log.Fatal(err)
	}
	view, err := remotemedia.SamplesOf[float32](audio)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(audio.Frames(), view, &view[0] == &samples[0])
	// Output: 2 [0 0.25 -0.25 0.5] true
}

// A failure says where it happened.
func ExampleError() {
	ctx := context.Background()
	rt, err := remotemedia.New()
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close()
	session, err := rt.Open(ctx, double)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	if err := session.Push(ctx, remotemedia.Text("two")); err != nil {
		log.Fatal(err)
	}

	_, err = session.Poll(ctx)
	var failure *remotemedia.Error
	if errors.As(err, &failure) && errors.Is(err, remotemedia.StatusNode) {
		fmt.Printf("pipeline %s, node %s, item %d\n", failure.Pipeline, failure.Node, failure.Item)
	}
	// Output: pipeline double, node double, item 1
}
