"""A disk that fails on order: the system call itself raises, everything above it is real."""

from __future__ import annotations

import errno
import os


def fail(monkeypatch, call: str, number: int = errno.ENOSPC) -> list[int]:
    """Let `os.<call>` fail while the list that is returned holds anything: one entry per failure to come."""
    real, failures = getattr(os, call), []

    def failing(*args, **kwargs):
        if failures:
            failures.pop()
            raise OSError(number, os.strerror(number))
        return real(*args, **kwargs)

    monkeypatch.setattr(os, call, failing)
    return failures
