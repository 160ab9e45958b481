"""Which orders this node has begun, and what came of them: one small file each, so that none is carried out twice.

An empty file says "begun", one with an answer says "done, and perhaps not told yet"; it goes once the control plane
has the answer. Both survive a power cut.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from ecluse.adapters.folder.disk import DRAFT, disk_errors, make_folder, sync_folder, write_durably
from ecluse.domain.errors import Impossible
from ecluse.domain.order import OrderAnswer

_SAFE_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,63}")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(OrderAnswer).decode


class OrderLedger:
    """For the agent alone. Every method raises `Unavailable` when the disk fails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with disk_errors("orders"):
            make_folder(folder)

    def unfinished(self) -> tuple[str, ...]:
        """The ids of all that are begun, and of those whose answer may not have been heard."""
        with disk_errors("orders"):
            return tuple(sorted(path.name for path in self._folder.iterdir() if path.suffix != DRAFT))

    def has(self, order_id: str) -> bool:
        """Whether it was begun before."""
        return self._path(order_id).exists()

    def answer(self, order_id: str) -> OrderAnswer | None:
        """What came of it; None where that is not known. A damaged file knows nothing."""
        with disk_errors("orders"):
            try:
                return _decode(self._path(order_id).read_bytes())
            except (FileNotFoundError, msgspec.MsgspecError):
                return None

    def begin(self, order_id: str) -> None:
        """From now on it is known to be begun. Raises `Impossible` for an id that cannot name a file."""
        self._write(order_id, b"")

    def finish(self, order_id: str, answer: OrderAnswer) -> None:
        """What came of it."""
        self._write(order_id, _encode(answer))

    def forget(self, order_id: str) -> None:
        """The answer has been heard, or nothing was done."""
        with disk_errors("orders"):
            self._path(order_id).unlink(missing_ok=True)
            sync_folder(self._folder)

    def _write(self, order_id: str, octets: bytes) -> None:
        path = self._path(order_id)
        with disk_errors("orders"):
            write_durably(path, octets)

    def _path(self, order_id: str) -> Path:
        if not _SAFE_ID.fullmatch(order_id):
            raise Impossible(f"{order_id!r} is no order's id")
        return self._folder / order_id
