"""A node of one's own beside native ones, and what its error looks like to the caller."""

from remotemedia import Node, NodeError, Pipeline
from remotemedia.nodes import Multiply


class Label(Node):
    """Writes each number as text; refuses negative ones."""

    def process(self, number):
        if number < 0:
            raise ValueError(f"{number} is negative")
        return f"value {number}"


p = Pipeline("custom_node")
p.add(Multiply(factor=10))
p.add(Label())

print(p.run([1, 2, 3]))
try:
    p.run([1, -2, 3])
except NodeError as error:
    print(error)
