// Running graphs.

import CRemoteMedia

/// How long a call waits.
public enum Timeout: Sendable {
    case noWait
    case forever
    case nanoseconds(Int64)

    var nanoseconds: Int64 {
        switch self {
        case .noWait: return 0
        case .forever: return -1
        case .nanoseconds(let limit): return max(limit, 0)
        }
    }
}

/// A running graph. Functions may be called by several threads at once.
///
/// Ports are named; no name stands for the only input, or for all outputs and inputs. When nobody holds it any more,
/// the session is cancelled.
public final class Session: Sendable {
    let handle: Handle

    init(adopting pointer: OpaquePointer) {
        handle = Handle(pointer, release: { rm_session_release($0) })
    }

    /// Sends a packet. Gives ``Status/ok``, ``Status/wouldBlock`` or ``Status/timeout``; without a limit it holds the
    /// calling thread while the input is full.
    @discardableResult
    public func push(_ packet: Packet, to port: String? = nil, timeout: Timeout = .forever) throws -> Status {
        try call { error in
            lend(port) {
                rm_session_push(handle.pointer, $0, packet.handle.pointer, timeout.nanoseconds, error)
            }
        }
    }

    /// Sends a packet from a task, which sleeps while the input is full and may be cancelled meanwhile.
    public func send(_ packet: Packet, to port: String? = nil) async throws {
        while try push(packet, to: port, timeout: .noWait) == .wouldBlock {
            try await Task.sleep(nanoseconds: pause)
        }
    }

    /// Receives the next packet; nothing at the end and when the limit is over. It holds the calling thread meanwhile.
    public func poll(from port: String? = nil, timeout: Timeout = .forever) throws -> Packet? {
        var packet: OpaquePointer?
        try withUnsafeMutablePointer(to: &packet) { out in
            _ = try call { error in
                lend(port) { rm_session_poll(handle.pointer, $0, timeout.nanoseconds, out, error) }
            }
        }
        return packet.map(Packet.init(adopting:))
    }

    /// Everything that comes out, in place of ``poll(from:timeout:)``; once per session.
    ///
    /// What is not taken waits in the stream without limit. When the task that iterates is cancelled, so is the
    /// session.
    public func packets() throws -> AsyncThrowingStream<Packet, Error> {
        let (stream, continuation) = makeStream()
        var listener = rm_session_listener_t()
        listener.struct_size = size(of: rm_session_listener_t.self)
        listener.packet = { data, packet in
            guard let packet = packet else { return RM_STATUS_INVALID_ARGUMENT }
            borrow(data, as: Listener.self).continuation.yield(Packet(retaining: packet))
            return RM_STATUS_OK
        }
        listener.end = { data, status, error in
            let failure = status < RM_STATUS_OK ? RemoteMediaError(lent: error, status: status) : nil
            borrow(data, as: Listener.self).continuation.finish(throwing: failure)
        }
        listener.user_data = give(Listener(continuation))
        listener.destroy = destroy
        let described = listener
        try call { error in
            withUnsafePointer(to: described) { rm_session_set_listener(handle.pointer, $0, error) }
        }
        return stream
    }

    /// Ends an input, or all. What was sent goes its way, then the outputs end.
    public func close(_ port: String? = nil) throws {
        try call { error in lend(port) { rm_session_close(handle.pointer, $0, error) } }
    }

    /// Ends every input and waits until every node is cleaned up: ``Status/ok`` or ``Status/timeout``.
    @discardableResult
    public func drain(timeout: Timeout = .forever) throws -> Status {
        try call { rm_session_drain(handle.pointer, timeout.nanoseconds, $0) }
    }

    /// Discards everything that is under way, but for uninterruptible packets. The session goes on.
    public func interrupt() throws { try call { rm_session_interrupt(handle.pointer, $0) } }

    /// Ends the session at once.
    public func cancel() throws { try call { rm_session_cancel(handle.pointer, $0) } }

    /// What the nodes and queues counted so far, as a JSON object.
    public func metrics() throws -> String { try write { rm_session_metrics(handle.pointer, $0, $1) } }

    /// A stream whose reader's cancellation cancels the session.
    private func makeStream() -> (AsyncThrowingStream<Packet, Error>, AsyncThrowingStream<Packet, Error>.Continuation) {
        var kept: AsyncThrowingStream<Packet, Error>.Continuation!
        let stream = AsyncThrowingStream<Packet, Error> { continuation in
            continuation.onTermination = { termination in
                if case .cancelled = termination { try? self.cancel() }
            }
            kept = continuation
        }
        return (stream, kept)
    }
}

/// How long a task sleeps before it tries again.
let pause: UInt64 = 1_000_000

/// What a session's listener calls.
private final class Listener {
    let continuation: AsyncThrowingStream<Packet, Error>.Continuation

    init(_ continuation: AsyncThrowingStream<Packet, Error>.Continuation) { self.continuation = continuation }
}
