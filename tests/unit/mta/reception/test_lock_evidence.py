"""Of the message that brings about a lock its header is kept, for its client alone (decision 0034)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ecluse.adapters.lmdb.environment import close_all
from ecluse.adapters.lmdb.locks import LmdbLocks
from ecluse.adapters.sqlite.quotas import SqliteQuotas
from ecluse.domain.content import MemoryContent
from ecluse.domain.lock_evidence import KEPT_S, MAX_HEADER
from ecluse.domain.sending import SendingTerms
from ecluse.entrypoints.lock_jobs import LockKeeper
from ecluse.mta.reception.emission_watch import EmissionWatch
from ecluse.mta.reception.sealing import with_evidence
from ecluse.mta.reception.sending_limits import SendingLimits
from ecluse.wire.mime.fields import split_head
from ecluse.wire.sealing.envelope import content_key_of
from ecluse.wire.sealing.evidence import opened_evidence, seal_of
from tests.unit.mta.reception.test_sending_limits import ANN, NOW, OFFER, message, people

HEAD = b"Subject: Your voucher\r\nTo: <v@far.example>\r\n"
KEY = X25519PrivateKey.generate()


@pytest.fixture
def locks(tmp_path):
    yield LmdbLocks(tmp_path / "locks")
    close_all()


async def locked(tmp_path, locks, head, public_key=None):
    """The lock of an account that wrote to 501 people, and what its client can open of it."""
    quotas = SqliteQuotas(tmp_path / "quotas.sqlite", b"salt")
    limits = SendingLimits(locks, quotas, SendingTerms(), EmissionWatch(locks, quotas))
    content = MemoryContent(head + b"\r\nthe body of it\r\n")
    incoming = replace(message(), content=content)
    public_key = KEY.public_key().public_bytes_raw() if public_key is None else public_key
    keep = partial(with_evidence, incoming=incoming, section=split_head(content), public_key=public_key)
    assert (await limits.at_end(incoming, OFFER, people(501), keep=keep)).code == 550
    quotas.close()
    [lock] = locks.all()
    return lock


async def test_the_header_and_nothing_of_the_body_for_whoever_has_the_clients_key(tmp_path, locks):
    lock = await locked(tmp_path, locks, HEAD)
    assert b"voucher" not in lock.evidence
    key = content_key_of(seal_of(lock.evidence), KEY.private_bytes_raw(), lock.id)
    found = opened_evidence(lock.evidence, key, lock.id)
    assert found.header.rstrip() == HEAD.rstrip()
    assert (found.ip, found.received_at) == ("192.0.2.1", NOW)
    # It dies with bodies, though nobody unlocks.
    keeper = LockKeeper(locks, None, None)
    for after_s, is_kept in ((KEPT_S - 1, True), (KEPT_S + 1, False)):
        keeper._forget(list(locks.all()), NOW + after_s)
        [left] = locks.all()
        assert bool(left.evidence) is is_kept
    assert left == replace(lock, evidence=b"")


async def test_of_a_long_header_whole_lines(tmp_path, locks):
    lock = await locked(tmp_path, locks, HEAD + b"X-Long: y\r\n" * 3_000)
    key = content_key_of(seal_of(lock.evidence), KEY.private_bytes_raw(), lock.id)
    header = opened_evidence(lock.evidence, key, lock.id).header
    assert MAX_HEADER - 20 < len(header) <= MAX_HEADER
    assert header.endswith(b"\r\nX-Long: y\r\n")


@pytest.mark.parametrize("public_key", [b"", b"short"])
async def test_without_a_key_the_account_is_locked_all_the_same(tmp_path, locks, public_key):
    lock = await locked(tmp_path, locks, HEAD, public_key)
    assert (lock.name, lock.evidence) == (ANN.name, b"")
