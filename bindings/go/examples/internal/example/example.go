// Package example opens what the examples are about, as hello does at length.
package example

import (
	"context"
	"log"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

// Run makes a runtime, lets prepare add to it, and calls show with a session of the manifest. The program ends with
// what goes wrong. Without a prepare, nothing is added.
func Run(
	manifest string,
	prepare func(*remotemedia.Runtime) error,
	show func(context.Context, *remotemedia.Session) error,
) {
	if err := run(context.Background(), manifest, prepare, show); err != nil {
		log.Fatal(err)
	}
}

func run(
	ctx context.Context,
	manifest string,
	prepare func(*remotemedia.Runtime) error,
	show func(context.Context, *remotemedia.Session) error,
) error {
	rt, err := remotemedia.New()
	if err != nil {
		return err
	}
	defer rt.Close()
	if prepare != nil {
		if err := prepare(rt); err != nil {
			return err
		}
	}
	session, err := rt.Open(ctx, manifest)
	if err != nil {
		return err
	}
	defer session.Close()
	return show(ctx, session)
}
