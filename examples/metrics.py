"""What every node counted: items, errors, and how long its calls took."""

from remotemedia import Node, Pipeline
from remotemedia.nodes import Multiply


class Square(Node):
    """Squares each number."""

    def process(self, number):
        return number * number


p = Pipeline("metrics")
p.add(Multiply(factor=2))
p.add(Square())

with p.session() as session:
    for number in range(1000):
        session.send(number)
        session.recv(timeout=5.0)
    session.finish()
    list(session)
    metrics = session.metrics()

for node in metrics["nodes"]:
    latency = node["latency"]
    print(f"{node['id']}: {node['items_in']} in, {node['items_out']} out, {node['errors']} errors")
    assert latency["count"] > 0 and latency["p50_ns"] <= latency["p99_ns"] <= latency["max_ns"]
