// Packages.

import CRemoteMedia

/// How packages are opened. What it begins as is what is secure.
public struct PackageConfig: Sendable {
    /// No registry is asked: what the cache lacks is `Status.registryOffline`.
    public var offline = false
    /// Registries are asked also where the cache knows what a tag was on.
    public var refresh = false
    /// The registry of the reference is spoken to without encryption.
    public var plainHTTP = false
    /// Packages of others may do all that this program may.
    public var trustNative = false
    /// The folder with keys, trust, `registries.json` and the cache. Without one it is what the environment calls
    /// `REMOTEMEDIA_HOME`, or `.remotemedia` in the user's home.
    public var home: String?

    public init() {}

    /// Lends the config to the C library.
    func lent<Result>(_ body: (UnsafePointer<rm_package_config_t>) throws -> Result) rethrows -> Result {
        try lend(home) { home in
            var config = rm_package_config_t()
            config.struct_size = size(of: rm_package_config_t.self)
            config.offline = offline ? 1 : 0
            config.refresh = refresh ? 1 : 0
            config.plain_http = plainHTTP ? 1 : 0
            config.trust_native = trustNative ? 1 : 0
            config.home = home
            return try withUnsafePointer(to: config) { try body($0) }
        }
    }
}

/// A package that was verified. Its files stay where they are for as long as it, a pipeline of it or a session of that
/// is there.
public final class Package: Sendable {
    let handle: Handle

    /// Opens a file or a reference to a registry (`oci://HOST/NAME:TAG`): verifies who signed it and that the user
    /// trusts them, and writes what the cache lacks of it there. Nothing of it is executed. For a file no socket is
    /// opened. It holds its thread for as long as the disk and the registry take.
    public init(_ reference: String, config: PackageConfig = PackageConfig()) throws {
        let pointer = try make { out, error in
            lend(reference) { reference in config.lent { rm_package_open(reference, $0, out, error) } }
        }
        handle = Handle(pointer, release: { rm_package_release($0) })
    }

    /// What is in it, who signed it, and its graph with the node types of `runtime`, as the JSON that
    /// `remotemedia inspect --json` writes. Nothing of it is executed, and packages in registries that are nodes of it are
    /// shown by their references, not fetched.
    public func inspect(_ runtime: Runtime) throws -> String {
        try write { out, error in rm_package_inspect(handle.pointer, runtime.handle.pointer, out, error) }
    }
}

extension Runtime {
    /// Opens the pipeline of a package, and the packages that are nodes of it, as the package was opened. One that is not
    /// signed with a key of the user's own is refused with `Status.packageForeign` if its nodes do more than compute,
    /// unless it was opened with `trustNative`.
    public func openPipeline(_ package: Package) throws -> Pipeline {
        Pipeline(adopting: try make { out, error in
            rm_pipeline_open_package(handle.pointer, package.handle.pointer, out, error)
        })
    }

    /// Reads a manifest (JSON) whose nodes may be packages; the paths of files begin at `folder`.
    public func openPipeline(
        _ manifest: String, in folder: String, config: PackageConfig = PackageConfig()
    ) throws -> Pipeline {
        Pipeline(adopting: try make { out, error in
            lend(manifest) { manifest in
                lend(folder) { folder in
                    config.lent { rm_pipeline_open_in(handle.pointer, manifest, folder, $0, out, error) }
                }
            }
        })
    }
}
