// Nodes in Python.

import CRemoteMedia

/// How Python is set up.
public struct PythonConfig: Sendable {
    /// The folders where modules are looked for first, separated as in `PATH`.
    public var path: String?
    /// The folder of the virtual environment whose packages nodes may import.
    public var venv: String?
    /// The folder of the Python installation; without one that which the library was built with.
    public var home: String?
    /// `PYTHON…` variables are read, and the user's own packages seen.
    public var environment = false

    public init() {}

    /// Lends the config to the C library.
    func lent<Result>(_ body: (UnsafePointer<rm_python_config_t>) throws -> Result) rethrows -> Result {
        try lend(path) { path in
            try lend(venv) { venv in
                try lend(home) { home in
                    var config = rm_python_config_t()
                    config.struct_size = size(of: rm_python_config_t.self)
                    config.environment = environment ? 1 : 0
                    config.venv = venv
                    config.home = home
                    config.path = path
                    return try withUnsafePointer(to: config) { try body($0) }
                }
            }
        }
    }
}

extension Runtime {
    /// Lets pipelines that are opened from then on name Python classes, and be of packages with nodes in Python. Fails
    /// with `Status.unsupported` where the library was built without the feature `cpython`.
    public func setPython(_ config: PythonConfig = PythonConfig()) throws {
        try call { error in config.lent { rm_runtime_set_python(handle.pointer, $0, error) } }
    }

    /// Gives a Python class (`module:Class`) a name that manifests use as a node type. After `setPython`.
    public func setPythonNode(_ name: String, className: String) throws {
        try call { error in
            lend(name) { name in lend(className) { rm_runtime_set_python_node(handle.pointer, name, $0, error) } }
        }
    }
}
