// Pictures, arrays and compressed units, as packets carry them.

import CRemoteMedia

/// What a picture is.
public struct VideoFormat: Equatable, Sendable {
    /// How the pixels lie in memory.
    public enum Pixel: Int32, Sendable { case gray8 = 0, rgb24, rgba32, bgra32, i420, nv12 }

    /// Where a plane lies, in bytes.
    public struct Plane: Equatable, Sendable {
        /// Where it begins, from the start of the data.
        public var offset: Int
        /// From one row to the next.
        public var stride: Int

        public init(offset: Int, stride: Int) {
            self.offset = offset
            self.stride = stride
        }
    }

    /// How the pixels lie in memory.
    public var pixel: Pixel
    /// Width in pixels.
    public var width: UInt32
    /// Height in pixels.
    public var height: UInt32
    /// The planes, at most three; when wrapping, none if they follow each other without gaps.
    public var planes: [Plane]

    public init(pixel: Pixel, width: UInt32, height: UInt32, planes: [Plane] = []) {
        self.pixel = pixel
        self.width = width
        self.height = height
        self.planes = planes
    }
}

/// What an array is.
public struct TensorFormat: Equatable, Sendable {
    /// The type of one element.
    public enum Element: Int32, Sendable {
        case bool = 0, i8, i16, i32, i64, u8, u16, u32, u64, f16, f32, f64, c64, c128
    }

    /// The type of one element.
    public var element: Element
    /// The length of each dimension.
    public var shape: [Int]
    /// Between neighbours in each dimension, in bytes; when wrapping, none if the elements are row-major.
    public var strides: [Int]
    /// Where the first element begins, in bytes from the start of the data.
    public var offset: Int

    public init(element: Element, shape: [Int], strides: [Int] = [], offset: Int = 0) {
        self.element = element
        self.shape = shape
        self.strides = strides
        self.offset = offset
    }
}

extension Packet {
    /// A packet around pixels, which stay as they are as long as `owner` is held.
    public convenience init(wrapping pixels: UnsafeRawBufferPointer, as format: VideoFormat, owner: AnyObject) throws {
        guard format.planes.count <= 3 else {
            let message = "the picture has \(format.planes.count) planes, expected at most 3"
            throw RemoteMediaError(status: .invalidArgument, message: message)
        }
        let places = format.planes + Array(repeating: VideoFormat.Plane(offset: 0, stride: 0), count: 3)
        var video = rm_video_t()
        video.struct_size = size(of: rm_video_t.self)
        video.format = format.pixel.rawValue
        video.width = format.width
        video.height = format.height
        video.planes = UInt32(format.planes.count)
        video.offsets = (places[0].offset, places[1].offset, places[2].offset)
        video.strides = (places[0].stride, places[1].stride, places[2].stride)
        video.data = lent(pixels)
        let described = video
        self.init(adopting: try make { out, error in
            withUnsafePointer(to: described) { rm_packet_wrap_video($0, destroy, give(owner), out, error) }
        })
    }

    /// A packet around the elements of an array, which stay as they are as long as `owner` is held.
    public convenience init(
        wrapping elements: UnsafeRawBufferPointer, as format: TensorFormat, owner: AnyObject
    ) throws {
        guard format.strides.isEmpty || format.strides.count == format.shape.count else {
            let message = "the strides are \(format.strides), expected one for each of \(format.shape)"
            throw RemoteMediaError(status: .invalidArgument, message: message)
        }
        self.init(adopting: try make { out, error in
            format.shape.withUnsafeBufferPointer { shape -> rm_status_t in
                format.strides.withUnsafeBufferPointer { strides -> rm_status_t in
                    var tensor = rm_tensor_t()
                    tensor.struct_size = size(of: rm_tensor_t.self)
                    tensor.dtype = format.element.rawValue
                    tensor.dimensions = shape.count
                    tensor.shape = shape.baseAddress
                    tensor.strides = strides.isEmpty ? nil : strides.baseAddress
                    tensor.offset = format.offset
                    tensor.data = lent(elements)
                    return rm_packet_wrap_tensor(&tensor, destroy, give(owner), out, error)
                }
            }
        })
    }

    /// A packet around a unit of a compressed stream, which stays as it is as long as `owner` is held. The codec's name
    /// is short and in lower case, such as `opus`.
    public convenience init(
        wrapping unit: UnsafeRawBufferPointer, codec: String, isKeyFrame: Bool, owner: AnyObject
    ) throws {
        self.init(adopting: try make { out, error in
            lend(codec) { name -> rm_status_t in
                var encoded = rm_encoded_t()
                encoded.struct_size = size(of: rm_encoded_t.self)
                encoded.key_frame = isKeyFrame ? 1 : 0
                encoded.codec = name
                encoded.data = lent(unit)
                return rm_packet_wrap_encoded(&encoded, destroy, give(owner), out, error)
            }
        })
    }

    /// The picture, its pixels lent to `body`.
    public func withVideo<Result>(_ body: (VideoFormat, UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        var empty = rm_video_t()
        empty.struct_size = size(of: rm_video_t.self)
        let video = try read(empty) { rm_packet_video(handle.pointer, $0, $1) }
        guard let pixel = VideoFormat.Pixel(rawValue: video.format) else {
            throw RemoteMediaError(status: .unsupported, message: "pixel format \(video.format) is not known")
        }
        let places = [
            VideoFormat.Plane(offset: video.offsets.0, stride: video.strides.0),
            VideoFormat.Plane(offset: video.offsets.1, stride: video.strides.1),
            VideoFormat.Plane(offset: video.offsets.2, stride: video.strides.2),
        ]
        let planes = Array(places.prefix(Int(video.planes)))
        let format = VideoFormat(pixel: pixel, width: video.width, height: video.height, planes: planes)
        return try withLent(video.data) { try body(format, $0) }
    }

    /// The array, its elements lent to `body`.
    public func withTensor<Result>(_ body: (TensorFormat, UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        var empty = rm_tensor_t()
        empty.struct_size = size(of: rm_tensor_t.self)
        let tensor = try read(empty) { rm_packet_tensor(handle.pointer, $0, $1) }
        guard let element = TensorFormat.Element(rawValue: tensor.dtype) else {
            throw RemoteMediaError(status: .unsupported, message: "element type \(tensor.dtype) is not known")
        }
        let shape = Array(UnsafeBufferPointer(start: tensor.shape, count: tensor.dimensions))
        let strides = Array(UnsafeBufferPointer(start: tensor.strides, count: tensor.dimensions))
        let format = TensorFormat(element: element, shape: shape, strides: strides, offset: tensor.offset)
        return try withLent(tensor.data) { try body(format, $0) }
    }

    /// The unit of a compressed stream: its codec, whether decoding can begin here, and its bytes, lent to `body`.
    public func withEncoded<Result>(
        _ body: (String, Bool, UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        var empty = rm_encoded_t()
        empty.struct_size = size(of: rm_encoded_t.self)
        let unit = try read(empty) { rm_packet_encoded(handle.pointer, $0, $1) }
        return try withLent(unit.data) { try body(copy(unit.codec) ?? "", unit.key_frame != 0, $0) }
    }

    /// Lends bytes of the packet, which stays meanwhile.
    private func withLent<Result>(
        _ bytes: rm_bytes_t, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(start: bytes.data, count: bytes.len)) }
    }
}
