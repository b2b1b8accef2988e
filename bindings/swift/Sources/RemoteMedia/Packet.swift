// Values that travel through pipelines.

import CRemoteMedia

/// The kind of value in a packet.
public enum Kind: Int32, Sendable {
    case null = 0, bool, int, float, text, json, bytes, audio, video, tensor, encoded
    /// A value of a host language, or a kind that this package does not know.
    case other = -1
}

/// What a block of audio is.
public struct AudioFormat: Equatable, Sendable {
    /// The type of one sample.
    public enum Sample: Int32, Sendable { case u8 = 0, s16, s32, f32, f64 }
    /// How the channels lie in memory.
    public enum Layout: Int32, Sendable { case interleaved = 0, planar }

    /// Frames per second.
    public var rate: UInt32
    /// Channels, 1 to 256.
    public var channels: UInt32
    /// The type of one sample.
    public var sample: Sample
    /// How the channels lie in memory.
    public var layout: Layout

    public init(rate: UInt32, channels: UInt32, sample: Sample = .f32, layout: Layout = .interleaved) {
        self.rate = rate
        self.channels = channels
        self.sample = sample
        self.layout = layout
    }
}

/// A value with its time and metadata.
///
/// Functions that set something are for whoever made the packet, before it is pushed.
public final class Packet: @unchecked Sendable {
    let handle: Handle

    init(adopting pointer: OpaquePointer) {
        handle = Handle(pointer, release: { rm_packet_release($0) })
    }

    /// One more reference to a packet that the C library lends.
    convenience init(retaining pointer: OpaquePointer) {
        rm_packet_retain(pointer)
        self.init(adopting: pointer)
    }

    /// A packet without a value.
    public convenience init() throws { self.init(adopting: try make { rm_packet_new_null($0, $1) }) }

    /// A packet with a truth value.
    public convenience init(_ value: Bool) throws {
        self.init(adopting: try make { rm_packet_new_bool(value, $0, $1) })
    }

    /// A packet with a whole number.
    public convenience init(_ value: Int64) throws {
        self.init(adopting: try make { rm_packet_new_int(value, $0, $1) })
    }

    /// A packet with a floating-point number.
    public convenience init(_ value: Double) throws {
        self.init(adopting: try make { rm_packet_new_float(value, $0, $1) })
    }

    /// A packet with a copy of a text.
    public convenience init(_ text: String) throws {
        self.init(adopting: try make { out, error in lend(text) { rm_packet_new_text($0, out, error) } })
    }

    /// A packet with the value that a JSON text says.
    public convenience init(json: String) throws {
        self.init(adopting: try make { out, error in lend(json) { rm_packet_new_json($0, out, error) } })
    }

    /// A packet with a copy of bytes.
    public convenience init(copying bytes: UnsafeRawBufferPointer) throws {
        self.init(adopting: try make { rm_packet_new_bytes(lent(bytes), $0, $1) })
    }

    /// A packet around bytes, which stay as they are as long as `owner` is held.
    public convenience init(wrapping bytes: UnsafeRawBufferPointer, owner: AnyObject) throws {
        self.init(adopting: try make { rm_packet_wrap_bytes(lent(bytes), destroy, give(owner), $0, $1) })
    }

    /// A packet around samples, which stay as they are as long as `owner` is held.
    public convenience init(wrapping samples: UnsafeRawBufferPointer, as format: AudioFormat, owner: AnyObject) throws {
        var audio = rm_audio_t()
        audio.struct_size = size(of: rm_audio_t.self)
        audio.rate = format.rate
        audio.channels = format.channels
        audio.format = format.sample.rawValue
        audio.layout = format.layout.rawValue
        audio.data = lent(samples)
        let described = audio
        self.init(adopting: try make { out, error in
            withUnsafePointer(to: described) { rm_packet_wrap_audio($0, destroy, give(owner), out, error) }
        })
    }

    /// The kind of the value.
    public var kind: Kind { Kind(rawValue: rm_packet_kind(handle.pointer)) ?? .other }

    /// The truth value.
    public func bool() throws -> Bool { try read(false) { rm_packet_bool(handle.pointer, $0, $1) } }

    /// The whole number.
    public func int() throws -> Int64 { try read(0) { rm_packet_int(handle.pointer, $0, $1) } }

