"""What crosses from the caller to a node, from node to node, and back."""

LOG = []


class Same:
    def process(self, item):
        return item


class Sees:
    def process(self, item):
        return [type(item).__name__, repr(item)]


class Remembers:
    def process(self, item):
        LOG.append(item)
        return item


class Recognises:
    def process(self, item):
        return item is LOG[-1]


class Gives:
    def __init__(self, code):
        self.code = code

    def process(self, item):
        return eval(self.code)


class Mutates:
    def process(self, item):
        item.append("mine")
        return item


class Array:
    def process(self, item):
        return [type(item).__name__, str(item.dtype), list(item.shape), item.tolist()]


class Doubles:
    def process(self, item):
        return item * 2


class Made:
    def process(self, item):
        import dataclasses

        made = dataclasses.make_dataclass("Point", ["x", "y"])(item, -item)
        LOG.append(made)
        return made
