"""How a fault of ours is told: by its class and its places in our code, never by its text, which may quote mail (15-8)."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

from structlog.typing import EventDict, WrappedLogger

import ecluse

MAX_FAULTS = 8  # A fault, what caused it, and those that a group holds.
MAX_PLACES = 20  # Of one fault; the innermost, which is the end of a long way down.
_OURS = Path(ecluse.__file__).parent


def describe_fault(problem: BaseException) -> str:
    """One line a fault: `ValueError at mta/queue.py:12 in serve, wire/tags.py:7 in read`; its causes below it."""
    return "\n".join(map(_line, _with_causes(problem)))


def tell_fault(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A processor of structlog's: what is given as `exc_info` becomes a text without content."""
    problem = _problem(event.pop("exc_info", None))
    if problem is not None:
        event["exception"] = describe_fault(problem)
    return event


class Faults(logging.Formatter):
    """For lines of the standard library's logging, whose messages quote the fault that comes with them."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        problem = _problem(record.exc_info)
        if problem is None:
            return super().format(record)
        told = logging.makeLogRecord(record.__dict__ | {"msg": describe_fault(problem), "args": None, "exc_info": None})
        told.exc_text = told.stack_info = None
        return super().format(told)


def _problem(given: object) -> BaseException | None:
    """The exception in whatever may be handed over as `exc_info`."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return _problem(given[1])
    return sys.exception() if given else None


def _with_causes(problem: BaseException) -> Iterator[BaseException]:
    waiting, known = [problem], set[int]()
    while waiting and len(known) < MAX_FAULTS:
        one = waiting.pop(0)
        if id(one) in known:
            continue
        known.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions[:MAX_FAULTS]
        cause = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        waiting += [cause] if cause else []


def _line(problem: BaseException) -> str:
    places = list(_places(problem))[-MAX_PLACES:]
    return f"{type(problem).__name__} at {', '.join(places)}" if places else type(problem).__name__


def _places(problem: BaseException) -> Iterator[str]:
    for frame, line in traceback.walk_tb(problem.__traceback__):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_OURS):
            yield f"{path.relative_to(_OURS)}:{line} in {frame.f_code.co_name}"
