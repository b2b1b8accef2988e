"""Probe: what one more pass-through `FrameProcessor` of pipecat costs, and what an idle pipeline of it weighs.

Two modes: `queued`, the default of every processor, and `direct`, which leaves out the processor's queues.
Turn tracking, idle watching and other observers are off, so the figures favour pipecat.
"""

import asyncio
import statistics
import sys
import time

from loguru import logger
from probe import report, resident_bytes

logger.remove()

from pipecat.frames.frames import OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.workers.runner import WorkerRunner

FRAMES = 500
ROUNDS = 3
BRIEF, LENGTHY = 1, 11
IDLE_PIPELINES = 20


class PassThrough(FrameProcessor):
    """Hands every frame on."""

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)


class Counter(FrameProcessor):
    """Says when it has seen all the audio frames it waits for."""

    def __init__(self):
        super().__init__(enable_direct_mode=True)
        self.expect(0)

    def expect(self, frames):
        """Wait anew, for `frames` frames."""
        self._left, self.all_seen = frames, asyncio.Event()

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        if isinstance(frame, OutputAudioRawFrame):
            self._left -= 1
            if self._left == 0:
                self.all_seen.set()
        await self.push_frame(frame, direction)


def _worker(length, direct):
    counter = Counter()
    nodes = [PassThrough(enable_direct_mode=direct) for _ in range(length)]
    worker = PipelineWorker(
        Pipeline([*nodes, counter]),
        cancel_on_idle_timeout=False,
        idle_timeout_secs=None,
        enable_turn_tracking=False,
        enable_rtvi=False,
    )
    return worker, nodes[0], counter


def _start_event(worker):
    started = asyncio.Event()

    @worker.event_handler("on_pipeline_started")
    async def _(_worker, _frame):
        started.set()

    return started


async def _start(runner, workers):
    """Add `workers` to `runner` and wait until all have started."""
    events = [_start_event(worker) for worker in workers]
    await runner.add_workers(*workers)
    for event in events:
        await event.wait()


async def _burst_ns(first, counter):
    frame = OutputAudioRawFrame(audio=bytes(640), sample_rate=16000, num_channels=1)
    counter.expect(FRAMES)
    begin = time.perf_counter_ns()
    for _ in range(FRAMES):
        await first.queue_frame(frame)
    await counter.all_seen.wait()
    return time.perf_counter_ns() - begin


async def python_hop(mode):
    """One more pass-through processor, frames sent in bursts."""
    chains = [_worker(length, mode == "direct") for length in (BRIEF, LENGTHY)]
    runner = WorkerRunner(handle_sigint=False)
    running = asyncio.create_task(runner.run(auto_end=False))
    await _start(runner, [worker for worker, _, _ in chains])
    times = [[await _burst_ns(first, counter) for _, first, counter in chains] for _ in range(ROUNDS + 1)]
    await runner.cancel()
    await running
    brief, lengthy = (statistics.median(side) for side in zip(*times[1:]))
    hops = FRAMES * (LENGTHY - BRIEF)
    report("python_hop", f"pipecat_{mode}", (lengthy - brief) / hops, "ns", hops)


async def idle_session():
    """Memory of one more idle pipeline of three processors: as a process, and within one process."""
    runner = WorkerRunner(handle_sigint=False)
    first, *others = [_worker(3, False)[0] for _ in range(1 + IDLE_PIPELINES)]
    running = asyncio.create_task(runner.run(auto_end=False))
    await _start(runner, [first])
    alone = resident_bytes()
    await _start(runner, others)
    together = resident_bytes()
    report("idle_session", "pipecat_process", alone, "B", 1)
    report("idle_session", "pipecat_shared", (together - alone) / IDLE_PIPELINES, "B", IDLE_PIPELINES)
    await runner.cancel()
    await running


if __name__ == "__main__":
    name, *mode = sys.argv[1:]
    asyncio.run({"python_hop": python_hop, "idle_session": idle_session}[name](*mode))
