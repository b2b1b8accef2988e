// Command bench measures one case of calling the library from Go, and prints what it found as a JSON line:
//
//	{"case": "host_call", "who": "go", "value": 512.5, "unit": "ns", "n": 1020000}
//
// The cases: host_call, a packet that is pushed and polled through a native node; wrap_1k and wrap_1m, a packet that
// is made around 1 KiB or 1 MiB of Go memory, and closed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

const manifest = `{"version": "v1", "metadata": {"name": "bench"}, "connections": [],
	"nodes": [{"id": "node", "node_type": "PassThrough"}]}`

// How often a case is repeated, and how often that is measured.
const (
	trips  = 20_000
	rounds = 11
)

type finding struct {
	Case  string  `json:"case"`
	Who   string  `json:"who"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	N     int     `json:"n"`
}

var cases = map[string]func() (float64, error){
	"host_call": hostCall,
	"wrap_1k":   func() (float64, error) { return wrap(1 << 10) },
	"wrap_1m":   func() (float64, error) { return wrap(1 << 20) },
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 1 || cases[arguments[0]] == nil {
		return fmt.Errorf("usage: bench CASE, one of host_call, wrap_1k, wrap_1m")
	}
	value, err := cases[arguments[0]]()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(finding{arguments[0], "go", value, "ns", trips * rounds})
}

// hostCall pushes one packet again and again, as the same case does in the other languages.
func hostCall() (float64, error) {
	ctx := context.Background()
	rt, err := remotemedia.New()
	if err != nil {
		return 0, err
	}
	defer rt.Close()
	session, err := rt.Open(ctx, manifest)
	if err != nil {
		return 0, err
	}
	defer session.Close()
	packet := remotemedia.Int(1)
	defer packet.Close()
	return median(func() error {
		if err := session.Push(ctx, packet); err != nil {
			return err
		}
		result, err := session.Poll(ctx)
		if err != nil {
			return err
		}
		return result.Close()
	})
}

func wrap(size int) (float64, error) {
	data := make([]byte, size)
	return median(func() error {
		packet := remotemedia.WrapBytes(data)
		defer packet.Close()
		return packet.Err()
	})
}

// median is how long one of many trips takes in the middle one of several rounds, in nanoseconds.
func median(trip func() error) (float64, error) {
	times := make([]float64, 0, rounds)
	for range rounds + 1 {
		begin := time.Now()
		for range trips {
			if err := trip(); err != nil {
				return 0, err
			}
		}
		times = append(times, float64(time.Since(begin).Nanoseconds())/trips)
	}
	// The first round warms up.
	times = times[1:]
	slices.Sort(times)
	return times[len(times)/2], nil
}
