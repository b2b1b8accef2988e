"""Wrong uses of the public API. A type checker must reject each marked line, for the reason that the mark names."""

from remotemedia import Audio, Node, Packet, Pipeline, RemoteExecutorConfig, RustNode
from remotemedia.nodes import Filter, MultiplyNode, Resample, VoiceActivity

Resample()  # error: call-arg
Resample("16000")  # error: arg-type
Resample(16000, chanels=1)  # error: call-arg
Resample(16000, quality="best")  # error: arg-type
Resample(16000, 1, "high", "down")  # error: call-arg
Resample(16000, channels=1.5)  # error: arg-type
VoiceActivity(output="words")  # error: arg-type
Filter(one_of=3)  # error: arg-type
MultiplyNode(factor="2")  # error: arg-type
RustNode()  # error: call-arg
rate: str = Resample(16000).rate  # error: assignment
Resample(16000).bitrate  # error: attr-defined

pipeline = Pipeline("wrong")
Pipeline(3)  # error: arg-type
pipeline.ad(MultiplyNode())  # error: attr-defined
pipeline.add(MultiplyNode(), timeout="1")  # error: arg-type
pipeline.connect(MultiplyNode(), MultiplyNode(), capacity="4")  # error: arg-type
text: int = pipeline.serialize()  # error: assignment
pipeline.session().send()  # error: call-arg
pipeline.session().receive()  # error: attr-defined
with pipeline.session() as session:
    value: int = session.recv()  # error: assignment
    session.recv(timeout="1")  # error: arg-type

packet = Packet(1, 0.5)  # error: call-arg
packet = Packet(1, start="0")  # error: arg-type
packet.begin  # error: attr-defined
start: float = packet.start  # error: assignment
packet.start = 1.0  # error: misc
Audio([0.0], 16000)  # error: arg-type
RemoteExecutorConfig("gpu")  # error: call-arg


class Wrong(Node):
    is_streaming = "yes"  # error: assignment

    def process(self, data: int) -> int:
        return self.nmae + data  # error: attr-defined


async def waits() -> None:
    async with pipeline.session() as running:
        running.recv().value  # error: attr-defined
