"""Landlock: no file, no port, no foreign process, where the kernel has it (landlock(7)).

A second fence behind seccomp, for the day when one of the two has a hole.
"""

from __future__ import annotations

import ctypes
import os
import struct

from ecluse.opening.lock.kernel import syscall

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # The same on every machine.
_ASK_VERSION = 1
# What each version of the interface can deny: bits of handled_access_fs, handled_access_net and scoped.
_FILE_BITS = {1: 13, 2: 14, 3: 15, 4: 15}
_FILE_BITS_NOW = 16
_NET_SINCE, _NET_BITS = 4, 2
_SCOPED_SINCE, _SCOPED_BITS = 6, 2


def install() -> None:
    """Deny all that this kernel can deny, for good. Raises `OSError` on a kernel without Landlock."""
    version = syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)
    masks = [_mask(_FILE_BITS.get(version, _FILE_BITS_NOW))]
    if version >= _NET_SINCE:
        masks.append(_mask(_NET_BITS))
    if version >= _SCOPED_SINCE:
        masks.append(_mask(_SCOPED_BITS))
    attributes = struct.pack(f"={len(masks)}Q", *masks)
    ruleset = syscall(_CREATE_RULESET, ctypes.create_string_buffer(attributes, len(attributes)), len(attributes), 0)
    try:
        syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _mask(bits: int) -> int:
    return (1 << bits) - 1
