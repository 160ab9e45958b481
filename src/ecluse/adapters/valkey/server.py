"""The counter server: how it is reached, and what its failures become."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from valkey.asyncio import Valkey
from valkey.asyncio.retry import Retry
from valkey.backoff import NoBackoff
from valkey.exceptions import ValkeyError

from ecluse.domain.errors import Unavailable

PREFIX = "ecluse:"  # Of all keys of ours: the server may serve others, too.


@dataclass(frozen=True, slots=True)
class CounterServer:
    """Where it is; every process connects by itself, after the fork."""

    url: str
    password_file: Path | None = None

    def connect(self, timeout_s: float) -> Valkey:
        """A client that connects when first used and never tries anything twice. Raises `Unavailable`."""
        with failures():
            client: Valkey = Valkey.from_url(
                self.url,
                password=self._password(),
                socket_timeout=timeout_s,
                socket_connect_timeout=timeout_s,
                # A command that was lost on its way may have been carried out: counted twice is counted wrong.
                retry=Retry(NoBackoff(), 0),
            )
        return client

    def _password(self) -> str | None:
        return self.password_file.read_text("utf-8").strip() if self.password_file else None


def go_on() -> bool:
    """True, until this task was cancelled: `asyncio.wait_for`, by which the driver sends, loses a cancellation at times."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
    return True


@contextmanager
def failures() -> Iterator[None]:
    """Turn the driver's errors into `Unavailable`; their texts may quote values, their class must do."""
    try:
        yield
    except (ValkeyError, OSError, ValueError) as problem:
        raise Unavailable(f"the counter server: {type(problem).__name__}") from problem
