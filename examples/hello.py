"""One value through a native pipeline."""

from remotemedia import Pipeline
from remotemedia.nodes import Multiply

p = Pipeline("hello")
p.add(Multiply(factor=2))

print(f"21 went in, {p.run(21)} came out")
