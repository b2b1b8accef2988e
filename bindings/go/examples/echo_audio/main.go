// Command echo_audio sends a second of audio through native nodes: memory of the program goes in without a copy, and
// comes out at another rate, louder.
package main

import (
	"context"
	"fmt"
	"math"
	"time"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
	"github.com/remotemedia/remotemedia/bindings/go/examples/internal/example"
)

const manifest = `{
	"version": "v1",
	"metadata": {"name": "echo_audio"},
	"nodes": [
		{"id": "resample", "node_type": "Resample", "params": {"rate": 16000}},
		{"id": "gain", "node_type": "Gain", "params": {"factor": 2}}
	],
	"connections": [{"from": "resample", "to": "gain"}]
}`

const (
	rate   = 48_000
	blocks = 10
)

func main() { example.Run(manifest, nil, echo) }

func echo(ctx context.Context, session *remotemedia.Session) error {
	frames, peak, outRate := 0, float32(0), 0
	for packet, err := range session.Stream(ctx, tone) {
		if err != nil {
			return err
		}
		audio, err := packet.AudioView()
		if err != nil {
			return err
		}
		samples, err := remotemedia.SamplesOf[float32](audio)
		if err != nil {
			return err
		}
		for _, sample := range samples {
			peak = max(peak, sample)
		}
		frames, outRate = frames+audio.Frames(), audio.Rate
		// The view is of the packet's memory, so the packet is closed behind it.
		packet.Close()
	}
	fmt.Printf("in:  %d frames at %d Hz, peak 0.25\n", rate, rate)
	fmt.Printf("out: %d frames at %d Hz, peak %.2f\n", frames, outRate, peak)
	return nil
}

// tone yields a second of a quiet sine, in blocks that the pipeline reads where they are.
func tone(yield func(*remotemedia.Packet) bool) {
	for block := range blocks {
		samples := make([]float32, rate/blocks)
		for index := range samples {
			at := float64(block*len(samples)+index) / rate
			samples[index] = float32(0.25 * math.Sin(2*math.Pi*440*at))
		}
		begin := time.Duration(block) * time.Second / blocks
		packet := remotemedia.WrapAudio(remotemedia.AudioOf(rate, 1, samples), remotemedia.WithPTS(begin))
		goesOn := yield(packet)
		packet.Close()
		if !goesOn {
			return
		}
	}
}
