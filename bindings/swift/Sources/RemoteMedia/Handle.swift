// References to objects of the C library, and how it is called.

import CRemoteMedia

/// One reference to an object of the C library, given back when nobody holds it.
final class Handle: @unchecked Sendable {
    let pointer: OpaquePointer
    private let release: (OpaquePointer?) -> Void

    init(_ pointer: OpaquePointer, release: @escaping (OpaquePointer?) -> Void) {
        self.pointer = pointer
        self.release = release
    }

    deinit { release(pointer) }
}

typealias ErrorPlace = UnsafeMutablePointer<OpaquePointer?>
typealias OutputPlace = UnsafeMutablePointer<OpaquePointer?>

/// Makes a call that reports errors; gives its status, which is none.
@discardableResult
func call(_ body: (ErrorPlace) throws -> rm_status_t) throws -> Status {
    var error: OpaquePointer?
    let status = try withUnsafeMutablePointer(to: &error) { try body($0) }
    guard status >= RM_STATUS_OK else { throw RemoteMediaError(adopting: error, status: status) }
    return Status(rawValue: status)
}

/// Makes a call that gives an object of the C library.
func make(_ body: (OutputPlace, ErrorPlace) throws -> rm_status_t) throws -> OpaquePointer {
    var made: OpaquePointer?
    try withUnsafeMutablePointer(to: &made) { out in
        _ = try call { try body(out, $0) }
    }
    guard let made = made else { throw RemoteMediaError(status: .panic, message: "the library gave no object") }
    return made
}

/// Makes a call that gives a packet of text; gives the text.
func write(_ body: (OutputPlace, ErrorPlace) throws -> rm_status_t) throws -> String {
    let packet = try Packet(adopting: make(body))
    return try withExtendedLifetime(packet) { try packet.text() }
}

/// Lends a text to the C library; no text stands for none.
func lend<Result>(_ text: String?, _ body: (rm_str_t) throws -> Result) rethrows -> Result {
    guard var text = text else { return try body(rm_str_t(data: nil, len: 0)) }
    return try text.withUTF8 { bytes in
        try bytes.withMemoryRebound(to: CChar.self) { try body(rm_str_t(data: $0.baseAddress, len: $0.count)) }
    }
}

/// A copy of a text that the C library lends; nothing if it is none.
func copy(_ text: rm_str_t) -> String? {
    guard let data = text.data else { return nil }
    return data.withMemoryRebound(to: UInt8.self, capacity: text.len) {
        String(decoding: UnsafeBufferPointer(start: $0, count: text.len), as: UTF8.self)
    }
}

/// The size that a struct of the C library says of itself.
func size<Struct>(of type: Struct.Type) -> UInt32 { UInt32(MemoryLayout<Struct>.stride) }

/// Gives an object of Swift to the C library, which lets go of it with `destroy`.
func give(_ object: AnyObject) -> UnsafeMutableRawPointer { Unmanaged.passRetained(object).toOpaque() }

/// Lets go of an object that was given.
func destroy(_ object: UnsafeMutableRawPointer?) {
    guard let object = object else { return }
    Unmanaged<AnyObject>.fromOpaque(object).release()
}

/// An object that was given, which stays given.
func borrow<Object: AnyObject>(_ object: UnsafeMutableRawPointer?, as type: Object.Type) -> Object {
    guard let object = object else { preconditionFailure("the library gives back what it was given") }
    return Unmanaged<Object>.fromOpaque(object).takeUnretainedValue()
}
