"""The two doors to the kernel that the standard library does not have: prctl(2) and syscall(2)."""

from __future__ import annotations

import ctypes
import os
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38


def prctl(option: int, first: int = 0, second: Any = 0) -> None:
    """Raises `OSError`."""
    second = ctypes.c_ulong(second) if isinstance(second, int) else second
    _checked(_LIBC.prctl(option, ctypes.c_ulong(first), second, ctypes.c_ulong(0), ctypes.c_ulong(0)))


def syscall(number: int, *arguments: Any) -> int:
    """What the call returns. Raises `OSError`."""
    values = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return _checked(_LIBC.syscall(ctypes.c_long(number), *values))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
