"""The comparison table: what is measured, beside whom, and what is to be reached."""

from dataclasses import dataclass

OURS = "remotemedia"
NS, US, MS = 1, 1_000, 1_000_000
KB, MB = 1_000, 1_000_000


@dataclass(frozen=True)
class Probe:
    """One program that measures one case: the name of what runs it, and its arguments."""

    runner: str
    arguments: tuple


@dataclass(frozen=True)
class Row:
    """One line of the table. The first of `peers` is the one that the table shows.

    `limit` is the highest value that meets the target; `factor`, where set, is instead how many times better than each
    of `peers` ours has to be. A row without probes is not measurable, for the reason in `how`. `turns` is how often its
    probes run for each repetition: more often where a ratio near to its limit is to be told from noise.
    """

    case: str
    what: str
    target: str
    how: str
    probes: tuple = ()
    peers: tuple = ()
    limit: float | None = None
    factor: float | None = None
    turns: int = 1


NAMES = {
    "rust": "direct calls in Rust",
    "cpp": "ours, from C++",
    "go": "ours, from Go",
    "wrap_1k": "ours, 1 KB",
    "skopeo": "`skopeo copy`",
    "sha256sum_or_cat": "`sha256sum` or `cat`, the slower",
    "remotemedia_unmetered": "ours, metrics off",
    "remotemedia_pipeline": "ours, `from remotemedia import Node, Pipeline`",
    "gstreamer": "GStreamer `identity`",
    "tokio_channel": "tokio's bounded channel",
    "asyncio": "pure Python, asyncio tasks",
    "threads": "pure Python, thread per node",
    "pipecat_queued": "pipecat processor",
    "pipecat_direct": "pipecat processor, direct mode",
    "pipecat_process": "pipecat, one process per call",
    "pipecat_shared": "pipecat, further pipeline in one process",
    "earlier": "`remotemedia-client` 0.2.0",
    "python_call": "a bare call in a Python loop",
    "python": "the interpreter alone, no import",
}


def _rust(case):
    return Probe("rust", (case,))


def _ours(case):
    return Probe("ours", ("python/remotemedia_cases.py", case))


def _pure(case, who):
    return Probe("pure", ("peers/pure_python.py", case, who))


def _earlier(case):
    return Probe("earlier", ("peers/earlier_package.py", case))


def _pipecat(case, *mode):
    return Probe("pipecat", ("peers/pipecat_hop.py", case, *mode))


def _imports(case):
    def probe(runner, who, statement):
        return Probe(runner, ("peers/import_cost.py", case, who, statement))

    return (
        probe("ours", OURS, "import remotemedia"),
        probe("ours", "remotemedia_pipeline", "from remotemedia import Node, Pipeline"),
        probe("earlier", "earlier", "import remotemedia"),
        probe("pure", "python", "pass"),
    )


def _python_row(case, what, target, limit, how):
    probes = (_ours(case), _earlier(case), _pure(case, "asyncio"), _pure(case, "threads"))
    return Row(case, what, target, how, probes, ("earlier", "asyncio", "threads"), limit)


def _native_hop(case, size_text, size_bytes):
    return Row(
        case,
        f"one more native pass-through node, {size_text} packet",
        "under 0.1 µs, the same for both sizes",
        "Chains of 1 and 21 pass-through nodes take the same packet by turns; the difference of the medians, divided by "
        "20. Ours: `send` and `recv` on a session of the tokio driver. GStreamer: `gst_pad_push` into "
        "`identity` elements and a `fakesink` on the same thread, without queue or allocation.",
        (_rust(case), Probe("gstreamer", (case, str(size_bytes)))),
        ("gstreamer",),
        100 * NS,
    )


def _package(case, what, how):
    return Row(
        case,
        f"a package with a model of 1 GiB: {what}",
        "at least 70 % of the speed of `sha256sum` or plain `cat`, whichever is slower",
        f"{how} The model is noise; its file is in the page cache. Beside it, on the model's file: the slower of the two tools.",
        (_rust(case),),
        ("sha256sum_or_cat",),
        factor=0.7,
    )


