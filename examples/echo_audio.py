"""A block of audio, taken where it lies, through native audio nodes."""

import weakref

import numpy as np

from remotemedia import Audio, Pipeline
from remotemedia.nodes import Resample

RATE, CHANNELS, FRAMES = 48_000, 2, 4_800
given_back = []


def square_wave():
    """A tenth of a second of a square wave of 100 Hz, a row for each channel."""
    wave = np.where(np.arange(FRAMES) % 480 < 240, 0.5, -0.5).astype(np.float32)
    samples = np.stack([wave] * CHANNELS)
    weakref.finalize(samples, given_back.append, samples.shape)  # called when no packet needs the samples any more
    return Audio(samples, RATE)


p = Pipeline("echo_audio")
p.add(Resample(16_000, channels=1))

print(f"in: {RATE} Hz, {CHANNELS} channels, {FRAMES} frames")
with p.session() as session:
    session.send(square_wave())
    session.finish()
    blocks = [packet.value for packet in session]

samples, rate = blocks[-1]
print(f"out: {rate} Hz, {samples.ndim} channel, {sum(len(samples) for samples, _ in blocks)} frames")
print(f"samples given back: {len(given_back)} time")
