// Command metrics shows the graph of a pipeline, and what every node counted.
package main

import (
	"context"
	"fmt"
	"log"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
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

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	rt, err := remotemedia.New()
	if err != nil {
		return err
	}
	defer rt.Close()
	err = rt.Register("Square", func(remotemedia.Params) (remotemedia.Node, error) {
		return remotemedia.NodeFunc(square), nil
	})
	if err != nil {
		return err
	}
	session, err := rt.Open(ctx, manifest)
	if err != nil {
		return err
	}
	defer session.Close()
	return measure(ctx, session)
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
