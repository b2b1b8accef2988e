// Running graphs.

import CRemoteMedia

/// How long a call waits.
public enum Timeout: Sendable {
    case noWait
    case forever
    case nanoseconds(Int64)

    /// The limit as the C library takes it: 0 not to wait, less than that to wait for ever.
    var limitNs: Int64 {
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
    private let wakeup = Wakeup()

    init(adopting pointer: OpaquePointer) throws {
        handle = Handle(pointer, release: { rm_session_release($0) })
        try call { rm_session_set_waker(pointer, wake, give(wakeup), destroy, $0) }
    }

    /// Sends a packet. Gives ``Status/ok``, ``Status/wouldBlock`` or ``Status/timeout``; without a limit it holds the
    /// calling thread while the input is full.
    @discardableResult
    public func push(_ packet: Packet, to port: String? = nil, timeout: Timeout = .forever) throws -> Status {
        try call { error in
            lend(port) {
                rm_session_push(handle.pointer, $0, packet.handle.pointer, timeout.limitNs, error)
            }
        }
    }

    /// Sends a packet from a task, which sleeps while the input is full and may be cancelled meanwhile.
    public func send(_ packet: Packet, to port: String? = nil) async throws {
        try await wakeup.retry {
            try push(packet, to: port, timeout: .noWait) == .wouldBlock ? .none : .some(())
        }
    }

    /// Receives the next packet; nothing at the end and when the limit is over. It holds the calling thread meanwhile.
    public func poll(from port: String? = nil, timeout: Timeout = .forever) throws -> Packet? {
        try take(from: port, timeout: timeout).1
    }

    /// Receives the next packet in a task, which sleeps while there is none and may be cancelled meanwhile; nothing at
    /// the end.
    public func receive(from port: String? = nil) async throws -> Packet? {
        try await wakeup.retry {
            let (status, packet) = try take(from: port, timeout: .noWait)
            return status == .wouldBlock ? .none : .some(packet)
        }
    }

    /// Everything that comes out, as ``receive(from:)`` gives it: what is not asked for waits in the session.
    public func packets() -> Packets { Packets(session: self) }

    /// Ends an input, or all. What was sent goes its way, then the outputs end.
    public func close(_ port: String? = nil) throws {
        try call { error in lend(port) { rm_session_close(handle.pointer, $0, error) } }
    }

    /// Ends every input and waits until every node is cleaned up: ``Status/ok`` or ``Status/timeout``. Without a limit
    /// it holds the calling thread meanwhile.
    @discardableResult
    public func drain(timeout: Timeout = .forever) throws -> Status {
        try call { rm_session_drain(handle.pointer, timeout.limitNs, $0) }
    }

    /// Ends every input and waits in a task, which sleeps until every node is cleaned up and may be cancelled
    /// meanwhile. What nobody receives is discarded. Throws the error that ended the session.
    public func finish() async throws {
        try await wakeup.retry {
            try drain(timeout: .noWait) == .timeout ? .none : .some(())
        }
    }

    /// Discards everything that is under way, but for uninterruptible packets. The session goes on.
    public func interrupt() throws { try call { rm_session_interrupt(handle.pointer, $0) } }

    /// Ends the session at once.
    public func cancel() throws { try call { rm_session_cancel(handle.pointer, $0) } }

    /// What the nodes and queues counted so far, as a JSON object.
    public func metrics() throws -> String { try write { rm_session_metrics(handle.pointer, $0, $1) } }

    private func take(from port: String?, timeout: Timeout) throws -> (Status, Packet?) {
        var packet: OpaquePointer?
        let status = try withUnsafeMutablePointer(to: &packet) { out in
            try call { error in
                lend(port) { rm_session_poll(handle.pointer, $0, timeout.limitNs, out, error) }
            }
        }
        return (status, packet.map(Packet.init(adopting:)))
    }
}

/// The packets that come out of a session. Cancelling the task that iterates cancels the session.
public struct Packets: AsyncSequence, AsyncIteratorProtocol, Sendable {
    public typealias Element = Packet

    let session: Session

    public func makeAsyncIterator() -> Packets { self }

    public func next() async throws -> Packet? {
        do {
            return try await session.receive()
        } catch let cancellation as CancellationError {
            try? session.cancel()
            throw cancellation
        }
    }
}
