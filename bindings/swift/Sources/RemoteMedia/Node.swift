// Nodes that the program defines.

import CRemoteMedia
import Dispatch

/// On what kind of thread a ``Node`` runs.
public enum Lane: Int32, Sendable {
    /// Cheap: a few microseconds, never waits.
    case native = 0
    /// Heavy or waiting: runs on a thread of its own while it works.
    case blocking = 1
}

/// Where a ``Node`` emits what it makes, as long as the call lasts, on its thread.
public struct Outputs {
    let node: OpaquePointer?

    /// Emits on the output `port`, or on the first one.
    public func emit(_ packet: Packet, on port: String? = nil) throws {
        try call { error in lend(port) { rm_node_emit(node, $0, packet.handle.pointer, 0, error) } }
    }

    /// The name of the input port that the packet in hand came on.
    public func input() throws -> String { try write { rm_node_input(node, $0, $1) } }
}

/// A node of the program: one object per session. Calls into one node never overlap. What a function throws fails the
/// call, and the session by default.
public protocol Node: AnyObject {
    /// Prepares the node; once, before the first packet.
    func initialize() throws
    /// Takes a packet and emits any number of packets.
    func process(_ packet: Packet, _ outputs: Outputs) throws
    /// Emits what is left at the end of the stream.
    func flush(_ outputs: Outputs) throws
    /// Hears, before the next packet, that everything before this moment was discarded.
    func interrupt()
    /// Releases what the node holds; once, whatever ended the session.
    func cleanup() throws
}

extension Node {
    public func initialize() throws {}
    public func flush(_ outputs: Outputs) throws {}
    public func interrupt() {}
    public func cleanup() throws {}
}

/// Where an ``AsyncNode`` emits what it makes, as long as its call lasts, from any task.
public final class AsyncOutputs: @unchecked Sendable {
    private let node: Handle
    private let wakeup = Wakeup()

    init(retaining node: OpaquePointer) throws {
        rm_node_retain(node)
        self.node = Handle(node, release: { rm_node_release($0) })
        try call { rm_node_set_waker(node, wake, give(wakeup), destroy, $0) }
    }

    /// Emits on the output `port`, or on the first one; sleeps while there is no room.
    public func emit(_ packet: Packet, on port: String? = nil) async throws {
        try await wakeup.retry {
            try tryEmit(packet, on: port) == .wouldBlock ? .none : .some(())
        }
    }

    private func tryEmit(_ packet: Packet, on port: String?) throws -> Status {
        try call { error in lend(port) { rm_node_emit(node.pointer, $0, packet.handle.pointer, 0, error) } }
    }

    /// Ends the call. Nobody waits for it any more if it was given up by an interrupt or the end of the session.
    func finish(_ failure: Error?) {
        if let failure = failure {
            _ = lend(String(describing: failure)) { rm_node_fail(node.pointer, $0, nil) }
        }
        _ = rm_node_finish(node.pointer, failure == nil ? RM_STATUS_OK : RM_STATUS_NODE, nil)
    }
}

/// A node of the program that works in a task: while a call lasts, no thread waits for it. A call that is given up, by
/// an interrupt, a time limit or the end of the session, is cancelled, and what it emits then is refused.
public protocol AsyncNode: AnyObject, Sendable {
    /// Takes a packet and emits any number of packets. The next one comes when it returns, even if it was given up.
    func process(_ packet: Packet, _ outputs: AsyncOutputs) async throws
    /// Emits what is left at the end of the stream.
    func flush(_ outputs: AsyncOutputs) async throws
}

extension AsyncNode {
    public func flush(_ outputs: AsyncOutputs) async throws {}
}

extension Runtime {
    /// Adds a node type whose nodes `make` makes from their parameters, a JSON object, one per session.
    /// `make` may be called on any thread.
    public func addNode(
        _ name: String, lane: Lane = .native, make: @escaping @Sendable (String) throws -> Node
    ) throws {
        try add(name, lane: lane.rawValue) { parameters in SyncState(try make(parameters)) }
    }

    /// As above, for nodes that work in tasks.
    public func addAsyncNode(_ name: String, make: @escaping @Sendable (String) throws -> AsyncNode) throws {
        try add(name, lane: RM_LANE_ASYNC) { parameters in AsyncState(try make(parameters)) }
    }

