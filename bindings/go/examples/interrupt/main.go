// Command interrupt shows barge-in: what is under way is discarded at once, but for what is marked uninterruptible,
// and the session goes on.
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
	"metadata": {"name": "interrupt"},
	"nodes": [{"id": "speak", "node_type": "PassThrough", "params": {}}],
	"connections": []
}`

func main() { example.Run(manifest, nil, bargeIn) }

func bargeIn(ctx context.Context, session *remotemedia.Session) error {
	if err := say(ctx, session, "this is a long answer that nobody hears to its end"); err != nil {
		return err
	}
	if err := say(ctx, session, "[recorded]", remotemedia.WithUninterruptible()); err != nil {
		return err
	}
	heard, err := session.Poll(ctx)
	if err != nil {
		return err
	}
	fmt.Println("heard:", heard)

	if err := session.Interrupt(); err != nil {
		return err
	}
	if err := say(ctx, session, "short answer"); err != nil {
		return err
	}
	if err := session.CloseInput(); err != nil {
		return err
	}
	fmt.Print("after the interrupt:")
	for packet, err := range session.Packets(ctx) {
		if err != nil {
			return err
		}
		fmt.Print(" ", packet)
	}
	fmt.Println()
	return nil
}

// say sends each word as a packet of its own.
func say(ctx context.Context, session *remotemedia.Session, words string, options ...remotemedia.PacketOption) error {
	for _, word := range strings.Fields(words) {
		if err := session.Push(ctx, remotemedia.Text(word, options...)); err != nil {
			return err
		}
	}
	return nil
}
