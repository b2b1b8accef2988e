"""Writes times, durations and counts the way a reader expects them."""

_STEPS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"))
_ROUNDS_UP = 0.9995


def clock(at_s: float, decimals: int = 0) -> str:
    """A moment in a recording: ``0:04`` or ``1:02:03.5``."""
    ticks = round(at_s * 10**decimals)
    whole, fraction = divmod(ticks, 10**decimals)
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    text = f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"
    return f"{text}.{fraction:0{decimals}}" if decimals else text


def seconds(length_s: float) -> str:
    """A length of speech: ``2.8 s``, or a clock from a minute on."""
    return f"{length_s:.1f} s" if length_s < 60 else clock(length_s)


def duration(nanos: float) -> str:
    """A duration with the unit that keeps it short: ``850 ns``, ``12.4 µs``, ``1.03 s``."""
    for size, unit in _STEPS:
        if nanos >= size * _ROUNDS_UP:
            return f"{_three_digits(nanos / size)} {unit}"
    return f"{nanos:.0f} ns"


def count(number: int) -> str:
    """A whole number with its thousands apart: ``12,345``."""
    return f"{number:,}"


def _three_digits(value: float) -> str:
    decimals = 0 if value >= 100 * _ROUNDS_UP else 1 if value >= 10 * _ROUNDS_UP else 2
    return f"{value:.{decimals}f}"
