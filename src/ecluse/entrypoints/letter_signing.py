"""Letters of ours (digests, links, answers) are signed with the provider's keys, once these stand in the DNS (RFC 6376)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from ecluse.control.secret_file import write_once
from ecluse.domain.content import MemoryContent
from ecluse.domain.dns import Answer
from ecluse.domain.errors import Impossible
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.wire.dkim.hashes import hash_body
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.publishing import MAKERS, KeyRecord, Standing, make_key, record_of, standing_of
from ecluse.wire.dkim.sign import SIGNED_BODY, Signing, SigningKey, load_key, sign
from ecluse.wire.mime.fields import split_head

log = structlog.get_logger()

MAX_KEYS = 4  # Two, and two more while they are changed.
MAX_KEY_BYTES = 16_384
# One-click unsubscribing is believed only where both of its fields are signed (RFC 8058 section 4).
_NAMES = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
    b"auto-submitted",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
)
_OVERSIGNED = frozenset({b"from", b"to", b"subject", b"date"})

LookUp = Callable[[str, str], Answer]


@dataclass(frozen=True, slots=True)
class KeyFound:
    """One key of ours, and what the DNS says of it."""

    key: SigningKey
    record: KeyRecord
    standing: Standing


def signing_domain(settings: Settings) -> str:
    """The domain of the address that our letters come from."""
    return urlsplit(settings.web.url).hostname or ""


def make_signing_keys(settings: Settings, now: float) -> None:
    """One of each kind, beside those that are there, under selectors of this minute. Raises `OSError`, `FileExistsError`."""
    stamp = f"{datetime.fromtimestamp(now, UTC):%Y%m%d%H%M}"
    for kind in MAKERS:
        write_once(DataPaths(settings.data_dir).signing_keys / f"{kind}{stamp}.pem", make_key(kind))


def signing_keys(settings: Settings) -> tuple[SigningKey, ...]:
    """Those of the folder, RSA first; none where it is not there. Raises `Impossible`, `OSError`."""
    domain = signing_domain(settings)
    files = sorted(DataPaths(settings.data_dir).signing_keys.glob("*.pem"), reverse=True)[:MAX_KEYS]
    return tuple(load_key(domain, file.stem, _pem(file)) for file in files)


def keys_found(settings: Settings, look_up: LookUp) -> tuple[KeyFound, ...]:
    """Each key of ours, as the DNS has it now. Raises as `signing_keys`."""
    found = []
    for key in signing_keys(settings):
        record = record_of(key)
        found.append(KeyFound(key, record, standing_of(key, look_up(record.name, "TXT"))))
    return tuple(found)


class LetterSigner:
    """Signs the letters of one batch; the DNS is asked before the first of them."""

    def __init__(self, settings: Settings, look_up: LookUp) -> None:
        self._settings, self._look_up = settings, look_up
        self._keys: tuple[SigningKey, ...] | None = None

    def signed(self, letter: bytes) -> bytes:
        """The letter with a signature of each key on top; as it is where there is none to sign with."""
        if self._keys is None:
            self._keys = self._usable()
        if not self._keys:
            return letter
        content = MemoryContent(letter)
        section = split_head(content)
        bodies = hash_body(content, section.octets, {SIGNED_BODY})
        order = Signing(_NAMES, int(time.time()), _OVERSIGNED)
        return b"".join(sign(SignedHeader(section), bodies, self._keys, order)) + letter

    def _usable(self) -> tuple[SigningKey, ...]:
        """A signature whose key nobody finds is worse than none; where the DNS is silent the key may well be there."""
        try:
            found = keys_found(self._settings, self._look_up)
        except (Impossible, OSError) as problem:
            log.error("letters go out unsigned", problem=type(problem).__name__)
            return ()
        for each in found:
            if each.standing in {Standing.MISSING, Standing.OTHER}:
                log.warning("a key that is not in the DNS signs nothing", record=each.record.name)
        return tuple(each.key for each in found if each.standing in {Standing.PUBLISHED, Standing.UNKNOWN})


def _pem(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MAX_KEY_BYTES)
