"""What libraries read from disk when they are first used, read before the room is locked."""

from __future__ import annotations

import codecs
import contextlib
import importlib
import pkgutil
from encodings.aliases import aliases

from PIL import Image

from ecluse.opening import detection, pdf

# Of the cipher of 7z; imported inside a function.
_LATE_MODULES = ("Cryptodome.Cipher._mode_cbc",)
# Packages that load parts of themselves, or of each other, for the document that wants them.
_LATE_PACKAGES = ("msoffcrypto", "cryptography.hazmat.backends", "cryptography.hazmat.primitives", "xml.dom")


def warm_up() -> None:
    """Nothing can be imported behind the lock: neither a module nor the table of a character set."""
    detection.warm_up()
    pdf.warm_up()
    for name in _LATE_MODULES:
        importlib.import_module(name)
    for name in _LATE_PACKAGES:
        _load_whole(name)
    Image.init()
    for name in sorted(set(aliases.values())):
        try:
            codecs.lookup(name)
        except LookupError:
            # Those of Windows alone.
            continue


def _load_whole(name: str) -> None:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        if not module.name.endswith("__main__"):
            # What is made for libraries that are not here cannot be loaded, nor be asked for.
            with contextlib.suppress(ImportError):
                importlib.import_module(module.name)
