"""How we log: one JSON object a line on standard error; what happens to messages stands in the journal."""

from __future__ import annotations

import logging
import sys

import structlog

from ecluse.entrypoints.faults import Faults, tell_fault


def configure(level: str) -> None:
    """`level` is a name of the standard library's: "debug", "info", "warning", "error"."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            tell_fault,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        # A line is one write: those of several processes never run into each other, buffered or not.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        # Lines are rare, and a command that configures again must be obeyed.
        cache_logger_on_first_use=False,
    )
    # What libraries say, asyncio above all.
    foreign = logging.StreamHandler(sys.stderr)
    foreign.setFormatter(Faults("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=threshold, handlers=[foreign], force=True)
