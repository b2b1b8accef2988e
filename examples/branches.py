"""One source, two branches, one join: how a graph that is no chain is written."""

from remotemedia import Pipeline
from remotemedia.nodes import Add, Merge, Multiply, PassThrough

p = Pipeline("branches")
numbers, doubled, shifted, merged = PassThrough(), Multiply(factor=2), Add(addend=100), Merge()
p.add(numbers >> [doubled, shifted] >> merged)

print(p.inspect())
print(sorted(p.run([1, 2, 3])))
