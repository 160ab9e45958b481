"""Encrypted office documents, opened with the passwords that Office tries by itself and with those given."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from types import SimpleNamespace

import msoffcrypto
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError
from msoffcrypto.format import doc97, ppt97, xls97

from ecluse.opening.budget import Budget
from ecluse.opening.documents.compound import CompoundFile
from ecluse.opening.flags import Flag
from ecluse.opening.pieces import Broken, Entry, Flagged, Piece

# Excel and PowerPoint open files with these without asking: such a file is encrypted for scanners only.
DEFAULT_PASSWORDS = ("VelvetSweatshop", "/01Hannes Ruescher/01")
MAX_PASSWORDS = 20
MAX_SPINS = 1_000_000  # Rounds of hashing that a file may ask for; Office writes 100,000.
# The library puts what it decrypts of the binary formats into temporary files; the locked room has no file system.
for _format in (doc97, ppt97, xls97):
    _format.tempfile = SimpleNamespace(TemporaryFile=io.BytesIO)
_SPINS = re.compile(rb'spinCount="(\d{1,20})"')
_REFUSED = (DecryptionError, FileFormatError, InvalidKeyError, ParseError, ValueError, KeyError, IndexError, OSError)


def decrypted_pieces(data: bytes, file: CompoundFile, passwords: tuple[str, ...], budget: Budget) -> Iterator[Piece]:
    """The document without its encryption, as a layer of the file; or that no password fits."""
    yield Flagged(Flag.ENCRYPTED_DOCUMENT)
    if _spins(file) > MAX_SPINS:
        yield Broken("encrypted with too many rounds", is_encrypted=True)
        return
    for password in list(dict.fromkeys((*DEFAULT_PASSWORDS, *passwords)))[:MAX_PASSWORDS]:
        budget.check_time()
        content = _decrypted(data, password)
        if content is None:
            continue
        if password in DEFAULT_PASSWORDS:
            yield Flagged(Flag.DEFAULT_PASSWORD)
        yield Entry("", content, is_member=False, is_unreached=True)
        return
    yield Broken("encrypted", is_encrypted=True)


def _decrypted(data: bytes, password: str) -> bytes | None:
    """None when the password does not fit, or the encryption is of a kind that cannot be undone."""
    out = io.BytesIO()
    try:
        document = msoffcrypto.OfficeFile(io.BytesIO(data))
        document.load_key(password=password)
        document.decrypt(out)
    except _REFUSED:
        return None
    # The library's own check of passwords refuses good ones; a document says by itself what it is.
    return out.getvalue() if out.getvalue()[:4] in {b"PK\x03\x04", b"\xd0\xcf\x11\xe0"} else None


def _spins(file: CompoundFile) -> int:
    node = file.find("EncryptionInfo")
    found = _SPINS.findall(file.read(node, 65_536)) if node is not None else []
    return max(map(int, found), default=0)
