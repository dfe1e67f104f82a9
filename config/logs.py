"""Log lines in UTC that carry what happened, and never a value from a row or a form."""

import logging
import time
import traceback
from typing import Any


class LineFormatter(logging.Formatter):
    """An exception's message may quote a row ("Key (email)=(…)"), so in production only its type and places
    are written.
    """

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self, *, show_messages: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self.show_messages = show_messages

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        if self.show_messages:
            return super().formatException(ei)
        kind, _, trace = ei
        places = [
            f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(trace)
        ]
        return "\n".join([*places, f"  {kind.__name__ if kind else 'exception'}"])
