// A block of audio, wrapped where it lies, through native audio nodes.
#include <iostream>
#include <memory>
#include <vector>

#include <remotemedia.hpp>

using remotemedia::AudioFormat;
using remotemedia::Packet;
using remotemedia::SampleFormat;

constexpr auto manifest = R"({
    "version": "v1", "metadata": {"name": "echo_audio"}, "connections": [],
    "nodes": [{"id": "resample", "node_type": "Resample", "params": {"rate": 16000, "channels": 1}}]
})";

constexpr std::uint32_t rate = 48000, channels = 2;
constexpr std::size_t frames = 4800;

/// A tenth of a second of a square wave of 100 Hz.
static std::vector<float> square_wave() {
    std::vector<float> samples(frames * channels);
    for (std::size_t index = 0; index < samples.size(); index++) {
        samples[index] = (index / channels) % 480 < 240 ? 0.5F : -0.5F;
    }
    return samples;
}

int main() {
    // A program that does not want to know when they are given back moves its vector into the packet.
    const auto samples = std::make_shared<const std::vector<float>>(square_wave());
    {
        const remotemedia::Runtime runtime;
        const auto session = runtime.open_pipeline(manifest).open_session();

        std::cout << "in: " << rate << " Hz, " << channels << " channels, " << frames << " frames\n";
        session.push(Packet::wrap_audio(samples, {rate, channels, SampleFormat::f32}));
        session.close();

        AudioFormat format;
        std::size_t received = 0;
        for (const Packet &packet : session.packets()) {
            const auto audio = packet.as_audio();
            format = audio.format;
            received += audio.samples<float>().size() / format.channels;
        }
        std::cout << "out: " << format.rate << " Hz, " << format.channels << " channel, " << received << " frames\n";
    }
    std::cout << "samples given back: " << (samples.use_count() == 1 ? 1 : 0) << " time\n";
}
