// Command custom_node has two nodes of its own: one that answers at once, and one that finishes later in a goroutine.
package main

import (
	"context"
	"fmt"
	"strings"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
	"github.com/remotemedia/remotemedia/bindings/go/examples/internal/example"
)

const manifest = `{
	"version": "v1",
	"metadata": {"name": "custom_node"},
	"nodes": [{"id": "upper", "node_type": "Upper"}, {"id": "repeat", "node_type": "Repeat"}],
	"connections": [{"from": "upper", "to": "repeat"}]
}`

// upper makes text upper case.
func upper(packet *remotemedia.Packet, out *remotemedia.Outputs) error {
	text, err := packet.Text()
	if err != nil {
		return err
	}
	return out.Emit(remotemedia.Text(strings.ToUpper(text)))
}

// repeat emits everything twice, and may take its time: it has a goroutine, and its context ends with the session.
func repeat(_ context.Context, packet *remotemedia.Packet, out *remotemedia.Outputs) error {
	for range 2 {
		if err := out.Emit(packet); err != nil {
			return err
		}
	}
	return nil
}

func main() { example.Run(manifest, register, talk) }

func register(rt *remotemedia.Runtime) error {
	err := rt.Register("Upper", func(remotemedia.Params) (remotemedia.Node, error) {
		return remotemedia.NodeFunc(upper), nil
	})
	if err != nil {
		return err
	}
	return rt.RegisterAsync("Repeat", func(remotemedia.Params) (remotemedia.AsyncNode, error) {
		return remotemedia.AsyncNodeFunc(repeat), nil
	})
}

func talk(ctx context.Context, session *remotemedia.Session) error {
	for _, word := range []string{"hello", "world"} {
		if err := session.Push(ctx, remotemedia.Text(word)); err != nil {
			return err
		}
	}
	if err := session.CloseInput(); err != nil {
		return err
	}
	for packet, err := range session.Packets(ctx) {
		if err != nil {
			return err
		}
		fmt.Println(packet)
		packet.Close()
	}
	return nil
}
