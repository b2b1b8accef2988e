// Package examples checks that each example runs and prints what it promises.
package examples

import (
	"os/exec"
	"strings"
	"testing"
)

var prints = map[string]string{
	"hello": "20 times 2 plus 1 is 41\n",
	"echo_audio": "in:  48000 frames at 48000 Hz, peak 0.25\n" +
		"out: 16000 frames at 16000 Hz, peak 0.50\n",
	"custom_node": "value 10, looked up\nvalue 20, looked up\nvalue 30, looked up\n" +
		"value 10, looked up\nnode label failed at item 2: remotemedia: custom_node/label: item 2: -20 is negative\n",
	"interrupt": "heard: this\nafter the interrupt: [recorded] short answer\n",
	"metrics": `
metrics                         type       place        backend   why
multiply                        Multiply   here         native    begins the pipeline
square                          Square     here         host      runs inside multiply's stage
multiply: 1000 in, 1000 out, 0 errors, latency measured: true
square: 1000 in, 1000 out, 0 errors, latency measured: true
`[1:],
}

func TestExamplesPrintWhatTheyPromise(t *testing.T) {
	for name, expected := range prints {
		t.Run(name, func(t *testing.T) {
			var said strings.Builder
			command := exec.CommandContext(t.Context(), "go", "run", "./"+name)
			command.Stderr = &said
			printed, err := command.Output()
			if err != nil {
				t.Fatalf("%v: %s", err, said.String())
			}
			if string(printed) != expected {
				t.Errorf("printed\n%s\nexpected\n%s", printed, expected)
			}
		})
	}
}
