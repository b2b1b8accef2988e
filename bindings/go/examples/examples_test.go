// Package examples checks that each example runs, and prints what its namesakes in the other languages print.
package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// expectations is where it is written what each example prints, for all languages.
const expectations = "../../../conformance/examples"

func TestExamplesPrintWhatTheyPrintInEveryLanguage(t *testing.T) {
	for _, name := range promised(t) {
		t.Run(name, func(t *testing.T) {
			expected, err := os.ReadFile(filepath.Join(expectations, name+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			var said strings.Builder
			command := exec.CommandContext(t.Context(), "go", "run", "./"+name)
			command.Stderr = &said
			printed, err := command.Output()
			if err != nil {
				t.Fatalf("%v: %s", err, said.String())
			}
			if string(printed) != string(expected) {
				t.Errorf("printed\n%s\nexpected\n%s", printed, expected)
			}
		})
	}
}

func TestExamplesAreThoseOfEveryLanguage(t *testing.T) {
	programs, err := filepath.Glob("*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, program := range programs {
		names = append(names, filepath.Dir(program))
	}
	if expected := promised(t); !slices.Equal(names, expected) {
		t.Errorf("the examples are %v, expected %v", names, expected)
	}
}

// promised gives the names of the examples that every language has, in order.
func promised(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(expectations, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("nothing is promised in %s", expectations)
	}
	names := make([]string, len(files))
	for index, file := range files {
		names[index] = strings.TrimSuffix(filepath.Base(file), ".txt")
	}
	return names
}
