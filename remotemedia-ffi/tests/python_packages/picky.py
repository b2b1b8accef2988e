"""A pipeline that cannot be made where it is opened."""

import sys

from remotemedia import Node, Pipeline


class Picky(Node):
    """Wants an interpreter that looks at its environment."""

    def __init__(self, **config):
        super().__init__(**config)
        if sys.flags.isolated:
            raise RuntimeError("there is nothing around")

    def process(self, item):
        return item


p = Pipeline("picky").add(Picky())
