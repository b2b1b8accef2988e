// How tasks wait: asleep, until the library says that another try is worth it.

import CRemoteMedia
import Foundation

/// Wakes the tasks that found nothing to receive, or no room. The library holds it as the data of a waker.
final class Wakeup: @unchecked Sendable {
    /// Guards what follows.
    private let lock = NSLock()
    /// How often the library has called.
    private var calls: UInt64 = 0
    private var sleepers: [UInt64: CheckedContinuation<Void, Never>] = [:]
    private var tickets: UInt64 = 0

    /// Makes an attempt until it gives something, and sleeps in between; ends with the task that it is made in.
    func retry<Value>(_ attempt: () throws -> Value?) async throws -> Value {
        while true {
            let before = count()
            if let value = try attempt() { return value }
            await sleep(since: before)
            try Task.checkCancellation()
        }
    }

    /// Wakes everybody.
    func wake() {
        lock.lock()
        calls += 1
        let woken = sleepers
        sleepers = [:]
        lock.unlock()
        woken.values.forEach { $0.resume() }
    }

    /// Sleeps until the library calls, unless it has called since.
    private func sleep(since before: UInt64) async {
        let ticket = draw()
        await withTaskCancellationHandler {
            await withCheckedContinuation { register($0, under: ticket, since: before) }
        } onCancel: {
            remove(ticket)?.resume()
        }
    }

    private func register(_ sleeper: CheckedContinuation<Void, Never>, under ticket: UInt64, since before: UInt64) {
        lock.lock()
        let sleeps = calls == before && !Task.isCancelled
        if sleeps { sleepers[ticket] = sleeper }
        lock.unlock()
        if !sleeps { sleeper.resume() }
    }

    private func remove(_ ticket: UInt64) -> CheckedContinuation<Void, Never>? {
        lock.lock()
        defer { lock.unlock() }
        return sleepers.removeValue(forKey: ticket)
    }

    private func count() -> UInt64 {
        lock.lock()
        defer { lock.unlock() }
        return calls
    }

    private func draw() -> UInt64 {
        lock.lock()
        defer { lock.unlock() }
        tickets += 1
        return tickets
    }
}

/// Calls a ``Wakeup`` that was given to the library.
func wake(_ wakeup: UnsafeMutableRawPointer?) { borrow(wakeup, as: Wakeup.self).wake() }
