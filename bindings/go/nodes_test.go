package remotemedia_test

import (
	"encoding/json"
	"errors"
	"testing"

	remotemedia "github.com/remotemedia/remotemedia/bindings/go"
)

func TestNodeTypesAreToldWithThePipelinesOfTheHost(t *testing.T) {
	rt := fresh(t)
	must(t, rt.SetPipeline("double", one("Multiply", `{"factor": 2}`)))
	text, err := rt.Nodes()
	must(t, err)
	var nodes []struct {
		NodeType string `json:"node_type"`
		Backend  string `json:"backend"`
	}
	must(t, json.Unmarshal([]byte(text), &nodes))
	backends := make(map[string]string)
	for _, node := range nodes {
		backends[node.NodeType] = node.Backend
	}
	if backends["double"] != "pipeline" || backends["PassThrough"] != "native" {
		t.Fatalf("found %v", backends)
	}
	must(t, rt.Close())
	if _, err := rt.Nodes(); !errors.Is(err, remotemedia.ErrClosed) {
		t.Fatalf("found %v, expected a closed runtime", err)
	}
}
