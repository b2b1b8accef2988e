"""The node of the cold start with Python."""


class Host:
    """Gives every item on."""

    def process(self, item):
        """The item."""
        return item
