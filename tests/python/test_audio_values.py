"""Audio is the tuple ``(samples, sample_rate)`` with names, over the samples' own memory."""

import copy
import pickle

import numpy as np
import pytest

from remotemedia import Audio, Node, NodeError, Packet, Pipeline
from remotemedia.nodes import ChannelMix, Gain, RustNode


def address(array):
    return array.__array_interface__["data"][0]


def stereo(frames=8):
    """Two channels, one after the other in memory."""
    return np.arange(2 * frames, dtype=np.float32).reshape(2, frames)


def test_audio_is_a_tuple_with_names():
    samples = np.zeros(16000, np.float32)
    audio = Audio(samples, 16000, start=2.0)
    assert isinstance(audio, tuple)
    heard, rate = audio
    assert heard is samples and rate == 16000
    assert audio.samples is samples and audio.sample_rate == 16000
    assert (audio.channels, audio.frames, audio.duration) == (1, 16000, 1.0)
    assert (audio.start, audio.end) == (2.0, 3.0)
    assert repr(audio) == "Audio(16000 frames, 1 channels, 16000 Hz, start=2.000)"


def test_audio_without_a_start_has_no_end():
    audio = Audio(stereo(), 8000)
    assert (audio.start, audio.end, audio.channels) == (None, None, 2)


def test_audio_is_copied_and_pickled_with_its_start():
    audio = Audio(np.ones(4), 8000, start=1.0)
    for again in (copy.copy(audio), pickle.loads(pickle.dumps(audio))):
        assert type(again) is Audio and again.start == 1.0
        np.testing.assert_array_equal(again.samples, audio.samples)


def test_a_plain_tuple_comes_back_untouched():
    pair = (stereo(), 8000)
    assert Pipeline("audio").add(RustNode("PassThrough")).run(pair) is pair


def test_a_native_node_gives_audio_of_the_same_shape():
    result = Pipeline("audio").add(Gain(factor=2.0)).run((stereo(), 8000))
    assert type(result) is Audio
    assert result.sample_rate == 8000
    np.testing.assert_array_equal(result.samples, stereo() * 2)


def test_one_channel_has_one_dimension():
    samples = np.ones(8, np.float32)
    for given in (samples, samples.reshape(1, -1)):
        assert Pipeline("audio").add(Gain(factor=2.0)).run((given, 8000)).samples.shape == (8,)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_every_sample_format_reaches_native_nodes(dtype):
    samples = np.zeros(80, dtype) + (128 if dtype is np.uint8 else 0)
    result = Pipeline("audio").add(Gain(factor=1.0)).run((samples, 8000))
    assert result.samples.dtype == dtype
    np.testing.assert_array_equal(result.samples, samples)


def test_interleaved_samples_are_a_view_of_columns():
    class Keep(Node):
        def process(self, audio):
            self.audio = audio

    keep = Keep()
    Pipeline("audio").add(ChannelMix(channels=2)).add(keep).run((np.ones(4, np.float32), 8000))
    assert keep.audio.samples.shape == (2, 4)
    assert keep.audio.samples.strides == (4, 8)


def test_interleaved_samples_go_back_without_a_copy():
    class Hear(Node):
        def process(self, audio):
            samples, rate = audio
            self.address = address(samples)
            return samples, rate

    first, last = Hear(name="first"), Hear(name="last")
    pipeline = Pipeline("audio").add(ChannelMix(channels=2)).add(first).add(RustNode("PassThrough")).add(last)
    pipeline.run((np.ones(4, np.float32), 8000))
    assert first.address == last.address


def test_metadata_behind_audio_becomes_the_packets():
    samples = np.ones(4, np.float32)
    (packet,) = Pipeline("audio").add(Gain(factor=1.0)).stream([(samples, 8000, {"speaker": "ann"})])
    assert packet.metadata == {"speaker": "ann"}
    assert packet.value.sample_rate == 8000


def test_a_packets_start_is_the_start_of_its_audio():
    samples = np.zeros(800, np.float32)
    (packet,) = Pipeline("audio").add(Gain(factor=1.0)).stream([Packet((samples, 8000), start=3.0, duration=0.1)])
    assert (packet.start, packet.value.start, packet.duration) == (3.0, 3.0, 0.1)


def test_a_node_that_gives_audio_with_a_start_sets_the_packets():
    class Later(Node):
        def process(self, audio):
            return Audio(audio.samples, audio.sample_rate, start=audio.start + 1.0)

    inputs = [Packet(Audio(np.zeros(8, np.float32), 8000), start=1.0)]
    (packet,) = Pipeline("audio").add(Gain(factor=1.0)).add(Later()).stream(inputs)
    assert packet.start == 2.0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((np.zeros((3, 2, 2)), 8000), "audio samples of shape"),
        ((np.zeros((500, 2), np.float32), 8000), "1 to 256 channels"),
        ((np.zeros(4, np.int64), 8000), "audio samples of I64"),
        ((np.zeros(4, np.float32), 0), "rate of 0 Hz"),
        ((np.zeros(4, np.float32), -1), "sample rate -1"),
        ((np.array(["a"]), 8000), "expected numbers"),
    ],
)
def test_what_is_no_audio_is_an_error_that_says_why(value, message):
    with pytest.raises(NodeError, match=message):
        Pipeline("audio").add(Gain(factor=1.0)).run([value])
