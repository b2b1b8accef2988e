// Command interrupt shows that an interrupt discards what is under way, while what is uninterruptible survives and the
// session goes on.
package main

import (
	"context"
	"fmt"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
	"github.com/remotemedia/remotemedia/bindings/go/examples/internal/example"
)

const manifest = `{
	"version": "v1",
	"metadata": {"name": "interrupt"},
	"nodes": [{"id": "pass", "node_type": "PassThrough"}],
	"connections": []
}`

func main() { example.Run(manifest, nil, bargeIn) }

func bargeIn(ctx context.Context, session *remotemedia.Session) error {
	for number := range int64(10) {
		var options []remotemedia.PacketOption
		if number+1 == 7 {
			options = append(options, remotemedia.WithUninterruptible())
		}
		if err := session.Push(ctx, remotemedia.Int(number+1, options...)); err != nil {
			return err
		}
	}
	fmt.Println("1 to 10 are under way, 7 is uninterruptible")
	if err := session.Interrupt(); err != nil {
		return err
	}
	fmt.Println("interrupt")
	if err := session.Push(ctx, remotemedia.Int(11)); err != nil {
		return err
	}
	if err := session.CloseInput(); err != nil {
		return err
	}
	for packet, err := range session.Packets(ctx) {
		if err != nil {
			return err
		}
		fmt.Println(packet, "came out")
		packet.Close()
	}
	return nil
}
