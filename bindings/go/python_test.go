package remotemedia_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

func TestPythonClassesAreNodesWhereTheLibraryHasPython(t *testing.T) {
	rt := fresh(t)
	folder, err := filepath.Abs("../../remotemedia-ffi/tests/python_nodes")
	must(t, err)
	err = rt.SetPython(remotemedia.PythonConfig{Path: folder})
	if !remotemedia.HasFeature("cpython") {
		if !errors.Is(err, remotemedia.StatusUnsupported) {
			t.Fatalf("got %v, expected that it is unsupported", err)
		}
		return
	}
	must(t, err)
	must(t, rt.SetPythonNode("Times", "voices:Times"))
	session := openIn(t, rt, one("Times", `{"factor": 6}`))
	push(t, session, remotemedia.Int(7))
	if value, err := poll(t, session).Int(); err != nil || value != 42 {
		t.Fatalf("got %v, %v, expected 42", value, err)
	}
	err = rt.SetPythonNode("Nobody", "voices:Nobody")
	var failed *remotemedia.Error
	if !errors.As(err, &failed) || !strings.Contains(failed.Cause.Error(), "Traceback") {
		t.Fatalf("got %v, expected an error with a traceback", err)
	}
}
