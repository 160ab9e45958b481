"""Models in a folder: `common.layer`, and for each client that has taught anything `clients/NAME.layer`."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import structlog

from ecluse.adapters.models.layer_file import LayerFile, read_layer
from ecluse.domain.errors import EcluseError
from ecluse.ports.models import Model

LOOK_EVERY_S = 1.0
MAX_OPEN = 4_096  # Mapped layers; beyond it those that were not used for longest are let go.

_log = structlog.get_logger()


@dataclass(slots=True)
class _Seen:
    """A file as it was when last looked at."""

    looked_at: float
    stamp: tuple[int, int, int]  # Inode, time, size: another file has another one.
    layer: LayerFile | None


_ABSENT = (0, 0, 0)


class FolderModels:
    """The port `Models`: a file that was replaced is seen within `LOOK_EVERY_S`; one that is damaged counts as absent."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: dict[Path, _Seen] = {}

    def find(self, client: str) -> Model | None:
        """See `Models.find`."""
        common = self.common()
        own = self.own(client) if client else None
        present = tuple(layer for layer in (common, own) if layer is not None)
        if not present:
            return None
        version = "+".join(layer.header.version for layer in present)
        return Model(version, present, own.header.learned if own is not None else 0)

    def common(self) -> LayerFile | None:
        """What all clients share; None where there is none that can be used."""
        return self._layer(self._root / "common.layer")

    def own(self, client: str) -> LayerFile | None:
        """What this client has taught; None where there is none that can be used."""
        return self._layer(client_layer(self._root, client))

    def _layer(self, path: Path) -> LayerFile | None:
        now = time.monotonic()
        seen = self._seen.pop(path, None)
        if seen is None or now - seen.looked_at >= LOOK_EVERY_S:
            seen = self._look(path, seen, now)
        # The dictionary is in order of use: the first is the one that was not asked for longest.
        self._seen[path] = seen
        if len(self._seen) > MAX_OPEN:
            del self._seen[next(iter(self._seen))]
        return seen.layer

    def _look(self, path: Path, before: _Seen | None, now: float) -> _Seen:
        stamp = _stamp(path)
        if before is not None and before.stamp == stamp:
            before.looked_at = now
            return before
        if stamp == _ABSENT:
            return _Seen(now, stamp, None)
        try:
            return _Seen(now, stamp, read_layer(path))
        except EcluseError as problem:
            _log.warning("a model cannot be used", problem=str(problem))
            return _Seen(now, stamp, before.layer if before else None)


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        state = path.stat()
    except OSError:
        return _ABSENT
    return state.st_ino, state.st_mtime_ns, state.st_size


def client_layer(root: Path, client: str) -> Path:
    """Where a client's layer is kept: its name may hold what no file name can."""
    return root / "clients" / f"{client_folder_name(client)}.layer"


def client_snapshot(root: Path, client: str) -> Path:
    """Where that from which a client's layer is made is kept (`snapshot_file.py`)."""
    return root / "snapshots" / f"{client_folder_name(client)}.npz"


def client_folder_name(client: str) -> str:
    """A name for files of this client."""
    return hashlib.sha256(client.encode("utf-8", "surrogatepass")).hexdigest()[:32]
