// A block of audio, wrapped where it lies, through native audio nodes.
import RemoteMedia

let manifest = """
    {"version": "v1", "metadata": {"name": "echo_audio"}, "connections": [],
     "nodes": [{"id": "resample", "node_type": "Resample", "params": {"rate": 16000, "channels": 1}}]}
    """

let rate: UInt32 = 48000, channels = 2, frames = 4800
var givenBack = 0

/// A tenth of a second of a square wave of 100 Hz.
final class SquareWave {
    let samples = UnsafeMutableBufferPointer<Float>.allocate(capacity: frames * channels)

    init() {
        for index in samples.indices {
            samples[index] = (index / channels) % 480 < 240 ? 0.5 : -0.5
        }
    }

    deinit {
        samples.deallocate()
        givenBack += 1
    }
}

func run() throws {
    let session = try Runtime().openPipeline(manifest).openSession()
    print("in: \(rate) Hz, \(channels) channels, \(frames) frames")
    let wave = SquareWave()
    let format = AudioFormat(rate: rate, channels: UInt32(channels))
    try session.push(Packet(wrapping: UnsafeRawBufferPointer(wave.samples), as: format, owner: wave))
    try session.close()

    var last = format
    var received = 0
    while let packet = try session.poll() {
        received += try packet.withAudio { format, samples in
            last = format
            return samples.count / MemoryLayout<Float>.size / Int(format.channels)
        }
    }
    print("out: \(last.rate) Hz, \(last.channels) channel, \(received) frames")
}

try run()
print("samples given back: \(givenBack) time")
