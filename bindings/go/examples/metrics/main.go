// Command metrics shows the graph of a pipeline, and what every node counted.
package main

import (
	"context"
	"fmt"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
	"github.com/remotemedia/remotemedia/bindings/go/examples/internal/example"
)

const manifest = `{
	"version": "v1",
	"metadata": {"name": "metrics"},
	"nodes": [
		{"id": "multiply", "node_type": "Multiply", "params": {"factor": 2}},
		{"id": "square", "node_type": "Square", "params": {}}
	],
	"connections": [{"from": "multiply", "to": "square"}]
}`

func square(packet *remotemedia.Packet, out *remotemedia.Outputs) error {
	number, err := packet.Int()
	if err != nil {
		return err
	}
	return out.Emit(remotemedia.Int(number * number))
}

func main() { example.Run(manifest, register, measure) }

func register(rt *remotemedia.Runtime) error {
	return rt.Register("Square", func(remotemedia.Params) (remotemedia.Node, error) {
		return remotemedia.NodeFunc(square), nil
	})
}

func measure(ctx context.Context, session *remotemedia.Session) error {
	graph, err := session.Inspect("text")
	if err != nil {
		return err
	}
	fmt.Println(graph)
	for packet, err := range session.Stream(ctx, numbers) {
		if err != nil {
			return err
		}
		packet.Close()
	}
	metrics, err := session.Metrics()
	if err != nil {
		return err
	}
	for _, node := range metrics.Nodes {
		isMeasured := node.Latency.Count > 0 && node.Latency.P50 <= node.Latency.P99
		fmt.Printf("%s: %d in, %d out, %d errors, latency measured: %v\n",
			node.ID, node.ItemsIn, node.ItemsOut, node.Errors, isMeasured)
	}
	return nil
}

func numbers(yield func(*remotemedia.Packet) bool) {
	for number := range int64(1000) {
		packet := remotemedia.Int(number)
		goesOn := yield(packet)
		packet.Close()
		if !goesOn {
			return
		}
	}
}
