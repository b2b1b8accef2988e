// What calls come to, and what went wrong.

import CRemoteMedia

/// What a call came to. Numbers are never changed; one that this package does not know keeps its number.
public struct Status: RawRepresentable, Equatable, Hashable, Sendable {
    public let rawValue: Int32

    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// The call did what it says.
    public static let ok = Status(rawValue: RM_STATUS_OK)
    /// Nothing now, and the call was told not to wait.
    public static let wouldBlock = Status(rawValue: RM_STATUS_WOULD_BLOCK)
    /// Nothing ever again: the stream is over.
    public static let end = Status(rawValue: RM_STATUS_END)
    /// Nothing before the time limit.
    public static let timeout = Status(rawValue: RM_STATUS_TIMEOUT)
    /// What nodes tell the C library that finish later. No call gives it.
    public static let pending = Status(rawValue: RM_STATUS_PENDING)
    /// An argument is out of range or names nothing.
    public static let invalidArgument = Status(rawValue: RM_STATUS_INVALID_ARGUMENT)
    /// The packet carries another kind of payload.
    public static let wrongKind = Status(rawValue: RM_STATUS_WRONG_KIND)
    /// This build of the library lacks the feature.
    public static let unsupported = Status(rawValue: RM_STATUS_UNSUPPORTED)
    /// A broken promise of the library's own.
    public static let panic = Status(rawValue: RM_STATUS_PANIC)
    /// The session was cancelled.
    public static let cancelled = Status(rawValue: RM_STATUS_CANCELLED)
    /// The input was closed, or what was asked about is over.
    public static let closed = Status(rawValue: RM_STATUS_CLOSED)
    /// The library and the header do not fit.
    public static let abiMismatch = Status(rawValue: RM_STATUS_ABI_MISMATCH)
    /// The operating system gives no more threads or memory.
    public static let exhausted = Status(rawValue: RM_STATUS_EXHAUSTED)
    /// Nothing is left to run that could end the wait.
    public static let stalled = Status(rawValue: RM_STATUS_STALLED)
    /// The call would wait inside a callback.
    public static let reentrant = Status(rawValue: RM_STATUS_REENTRANT)
    /// The manifest is not valid.
    public static let manifest = Status(rawValue: RM_STATUS_MANIFEST)
    /// The manifest is valid but its graph is not.
    public static let graph = Status(rawValue: RM_STATUS_GRAPH)
    /// A node reported an error.
    public static let node = Status(rawValue: RM_STATUS_NODE)
    /// A node panicked.
    public static let nodePanic = Status(rawValue: RM_STATUS_NODE_PANIC)
    /// A node took longer than its time limit.
    public static let nodeTimeout = Status(rawValue: RM_STATUS_NODE_TIMEOUT)
    /// The file is no package, or not a valid one.
    public static let package = Status(rawValue: RM_STATUS_PACKAGE)
    /// The package is not signed.
    public static let packageUnsigned = Status(rawValue: RM_STATUS_PACKAGE_UNSIGNED)
    /// The package is signed by nobody who is trusted, or the policy asks for another signer.
    public static let packageUntrusted = Status(rawValue: RM_STATUS_PACKAGE_UNTRUSTED)
    /// The package or its signature was changed.
    public static let packageTampered = Status(rawValue: RM_STATUS_PACKAGE_TAMPERED)
    /// The package, its key or the authority above was revoked.
    public static let packageRevoked = Status(rawValue: RM_STATUS_PACKAGE_REVOKED)
    /// The package is somebody else's, and its nodes reach beyond the pipeline.
    public static let packageForeign = Status(rawValue: RM_STATUS_PACKAGE_FOREIGN)
    /// The package, or the cache, cannot be read or written.
    public static let packageIO = Status(rawValue: RM_STATUS_PACKAGE_IO)
    /// What the user's files or the environment say of keys, trust or registries cannot be used.
    public static let packageSettings = Status(rawValue: RM_STATUS_PACKAGE_SETTINGS)
    /// A registry cannot be reached, or does not answer as it should.
    public static let registry = Status(rawValue: RM_STATUS_REGISTRY)
    /// A registry wants to know who asks, or does not allow it.
    public static let registryDenied = Status(rawValue: RM_STATUS_REGISTRY_DENIED)
    /// A registry has no such package.
    public static let registryUnknown = Status(rawValue: RM_STATUS_REGISTRY_UNKNOWN)
    /// A registry would have to be asked, and none may be.
    public static let registryOffline = Status(rawValue: RM_STATUS_REGISTRY_OFFLINE)
}

/// What went wrong, where, and why.
public struct RemoteMediaError: Error, CustomStringConvertible, Sendable {
    /// What kind of error it is.
    public let status: Status
    /// What happened and where, in one line.
    public let message: String
    /// The pipeline in which it happened.
    public let pipeline: String?
    /// The node in which it happened.
    public let node: String?
    /// The port that it is about: the input of the node that the item came on, or the port of the session that was
    /// asked for.
    public let port: String?
    /// The number of the node's input item that raised it, counted from 1; 0 if none did.
    public let item: UInt64
    /// What caused it, and what caused that, a line each.
    public let cause: String?

    /// As ``message``.
    public var description: String { message }

    /// An error of the program's own, such as a node may throw.
    public init(status: Status, message: String) {
        self.init(status: status, message: message, error: nil)
    }

    /// Takes over an error of the C library.
    init(adopting error: OpaquePointer?, status: rm_status_t) {
        self.init(lent: error, status: status)
        rm_error_release(error)
    }

    /// Copies an error that the C library lends.
    init(lent error: OpaquePointer?, status: rm_status_t) {
        let message = copy(rm_error_message(error)) ?? "status \(status)"
        self.init(status: Status(rawValue: status), message: message, error: error)
    }

    private init(status: Status, message: String, error: OpaquePointer?) {
        self.status = status
        self.message = message
        pipeline = copy(rm_error_pipeline(error))
        node = copy(rm_error_node(error))
        port = copy(rm_error_port(error))
        item = rm_error_item(error)
        cause = copy(rm_error_cause(error))
    }
}
