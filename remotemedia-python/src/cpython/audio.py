"""What audio looks like in Python: the tuple ``(samples, sample_rate)`` with names."""


class Audio(tuple):
    """A block of audio: the tuple ``(samples, sample_rate)``, which also knows when it begins.

    ``samples`` is a NumPy array: one dimension for one channel, ``(channels, frames)`` for more. It is read-only while
    others hold the same bytes. ``start`` is in seconds on the stream's own clock, ``None`` where it is not known.
    """

    __module__ = "remotemedia"

    def __new__(cls, samples, sample_rate, start=None):
        self = tuple.__new__(cls, (samples, sample_rate))
        self.start = start
        return self

    @property
    def samples(self):
        """The samples, a NumPy array."""
        return self[0]

    @property
    def sample_rate(self):
        """Frames per second."""
        return self[1]

    @property
    def channels(self):
        """The number of channels."""
        return 1 if self[0].ndim == 1 else self[0].shape[0]

    @property
    def frames(self):
        """The number of samples per channel."""
        return self[0].shape[-1]

    @property
    def duration(self):
        """How long the block plays, in seconds."""
        return self.frames / self[1]

    @property
    def end(self):
        """When the block ends, in seconds, or ``None`` where its start is not known."""
        return None if self.start is None else self.start + self.duration

    def __getnewargs__(self):
        return (self[0], self[1], self.start)

    def __repr__(self):
        begins = "" if self.start is None else f", start={self.start:.3f}"
        return f"Audio({self.frames} frames, {self.channels} channels, {self[1]} Hz{begins})"
