"""Under which keys memories are kept: salted hashes, so that no name can be read or guessed back (15-7)."""

from __future__ import annotations

import contextlib
import os
from hashlib import blake2b
from pathlib import Path

from ecluse.domain.history import Kind

SALT_OCTETS = 16
KEY_OCTETS = 17

_OCTETS = {kind: number.to_bytes(1, "big") for number, kind in enumerate(Kind, 1)}
_KINDS = {octets: kind for kind, octets in _OCTETS.items()}


def make_salt(path: Path) -> bytes:
    """The node's salt, made once whoever asks first; without it all memories are lost. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    salt = read_salt(path)
    if salt is not None and len(salt) == SALT_OCTETS:
        return salt
    fresh = _draft(path, os.urandom(SALT_OCTETS))
    if salt is not None:
        # It is damaged.
        fresh.replace(path)
    else:
        # Another process may be first: then its salt is the node's.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return make_salt(path)


def replace_salt(path: Path, salt: bytes) -> None:
    """Take over the salt of other nodes; who has read the former one keeps it. Raises `OSError`."""
    _draft(path, salt).replace(path)


def _draft(path: Path, salt: bytes) -> Path:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(salt)
    return fresh


def read_salt(path: Path) -> bytes | None:
    """The node's salt; None where nobody has made it yet. Raises `OSError`."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


class Keys:
    """Makes keys. The hash comes first, so that any stretch of the store is a fair sample of all of it."""

    __slots__ = ("_hashers",)

    def __init__(self, salt: bytes) -> None:
        self._hashers = {kind: blake2b(octet, digest_size=KEY_OCTETS - 1, key=salt) for kind, octet in _OCTETS.items()}

    def key(self, kind: Kind, name: str) -> bytes:
        """`KEY_OCTETS` octets for any name, however long or strange."""
        hasher = self._hashers[kind].copy()
        # Lone surrogates stand for octets that were no UTF-8.
        hasher.update(name.encode("utf-8", "surrogatepass"))
        return hasher.digest() + _OCTETS[kind]


def kind_of(key: bytes) -> Kind | None:
    """What the memory under a key is about; None for a key of another release."""
    return _KINDS.get(key[KEY_OCTETS - 1 :])