ROWS = (
    _native_hop("native_hop_640", "640-byte", 640),
    _native_hop("native_hop_1m", "1 MB", 1 << 20),
    Row(
        "stage_hop",
        "across a stage boundary on the same host",
        "under 1 µs at p50 when pipelined",
        "Chains of 1 and 21 stages, divided by edges with a queue of 256, take streams of 5,000 packets of 640 bytes by "
        "turns, sent on one thread and received on another; the difference of the medians per packet, divided by 20. "
        "Beside it: the same with bare tokio tasks and `tokio::sync::mpsc` channels of 256.",
        (_rust("stage_hop"),),
        ("tokio_channel",),
        1 * US,
    ),
    Row(
        "python_hop",
        "one more Python node (plain function), by reference",
        "under 0.3 µs",
        "Chains of 1 and 11 nodes whose function returns its argument take a stream of 2,000 integers; the difference "
        "of the medians per node and item. pipecat: bursts of 500 audio frames of 640 bytes, observers off.",
        (
            _ours("python_hop"),
            _pure("python_hop", "asyncio"),
            _pure("python_hop", "threads"),
            _pipecat("python_hop", "queued"),
            _pipecat("python_hop", "direct"),
            _earlier("python_hop"),
            _pure("python_hop", "python_call"),
        ),
        ("asyncio", "threads", "pipecat_queued", "pipecat_direct", "earlier", "python_call"),
        300 * NS,
    ),
    _python_row(
        "round_trip_10",
        "round trip from Python through 10 native nodes, one at a time",
        "under 5 µs",
        5 * US,
        "`send` then `recv` of one number through five pairs of `MultiplyNode` and `AddNode`; the median of single round "
        "trips. Only ours runs these nodes natively; the peers run the same arithmetic in Python.",
    ),
    _python_row(
        "array_1mb_10",
        "1 MB float32 array through 10 nodes from Python",
        "under 30 µs",
        30 * US,
        "`send` then `recv` of one NumPy array of 1 MiB through ten pass-through nodes; the median of single round trips. "
        "The earlier package's published part has only its Python executor, which hands the array on by reference. "
        "The 20 ms from which the target was set are not measured here: they are a note taken on its Rust runtime, which "
        "is not published, so that nobody can repeat it.",
    ),
    _python_row(
        "run_3",
        "`run([1, 2, 3])` of 3 nodes, everything included",
        "under 5 ms",
        5 * MS,
        "Building the pipeline of `MultiplyNode`, `AddNode` and `MultiplyNode`, running it and tearing it down, in a "
        "process that has imported everything.",
    ),
    Row(
        "import_time",
        "`import remotemedia`: time",
        "under 60 ms",
        "One import in a fresh process whose files are in the page cache. The package loads its modules when their names "
        "are asked for, so the import of the two names that most programs need stands beside it.",
        _imports("import_time"),
        ("earlier", "remotemedia_pipeline", "python"),
        60 * MS,
    ),
    Row(
        "import_rss",
        "`import remotemedia`: resident memory of the process",
        "under 30 MB",
        "`VmRSS` of a fresh process after the import, the interpreter's own memory included.",
        _imports("import_rss"),
        ("earlier", "remotemedia_pipeline", "python"),
        30 * MB,
    ),
    Row(
        "interrupt",
        "interrupt through 10 nodes with full queues",
        "under 1 ms",
        "Ten nodes, each a stage of its own behind a full queue of 64, and nobody who takes outputs; from the "
        "call of `interrupt` to the arrival of the first packet that was sent after it.",
        (_rust("interrupt"),),
        (),
        1 * MS,
    ),
    Row(
        "idle_session",
        "idle sessions: memory of one of 10,000 in one process",
        "under 20 KB each",
        "Resident memory before and after 10,000 sessions of three nodes were started, each having passed one packet, "
        "divided by 10,000. pipecat: an idle pipeline of three processors; one process per call is what its documentation "
        "advises, not something measured here.",
        (_rust("idle_session"), _pipecat("idle_session")),
        ("pipecat_process", "pipecat_shared"),
        20 * KB,
    ),
    Row(
        "flat_memory",
        "memory growth while a consumer stalls and the producer goes on",
        "flat: under 1 MB",
        "1 KiB packets are offered at full speed, under each queue policy, to a session whose outputs "
        "nobody takes; growth of resident memory from 0.25 s to 1 s, the highest of the four policies.",
        (_rust("flat_memory"),),
        (),
        1 * MB,
    ),
    Row(
        "math_chain",
        "`MultiplyNode`/`AddNode` chain of 10 from Python, per item of a stream",
        "at least 2x faster than both pure-Python executors",
        "1,000 numbers as one stream through five pairs of `MultiplyNode` and `AddNode`, start and teardown included, "
        "divided by 1,000.",
        (
            _ours("math_chain"),
            _pure("math_chain", "asyncio"),
            _pure("math_chain", "threads"),
            _earlier("math_chain"),
        ),
        ("asyncio", "threads", "earlier"),
        factor=2.0,
    ),
    Row(
        "host_call",
        "C ABI: push + poll",
        "under 1.2x of the direct Rust calls",
        "A number that exists already is pushed through one `PassThrough` node and its result polled and released, one at a "
        "time. Rust: `Session::send` and `Session::recv` on the same pipeline. C, C++ and Go link the shared library that "
        "`make install` installs; Go waits on a channel rather than inside of C, and pays for that. 105 turns.",
        (
            _rust("host_call"),
            Probe("c", ("host_call", OURS)),
            Probe("cpp", ("host_call",)),
            Probe("go", ("host_call",)),
        ),
        ("rust",),
        factor=1 / 1.2,
        turns=21,
    ),
    Row(
        "wrap",
        "C ABI: wrapping 1 MB of the host's memory as a packet",
        "as much as wrapping 1 KB, within 1.2x",
        "`rm_packet_wrap_bytes` and `rm_packet_release` by turns. Nothing is copied, whatever the size. 105 turns.",
        (Probe("c", ("wrap_1k", "wrap_1k")), Probe("c", ("wrap_1m", OURS))),
        ("wrap_1k",),
        factor=1 / 1.2,
        turns=21,
    ),
    _package(
        "package_pack",
        "pack",
        "From the manifest to the signed file: the model is hashed, then copied and hashed again, and the file is synced.",
    ),
    _package(
        "package_verify",
        "verify",
        "The file is opened, its signature verified, and every byte compared with its digest.",
    ),
    _package(
        "package_load",
        "load",
        "The package is in the cache already, as in every run but the first; it is verified again from the cache.",
    ),
    Row(
        "package_memory",
        "a package with a model of 1 GiB: memory",
        "under 100 MB",
        "The most memory of a process that packs, verifies, and loads twice.",
        (_rust("package_memory"),),
        (),
        100 * MB,
    ),
    Row(
        "package_pull",
        "a package with a model of 256 MiB: pull",
        "not slower than `skopeo copy`",
        "Both by turns from Debian's `docker-registry` on this machine, into an empty cache and an empty OCI layout; the median "
        "of five. Ours verifies the signature too, and ends with a package that may run; skopeo compares digests.",
        (_rust("package_pull"),),
        ("skopeo",),
        factor=1,
    ),
)
