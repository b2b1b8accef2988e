// Command hello is the shortest pipeline: a number in, a number out, through two native nodes.
package main

import (
	"context"
	"fmt"
	"log"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

const manifest = `{
	"version": "v1",
	"metadata": {"name": "hello"},
	"nodes": [
		{"id": "double", "node_type": "Multiply", "params": {"factor": 2}},
		{"id": "increase", "node_type": "Add", "params": {"addend": 1}}
	],
	"connections": [{"from": "double", "to": "increase"}]
}`

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
	session, err := rt.Open(ctx, manifest)
	if err != nil {
		return err
	}
	defer session.Close()

	number := remotemedia.Int(20)
	defer number.Close()
	if err := session.Push(ctx, number); err != nil {
		return err
	}
	result, err := session.Poll(ctx)
	if err != nil {
		return err
	}
	defer result.Close()
	fmt.Printf("%v times 2 plus 1 is %v\n", number, result)
	return nil
}
