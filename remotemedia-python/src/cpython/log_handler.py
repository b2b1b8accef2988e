"""The handler that hands Python's log records to the runtime's log."""

import logging


class RuntimeHandler(logging.Handler):
    """Gives each record's level, logger and text to ``forward``."""

    def __init__(self, forward):
        super().__init__()
        self._forward = forward

    def emit(self, record):
        try:
            self._forward(min(record.levelno, 50), record.name, self.format(record))
        except Exception:
            self.handleError(record)
