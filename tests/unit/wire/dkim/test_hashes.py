"""Body hashes: all that are wanted, in one pass."""

from __future__ import annotations

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.content import CHUNK_BYTES, MemoryContent
from ecluse.wire.dkim.canonical import Mode, canonical_body
from ecluse.wire.dkim.hashes import BodyHasher, WantedHash, hash_body

WANTED = st.builds(
    WantedHash, st.sampled_from(Mode), st.sampled_from(["sha256", "sha1"]), st.none() | st.integers(0, 30)
)


@given(
    body=st.text(alphabet=" \r\nab", max_size=30).map(str.encode),
    wanted=st.sets(WANTED, max_size=8),
    cut=st.integers(0, 30),
)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_each_hash_is_that_of_its_own_canonical_body(body, wanted, cut):
    hasher = BodyHasher(wanted)
    hasher.update(body[:cut])
    hasher.update(body[cut:])
    found = hasher.finish()
    for one in wanted:
        whole = canonical_body(body, one.mode)
        is_short = one.length is not None and one.length > len(whole)
        expected = hashlib.new(one.digest, whole[: one.length]).digest()
        assert found.digest(one) == (None if is_short else expected)
        assert found.octets(one.mode) == len(whole)


def test_a_body_of_several_pieces_begins_where_it_is_told():
    body = b"x y  z\r\n" * (CHUNK_BYTES // 4)
    wanted = WantedHash(Mode.RELAXED, "sha256")
    found = hash_body(MemoryContent(b"A: b\r\n\r\n" + body), 8, {wanted})
    assert found.digest(wanted) == hashlib.sha256(canonical_body(body, Mode.RELAXED)).digest()


def test_a_message_without_body_has_hashes_too():
    wanted = WantedHash(Mode.SIMPLE, "sha256")
    found = hash_body(MemoryContent(b"A: b\r\n"), 6, {wanted})
    assert found.digest(wanted) == hashlib.sha256(b"\r\n").digest()
