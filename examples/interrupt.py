"""An interrupt discards what is under way; what is uninterruptible survives, and the session goes on."""

from remotemedia import Packet, Pipeline
from remotemedia.nodes import PassThrough

p = Pipeline("interrupt")
p.add(PassThrough())

with p.session() as session:
    for number in range(1, 11):
        session.send(Packet(number, uninterruptible=number == 7))
    print("1 to 10 are under way, 7 is uninterruptible")
    session.interrupt()
    print("interrupt")
    session.send(11)
    session.finish()
    for packet in session:
        print(f"{packet.value} came out")
