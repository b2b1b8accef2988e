// Command hello takes one value through a native pipeline.
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
	"nodes": [{"id": "double", "node_type": "Multiply", "params": {"factor": 2}}],
	"connections": []
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

	question := remotemedia.Int(21)
	defer question.Close()
	if err := session.Push(ctx, question); err != nil {
		return err
	}
	answer, err := session.Poll(ctx)
	if err != nil {
		return err
	}
	defer answer.Close()
	fmt.Printf("%v went in, %v came out\n", question, answer)
	return nil
}
