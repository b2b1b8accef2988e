package remotemedia

// #include "bridge.h"
import "C"

// PythonConfig says how Python is set up.
type PythonConfig struct {
	// Path has the folders where modules are looked for first, separated as in PATH.
	Path string
	// Venv is the virtual environment whose packages nodes may import.
	Venv string
	// Home is the Python installation; none for the one that the library was built with.
	Home string
	// Environment lets the interpreter read PYTHON… variables, and see the packages in the user's own folder.
	Environment bool
}

// SetPython lets pipelines that are opened from then on name Python classes, and packages bring some. Where the library
// was built without the feature cpython, the error has StatusUnsupported.
func (rt *Runtime) SetPython(config PythonConfig) error {
	pointer, isOpen := rt.enter()
	if !isOpen {
		return closed("runtime")
	}
	defer rt.leave()
	done := C.rmgo_runtime_set_python(pointer, C.bool(config.Environment), lend(config.Venv), lend(config.Home),
		lend(config.Path))
	return failure(done.status, done.error)
}

// SetPythonNode gives a Python class (module:Class) a name that manifests use as a node type. After SetPython.
func (rt *Runtime) SetPythonNode(name, class string) error {
	pointer, isOpen := rt.enter()
	if !isOpen {
		return closed("runtime")
	}
	defer rt.leave()
	done := C.rmgo_runtime_set_python_node(pointer, lend(name), lend(class))
	return failure(done.status, done.error)
}
