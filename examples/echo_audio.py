"""Live audio through a session: packets go in one at a time, and come out louder, before the next is sent."""

import numpy as np

from remotemedia import Pipeline
from remotemedia.nodes import Gain

p = Pipeline("echo_audio")
p.add(Gain(factor=2.0))

tone = np.sin(np.arange(160, dtype=np.float32) * 2 * np.pi * 440 / 16_000) * 0.25

with p.session() as session:
    for index in range(3):
        session.send((tone, 16_000))
        samples, rate = session.recv(timeout=5.0).value
        print(f"packet {index}: {len(samples)} samples at {rate} Hz, peak {samples.max():.2f}")
    session.finish()