    private func add(_ name: String, lane: Int32, make: @escaping @Sendable (String) throws -> NodeState) throws {
        try lend(name) { name in
            var type = rm_node_type_t()
            type.struct_size = size(of: rm_node_type_t.self)
            type.lane = lane
            type.name = name
            type.create = createNode
            type.initialize = { state, node in step(node) { try borrow(state, as: NodeState.self).initialize() } }
            type.process = { state, node, packet in
                guard let node = node, let packet = packet else { return RM_STATUS_INVALID_ARGUMENT }
                return step(node) { try borrow(state, as: NodeState.self).process(Packet(retaining: packet), node) }
            }
            type.flush = { state, node in
                guard let node = node else { return RM_STATUS_INVALID_ARGUMENT }
                return step(node) { try borrow(state, as: NodeState.self).flush(node) }
            }
            type.interrupt = { state in borrow(state, as: NodeState.self).interrupt() }
            type.cleanup = { state, node in step(node) { try borrow(state, as: NodeState.self).cleanup() } }
            type.release = destroy
            type.user_data = give(Factory(make))
            type.destroy = destroy
            let described = type
            try call { error in withUnsafePointer(to: described) { rm_runtime_set_node(handle.pointer, $0, error) } }
        }
    }
}

/// Makes a node, and says why it cannot.
private func createNode(
    _ factory: UnsafeMutableRawPointer?, _ parameters: rm_str_t,
    _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> rm_status_t {
    do {
        state?.pointee = give(try borrow(factory, as: Factory.self).make(copy(parameters) ?? "{}"))
        return RM_STATUS_OK
    } catch {
        _ = lend(String(describing: error)) { rm_node_refuse($0, nil) }
        return RM_STATUS_NODE
    }
}

/// Makes a step of a node's life; what it throws becomes the node's error. `body` gives the status of success.
private func step(_ node: OpaquePointer?, _ body: () throws -> rm_status_t) -> rm_status_t {
    do {
        return try body()
    } catch {
        _ = lend(String(describing: error)) { rm_node_fail(node, $0, nil) }
        return RM_STATUS_NODE
    }
}

/// Makes the states of a node type.
private final class Factory {
    let make: @Sendable (String) throws -> NodeState

    init(_ make: @escaping @Sendable (String) throws -> NodeState) { self.make = make }
}

/// A node of either kind, as its callbacks see it.
private class NodeState {
    func initialize() throws -> rm_status_t { RM_STATUS_OK }
    func process(_ packet: Packet, _ node: OpaquePointer) throws -> rm_status_t { RM_STATUS_OK }
    func flush(_ node: OpaquePointer) throws -> rm_status_t { RM_STATUS_OK }
    func interrupt() {}
    func cleanup() throws -> rm_status_t { RM_STATUS_OK }
}

private final class SyncState: NodeState {
    private let node: Node

    init(_ node: Node) { self.node = node }

    override func initialize() throws -> rm_status_t {
        try node.initialize()
        return RM_STATUS_OK
    }

    override func process(_ packet: Packet, _ pointer: OpaquePointer) throws -> rm_status_t {
        try node.process(packet, Outputs(node: pointer))
        return RM_STATUS_OK
    }

    override func flush(_ pointer: OpaquePointer) throws -> rm_status_t {
        try node.flush(Outputs(node: pointer))
        return RM_STATUS_OK
    }

    override func interrupt() { node.interrupt() }

    override func cleanup() throws -> rm_status_t {
        try node.cleanup()
        return RM_STATUS_OK
    }
}

/// Works in tasks. The library gives a call up without waiting for it, and its task may take a while to notice. So each
/// one waits for the one before.
private final class AsyncState: NodeState {
    private let node: AsyncNode
    /// The last call that was begun.
    private var last: Task<Void, Never>?

    init(_ node: AsyncNode) { self.node = node }

    override func process(_ packet: Packet, _ pointer: OpaquePointer) throws -> rm_status_t {
        try later(pointer) { [node] outputs in try await node.process(packet, outputs) }
    }

    override func flush(_ pointer: OpaquePointer) throws -> rm_status_t {
        try later(pointer) { [node] outputs in try await node.flush(outputs) }
    }

    override func interrupt() { last?.cancel() }

    /// Waits for the last call, which is given up if it goes on, as long as a task needs that heeds it.
    override func cleanup() throws -> rm_status_t {
        guard let last = last else { return RM_STATUS_OK }
        last.cancel()
        let ended = DispatchSemaphore(value: 0)
        Task.detached {
            await last.value
            ended.signal()
        }
        _ = ended.wait(timeout: .now() + heed)
        return RM_STATUS_OK
    }

    /// Lets a call go on in a task, behind the one before, which is given up if it goes on.
    private func later(
        _ pointer: OpaquePointer, _ body: @escaping @Sendable (AsyncOutputs) async throws -> Void
    ) throws -> rm_status_t {
        let outputs = try AsyncOutputs(retaining: pointer)
        let previous = last
        previous?.cancel()
        last = Task {
            await previous?.value
            do {
                try Task.checkCancellation()
                try await body(outputs)
                outputs.finish(nil)
            } catch {
                outputs.finish(error)
            }
        }
        return RM_STATUS_PENDING
    }
}

/// How long a call that was given up may take to end before it is said to ignore that, in seconds.
private let heed = 0.1
