"""A node that is written with the package."""

from remotemedia import Node


class Tally(Node):
    """Counts in the state of its session."""

    def process(self, item):
        state = self.get_session_state()
        state.set("count", state.get("count", self.config.get("begin", 0)) + 1)
        return [self.name, state.get("count")]
