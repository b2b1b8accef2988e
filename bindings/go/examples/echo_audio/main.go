// Command echo_audio sends a block of audio, wrapped where it lies, through native audio nodes.
package main

import (
	"context"
	"fmt"
	"runtime"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
	"github.com/remotemedia/remotemedia/bindings/go/examples/internal/example"
)

const manifest = `{
	"version": "v1",
	"metadata": {"name": "echo_audio"},
	"nodes": [{"id": "resample", "node_type": "Resample", "params": {"rate": 16000, "channels": 1}}],
	"connections": []
}`

const (
	rate     = 48_000
	channels = 2
	frames   = 4_800
)

// givenBack hears of samples that nothing needs any more.
var givenBack = make(chan int)

func main() {
	example.Run(manifest, nil, echo)
	// The samples were pinned where they are. Now nothing holds them, so that the collector takes them.
	runtime.GC()
	fmt.Printf("samples given back: %d time\n", <-givenBack)
}

func echo(ctx context.Context, session *remotemedia.Session) error {
	fmt.Printf("in: %d Hz, %d channels, %d frames\n", rate, channels, frames)
	block := remotemedia.WrapAudio(remotemedia.AudioOf(rate, channels, squareWave()))
	defer block.Close()
	if err := session.Push(ctx, block); err != nil {
		return err
	}
	if err := session.CloseInput(); err != nil {
		return err
	}
	received, last := 0, remotemedia.Audio{}
	for packet, err := range session.Packets(ctx) {
		if err != nil {
			return err
		}
		if last, err = packet.Audio(); err != nil {
			return err
		}
		received += last.Frames()
		packet.Close()
	}
	fmt.Printf("out: %d Hz, %d channel, %d frames\n", last.Rate, last.Channels, received)
	return nil
}

// squareWave gives a tenth of a second of a square wave of 100 Hz.
func squareWave() []float32 {
	samples := make([]float32, frames*channels)
	for index := range samples {
		samples[index] = 0.5
		if index/channels%480 >= 240 {
			samples[index] = -0.5
		}
	}
	runtime.AddCleanup(&samples[0], func(times int) { givenBack <- times }, 1)
	return samples
}
