"""What libraries read from disk when they are first used, read before the room is locked."""

from __future__ import annotations

import codecs
import importlib
from encodings.aliases import aliases

from ecluse.opening import detection, pdf

# Of the cipher of 7z; imported inside a function.
_LATE_MODULES = ("Cryptodome.Cipher._mode_cbc",)


def warm_up() -> None:
    """Nothing can be imported behind the lock: neither a module nor the table of a character set."""
    detection.warm_up()
    pdf.warm_up()
    for name in _LATE_MODULES:
        importlib.import_module(name)
    for name in sorted(set(aliases.values())):
        try:
            codecs.lookup(name)
        except LookupError:
            # Those of Windows alone.
            continue
