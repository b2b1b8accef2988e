// The library's log.

import CRemoteMedia

/// How grave a line of the log is; the gravest first.
public enum LogLevel: Int32, Sendable { case error = 1, warn, info, debug, trace }

/// One line of the log.
public struct LogRecord: Sendable {
    /// How grave it is.
    public let level: LogLevel
    /// The part of the library that speaks.
    public let target: String
    /// What it says, with its values behind it.
    public let message: String
}

/// Lets a function hear the log of every runtime in the process, from `level` on, in place of the one before; nothing
/// for none. Calls come on any thread, and several at once.
public func setLog(from level: LogLevel = .warn, _ hear: (@Sendable (LogRecord) -> Void)?) throws {
    guard let hear = hear else {
        try call { rm_log_set(nil, $0) }
        return
    }
    var listener = rm_log_listener_t()
    listener.struct_size = size(of: rm_log_listener_t.self)
    listener.level = level.rawValue
    listener.record = { data, record in
        guard let record = record?.pointee else { return }
        let line = LogRecord(
            level: LogLevel(rawValue: record.level) ?? .error,
            target: copy(record.target) ?? "",
            message: copy(record.message) ?? "")
        borrow(data, as: LogListener.self).hear(line)
    }
    listener.user_data = give(LogListener(hear))
    listener.destroy = destroy
    let described = listener
    try call { error in withUnsafePointer(to: described) { rm_log_set($0, error) } }
}

private final class LogListener {
    let hear: @Sendable (LogRecord) -> Void

    init(_ hear: @escaping @Sendable (LogRecord) -> Void) { self.hear = hear }
}
