"""The shortest pipeline: numbers in, numbers out, through two native nodes."""

from remotemedia import Pipeline
from remotemedia.nodes import Add, Multiply

p = Pipeline("hello")
p.add(Multiply(factor=2))
p.add(Add(addend=1))

print(p.run([1, 2, 3]))
