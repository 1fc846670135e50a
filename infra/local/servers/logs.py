"""The logs of a data directory: JSON lines of the functions and the launcher, text of the embedded servers."""

import json
import logging
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

KEEP_BYTES = 10_000_000


class JsonLines(logging.Formatter):
    """The same shape as the functions' own lines."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "logger": record.name,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def rotate(directory: Path) -> None:
    """Move the content of a large log to a file beside it, also while a process appends to it.

    Lines that are written in the same moment may be lost. On a full disk nothing is done.
    """
    for log in directory.glob("*.log"):
        if log.stat().st_size > KEEP_BYTES:
            copy = log.with_suffix(".log.new")
            try:
                shutil.copyfile(log, copy)
            except OSError:
                copy.unlink(missing_ok=True)
                continue
            copy.replace(log.with_suffix(".log.1"))
            os.truncate(log, 0)  # Processes that have it open continue at its new end.


def open_gateway_log(directory: Path) -> TextIO:
    """Open the file for the process's standard output while it serves, and send `logging` there too."""
    file = (directory / "gateway.log").open("a", buffering=1, encoding="utf-8")
    handler = logging.StreamHandler(file)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return file
