// Command custom_node puts two nodes of the program behind a native one: one that is called and returns, and one that
// takes its time in a goroutine. It shows what an error of a node looks like, too.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

const manifest = `{
	"version": "v1",
	"metadata": {"name": "custom_node"},
	"nodes": [
		{"id": "multiply", "node_type": "Multiply", "params": {"factor": 10}},
		{"id": "label", "node_type": "Label", "params": {"prefix": "value"}},
		{"id": "look_up", "node_type": "LookUp", "params": {}}
	],
	"connections": [{"from": "multiply", "to": "label"}, {"from": "label", "to": "look_up"}]
}`

// Label writes each number as text, and refuses negative ones.
type Label struct {
	Prefix string
}

// Process takes a number.
func (l *Label) Process(packet *remotemedia.Packet, out *remotemedia.Outputs) error {
	number, err := packet.Int()
	if err != nil {
		return err
	}
	if number < 0 {
		return fmt.Errorf("%d is negative", number)
	}
	return out.Emit(remotemedia.Text(fmt.Sprintf("%s %d", l.Prefix, number)))
}

// lookUp answers later, as a node that calls a service does. It gives up when the session is interrupted or over.
func lookUp(ctx context.Context, packet *remotemedia.Packet, out *remotemedia.Outputs) error {
	text, err := packet.Text()
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Millisecond):
	}
	return out.Emit(remotemedia.Text(text + ", looked up"))
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
	if err := register(rt); err != nil {
		return err
	}
	for _, numbers := range [][]int64{{1, 2, 3}, {1, -2, 3}} {
		if err := label(ctx, rt, numbers); err != nil {
			return err
		}
	}
	return nil
}

func register(rt *remotemedia.Runtime) error {
	err := rt.Register("Label", func(params remotemedia.Params) (remotemedia.Node, error) {
		label := new(Label)
		return label, params.Decode(label)
	})
	if err != nil {
		return err
	}
	return rt.RegisterAsync("LookUp", func(remotemedia.Params) (remotemedia.AsyncNode, error) {
		return remotemedia.AsyncNodeFunc(lookUp), nil
	})
}

// label runs the pipeline over numbers, and prints what comes out.
func label(ctx context.Context, rt *remotemedia.Runtime, numbers []int64) error {
	session, err := rt.Open(ctx, manifest)
	if err != nil {
		return err
	}
	defer session.Close()
	inputs := func(yield func(*remotemedia.Packet) bool) {
		for _, number := range numbers {
			if !yield(remotemedia.Int(number)) {
				return
			}
		}
	}
	for packet, err := range session.Stream(ctx, inputs) {
		var failure *remotemedia.Error
		switch {
		case errors.As(err, &failure) && errors.Is(err, remotemedia.StatusNode):
			fmt.Printf("node %s failed at item %d: %v\n", failure.Node, failure.Item, err)
		case err != nil:
			return err
		default:
			fmt.Println(packet)
		}
	}
	return nil
}
