// Runtimes and pipelines.

import CRemoteMedia

/// The version of the library, such as `0.1.0`.
public var libraryVersion: String { copy(rm_version_text()) ?? "" }

/// Whether the library that was loaded has the feature called `name`, such as `onnx`.
public func featureEnabled(_ name: String) -> Bool { lend(name) { rm_feature_enabled($0) } }

/// Threads and node types; a program needs one. Pipelines and sessions keep it.
public final class Runtime: Sendable {
    let handle: Handle

    /// Makes a runtime with so many threads for timers and asynchronous nodes; 0 for one per processor core.
    public init(workers: UInt32 = 0) throws {
        let compiled = UInt32(RM_ABI_MAJOR) << 16 | UInt32(RM_ABI_MINOR)
        guard rm_abi_check(compiled) == RM_STATUS_OK else {
            let found = rm_abi_version()
            let expected = "\(RM_ABI_MAJOR).\(RM_ABI_MINOR)"
            let message = "the library has ABI \(found >> 16).\(found & 0xffff), expected \(expected)"
            throw RemoteMediaError(status: .abiMismatch, message: message)
        }
        var config = rm_runtime_config_t()
        config.struct_size = size(of: rm_runtime_config_t.self)
        config.workers = workers
        let described = config
        let pointer = try make { out, error in
            withUnsafePointer(to: described) { rm_runtime_new($0, out, error) }
        }
        handle = Handle(pointer, release: { rm_runtime_release($0) })
    }

    /// Reads a manifest (JSON) and checks it as a whole.
    public func openPipeline(_ manifest: String) throws -> Pipeline {
        Pipeline(adopting: try make { out, error in
            lend(manifest) { rm_pipeline_open(handle.pointer, $0, out, error) }
        })
    }

    /// Registers a manifest (JSON) under a name: manifests may name it as a node type.
    public func setPipeline(_ name: String, manifest: String) throws {
        try call { error in
            lend(name) { name in lend(manifest) { rm_runtime_set_pipeline(handle.pointer, name, $0, error) } }
        }
    }

    /// What manifests may name as a node type at this moment, as the JSON that `remotemedia nodes --json` writes:
    /// names, ports, and the JSON Schema of the parameters.
    public func nodes() throws -> String {
        try write { out, error in rm_runtime_nodes(handle.pointer, out, error) }
    }

    /// Opens the pipeline that was registered under a name.
    public func openPipeline(named name: String) throws -> Pipeline {
        Pipeline(adopting: try make { out, error in
            lend(name) { rm_pipeline_open_named(handle.pointer, $0, out, error) }
        })
    }
}

/// A checked pipeline.
public final class Pipeline: Sendable {
    let handle: Handle

    init(adopting pointer: OpaquePointer) {
        handle = Handle(pointer, release: { rm_pipeline_release($0) })
    }

    /// Starts a session with room for so many packets on each input and output; 0 for the default of 64.
    public func openSession(inputCapacity: UInt32 = 0, outputCapacity: UInt32 = 0) throws -> Session {
        var config = rm_session_config_t()
        config.struct_size = size(of: rm_session_config_t.self)
        config.input_capacity = inputCapacity
        config.output_capacity = outputCapacity
        let described = config
        return try Session(adopting: make { out, error in
            withUnsafePointer(to: described) { rm_session_open(handle.pointer, $0, out, error) }
        })
    }

    /// The graph with the place and backend of each node: as `text`, `json`, `dot`, `mermaid` or `svg`.
    public func inspect(_ format: String = "text") throws -> String {
        try write { out, error in lend(format) { rm_pipeline_inspect(handle.pointer, $0, out, error) } }
    }
}
