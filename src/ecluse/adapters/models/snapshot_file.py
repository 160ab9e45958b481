"""What a client's layer was when it had learned so much, as a file: lost or damaged, it is made again from the log of acts.

The arrays of numpy's own format, and which lessons are in them. It is not synced: after a crash it is whole, old, or void.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ecluse.adapters.folder.disk import disk_errors, make_folder
from ecluse.domain.act import TOKENS_VERSION

Arrays: TypeAlias = Mapping[str, NDArray[np.generic]]


def write_snapshot(path: Path, beneath: str, learned: tuple[int, ...], arrays: Arrays) -> None:
    """Put it in the place of the one before; `beneath` names the layer below: over another one acts teach something else.

    Raises `Unavailable`, and `NoRoom` when the disk is full.
    """
    everything: dict[str, Any] = {"learned": np.array(learned, np.int64), "beneath": _octets(beneath), **arrays}
    scratch = path.with_suffix(".tmp")
    with disk_errors(str(path)):
        make_folder(path.parent)
        with scratch.open("wb") as file:
            np.savez(file, **everything)
        scratch.replace(path)


def read_snapshot(path: Path, beneath: str) -> tuple[tuple[int, ...], Arrays] | None:
    """The numbers of the lessons and the arrays; None where there is none over this layer that is whole."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if not np.array_equal(file["beneath"], _octets(beneath)):
                return None
            arrays = {name: file[name] for name in file.files if name not in {"learned", "beneath"}}
            return tuple(file["learned"].tolist()), arrays
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def _octets(beneath: str) -> NDArray[np.uint8]:
    """With the version of what tokens mean: of other ones nothing can be gone on from."""
    return np.frombuffer(f"{TOKENS_VERSION} {beneath}".encode(), np.uint8)
