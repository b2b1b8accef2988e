// Command metrics shows what a pipeline looks like, and what its nodes counted.
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
		{"id": "double", "node_type": "Multiply", "params": {"factor": 2}},
		{"id": "add", "node_type": "Add", "params": {"addend": 1}}
	],
	"connections": [{"from": "double", "to": "add"}]
}`

func main() { example.Run(manifest, nil, measure) }

func measure(ctx context.Context, session *remotemedia.Session) error {
	graph, err := session.Inspect("text")
	if err != nil {
		return err
	}
	fmt.Println(graph)
	for number := range int64(3) {
		if err := session.Push(ctx, remotemedia.Int(number+1)); err != nil {
			return err
		}
	}
	if err := session.Drain(ctx); err != nil {
		return err
	}
	metrics, err := session.Metrics()
	if err != nil {
		return err
	}
	for _, node := range metrics.Nodes {
		fmt.Printf("%s: %d in, %d out\n", node.ID, node.ItemsIn, node.ItemsOut)
	}
	return nil
}
