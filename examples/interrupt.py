"""Barge-in: what is under way is discarded at once, and the session goes on."""

from remotemedia import Node, Pipeline


class Speak(Node):
    """Says every word of a sentence as an item of its own."""

    def process(self, sentence):
        yield from sentence.split()


p = Pipeline("interrupt")
p.add(Speak())

with p.session() as session:
    session.send("this is a long answer that nobody wants to hear to its end")
    print("heard:", session.recv(timeout=5.0).value)
    session.interrupt()
    session.send("short answer")
    session.finish()
    print("after the interrupt:", " ".join(packet.value for packet in session))
