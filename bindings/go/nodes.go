package remotemedia

// #include "bridge.h"
import "C"

// Nodes tells what manifests may name as a node type at this moment, as the JSON that remotemedia nodes --json writes:
// names, ports, and the JSON Schema of the parameters.
func (rt *Runtime) Nodes() (string, error) {
	pointer, isOpen := rt.enter()
	if !isOpen {
		return "", closed("runtime")
	}
	defer rt.leave()
	return madeText(C.rmgo_runtime_nodes(pointer))
}
