"""MTA-STS policies in a folder, one file for each domain."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from ecluse.adapters.folder.disk import disk_errors, make_folder, write_durably
from ecluse.ports.sts import KeptPolicy

KEPT_S = 32_000_000.0  # No policy holds longer than a year (RFC 8461 section 3.2).

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(KeptPolicy).decode


class FolderStsPolicies:
    """See `ecluse.ports.sts.StsStore`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        make_folder(folder)
        self._purge()

    def find(self, domain: str) -> KeptPolicy | None:
        """See `StsStore.find`."""
        with suppress(OSError, msgspec.MsgspecError):
            kept = _decode(self._path(domain).read_bytes())
            return kept if kept.domain == domain else None
        return None

    def keep(self, policy: KeptPolicy) -> None:
        """See `StsStore.keep`."""
        with disk_errors("MTA-STS policies"):
            write_durably(self._path(policy.domain), _encode(policy))

    def _path(self, domain: str) -> Path:
        return self._folder / hashlib.sha256(domain.encode()).hexdigest()

    def _purge(self) -> None:
        oldest = time.time() - KEPT_S
        for path in self._folder.iterdir():
            with suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()