    /// The number, whole or not, as a floating-point one.
    public func float() throws -> Double { try read(0) { rm_packet_float(handle.pointer, $0, $1) } }

    /// A copy of the text.
    public func text() throws -> String {
        let text = try read(rm_str_t()) { rm_packet_text(handle.pointer, $0, $1) }
        return withExtendedLifetime(self) { copy(text) ?? "" }
    }

    /// The value as JSON.
    public func json() throws -> String { try write { rm_packet_json(handle.pointer, $0, $1) } }

    /// The bytes, lent to `body`.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        let bytes = try read(rm_bytes_t()) { rm_packet_bytes(handle.pointer, $0, $1) }
        return try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(start: bytes.data, count: bytes.len)) }
    }

    /// The block of audio, its samples lent to `body`.
    public func withAudio<Result>(_ body: (AudioFormat, UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        var empty = rm_audio_t()
        empty.struct_size = size(of: rm_audio_t.self)
        let audio = try read(empty) { rm_packet_audio(handle.pointer, $0, $1) }
        guard let sample = AudioFormat.Sample(rawValue: audio.format),
            let layout = AudioFormat.Layout(rawValue: audio.layout)
        else { throw RemoteMediaError(status: .unsupported, message: "sample format \(audio.format) is not known") }
        let format = AudioFormat(rate: audio.rate, channels: audio.channels, sample: sample, layout: layout)
        let samples = UnsafeRawBufferPointer(start: audio.data.data, count: audio.data.len)
        return try withExtendedLifetime(self) { try body(format, samples) }
    }

    /// When the value is to be presented, in nanoseconds on the stream's own clock, if that is known.
    public var pts: UInt64? {
        var time: UInt64 = 0
        return rm_packet_pts(handle.pointer, &time) ? time : nil
    }

    /// How long the value lasts, in nanoseconds, if that is known.
    public var duration: UInt64? {
        var time: UInt64 = 0
        return rm_packet_duration(handle.pointer, &time) ? time : nil
    }

    /// Which of several streams that share an edge the packet belongs to.
    public var stream: UInt32 { rm_packet_stream(handle.pointer) }

    /// The number of the item in its stream, if it has one.
    public var seq: UInt64? {
        var seq: UInt64 = 0
        return rm_packet_seq(handle.pointer, &seq) ? seq : nil
    }

    /// The output port that the packet came out of.
    public var port: String? { withExtendedLifetime(self) { copy(rm_packet_port(handle.pointer)) } }

    /// The metadata as a JSON object.
    public func attributes() throws -> String { try write { rm_packet_attributes(handle.pointer, $0, $1) } }

    /// Sets when the value is to be presented, in nanoseconds.
    public func setPts(_ nanoseconds: UInt64) throws {
        try call { rm_packet_set_pts(handle.pointer, nanoseconds, $0) }
    }

    /// Sets how long the value lasts, in nanoseconds.
    public func setDuration(_ nanoseconds: UInt64) throws {
        try call { rm_packet_set_duration(handle.pointer, nanoseconds, $0) }
    }

    /// Sets the number of the item in its stream.
    public func setSeq(_ seq: UInt64) throws { try call { rm_packet_set_seq(handle.pointer, seq, $0) } }

    /// Sets which of several streams that share an edge the packet belongs to.
    public func setStream(_ stream: UInt32) throws { try call { rm_packet_set_stream(handle.pointer, stream, $0) } }

    /// Sets whether the packet survives an interrupt.
    public func setUninterruptible(_ uninterruptible: Bool) throws {
        try call { rm_packet_set_uninterruptible(handle.pointer, uninterruptible, $0) }
    }

    /// Sets the metadata from a JSON object.
    public func setAttributes(_ json: String) throws {
        try call { error in lend(json) { rm_packet_set_attributes(handle.pointer, $0, error) } }
    }

    /// A value that the C library writes.
    func read<Value>(
        _ value: Value, _ body: (UnsafeMutablePointer<Value>, ErrorPlace) -> rm_status_t
    ) throws -> Value {
        var value = value
        try withUnsafeMutablePointer(to: &value) { place in
            _ = try call { body(place, $0) }
        }
        return value
    }
}

/// Bytes as the C library takes them.
func lent(_ bytes: UnsafeRawBufferPointer) -> rm_bytes_t {
    rm_bytes_t(data: bytes.bindMemory(to: UInt8.self).baseAddress, len: bytes.count)
}
