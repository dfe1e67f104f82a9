"""Log lines in UTC that carry what happened, and never a value from a row or a form."""

import logging
import time
import traceback


class LineFormatter(logging.Formatter):
    """An exception's message may quote a row ("Key (email)=(…)"): of a trace only places and types are written."""

    converter = time.gmtime
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatException(self, ei: object) -> str:  # noqa: N802 - the name is logging's
        kind, _, trace = ei  # type: ignore[misc]
        places = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(trace)]
        return "\n".join([*places, f"  {kind.__name__ if kind else 'exception'}"])
