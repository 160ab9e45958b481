"""What is sealed opens with its own key and message only, whole or not at all."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Impossible
from ecluse.wire.sealing.content import PIECE, TAG, OpenedContent, SealedContent, opened_summary, sealed_summary
from ecluse.wire.sealing.envelope import content_key_of, key_id, key_id_of, sealed_key

KEY = bytes(range(32))
ID = "019a0000000070008000000000000001"
LENGTHS = st.sampled_from([0, 1, 100, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 7, 3 * PIECE])


def octets(length):
    return (os.urandom(251) * (length // 251 + 1))[:length]


def seal(plain, key=KEY, message_id=ID):
    return b"".join(SealedContent(MemoryContent(plain), key, message_id).chunks())


def opened(sealed, key=KEY, message_id=ID):
    return b"".join(OpenedContent(MemoryContent(sealed), key, message_id).chunks())


@given(LENGTHS)
@settings(deadline=None, max_examples=20)
def test_what_is_sealed_opens_to_the_same_octets(length):
    plain = octets(length)
    content = SealedContent(MemoryContent(plain), KEY, ID)
    sealed = b"".join(content.chunks())
    assert content.size == len(sealed)
    assert opened(sealed) == plain
    assert OpenedContent(MemoryContent(sealed), KEY, ID).size == length


@given(LENGTHS, st.integers(0, 3 * PIECE + 9), st.integers(0, 3 * PIECE + 9))
@settings(deadline=None, max_examples=40)
def test_any_slice_of_both_is_the_slice_of_the_whole(length, start, end):
    plain = octets(length)
    sealed = seal(plain)
    assert SealedContent(MemoryContent(plain), KEY, ID).slice(start, end) == sealed[start:end]
    assert OpenedContent(MemoryContent(sealed), KEY, ID).slice(start, end) == plain[start:end]


def test_words_are_found_over_the_seam_of_two_pieces():
    plain = b"x" * (PIECE - 3) + b"needle" + b"y" * PIECE
    content = OpenedContent(MemoryContent(seal(plain)), KEY, ID)
    assert content.find(b"needle") == PIECE - 3
    assert content.find(b"needle", PIECE) == -1
    assert content.find(b"absent") == -1


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_one_changed_octet_anywhere_opens_nothing_of_its_piece(data):
    plain = octets(PIECE + 100)
    sealed = bytearray(seal(plain))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Impossible):
        opened(bytes(sealed))


@pytest.mark.parametrize("length", [0, 5, PIECE, 2 * PIECE + 5])
def test_cut_off_doubled_or_moved_pieces_do_not_open(length):
    sealed = seal(octets(length))
    whole = PIECE + TAG
    for wrong in (
        sealed[:-1],
        sealed[:-TAG],
        sealed[: len(sealed) // whole * whole - whole],
        sealed[:whole],
        sealed + sealed[-whole:],
        sealed[whole : 2 * whole] + sealed[:whole] + sealed[2 * whole :],
        sealed + b"x",
        b"",
    ):
        if wrong != sealed:
            with pytest.raises(Impossible):
                opened(wrong)


def test_another_key_another_message_and_another_use_open_nothing():
    sealed = seal(b"hello")
    with pytest.raises(Impossible):
        opened(sealed, key=bytes(32))
    with pytest.raises(Impossible):
        opened(sealed, message_id=ID[:-1] + "2")
    with pytest.raises(Impossible):
        opened_summary(sealed, KEY, ID)
    with pytest.raises(Impossible):
        opened(sealed_summary(b"words", KEY, ID))


def test_a_summary_opens():
    assert opened_summary(sealed_summary(b"words", KEY, ID), KEY, ID) == b"words"


def test_a_beginning_shows_its_whole_pieces():
    plain = octets(3 * PIECE)
    beginning = OpenedContent(MemoryContent(seal(plain)[: 2 * (PIECE + TAG) + 999]), KEY, ID).beginning()
    assert beginning == plain[: 2 * PIECE]


class TestTheContentKey:
    def setup_method(self):
        private = X25519PrivateKey.generate()
        self.private, self.public = private.private_bytes_raw(), private.public_key().public_bytes_raw()

    def test_only_the_private_key_unwraps_it(self):
        key, sealed = sealed_key(self.public, ID)
        assert content_key_of(sealed, self.private, ID) == key
        assert key_id_of(sealed) == key_id(self.public)
        with pytest.raises(Impossible):
            content_key_of(sealed, X25519PrivateKey.generate().private_bytes_raw(), ID)
        with pytest.raises(Impossible):
            content_key_of(sealed, self.private, ID[:-1] + "2")

    def test_every_message_has_its_own(self):
        assert len({part for _ in range(10) for part in sealed_key(self.public, ID)}) == 20

    def test_a_changed_seal_does_not_open(self):
        _, sealed = sealed_key(self.public, ID)
        for place in range(len(sealed)):
            if 1 <= place <= 8:
                continue  # The key's name: it says which key to try, and is not secret.
            wrong = bytearray(sealed)
            wrong[place] ^= 1
            with pytest.raises(Impossible):
                content_key_of(bytes(wrong), self.private, ID)

    @pytest.mark.parametrize("wrong", [b"", b"\x01", bytes(89), b"\x02" + bytes(88), b"\x01" + bytes(88)])
    def test_what_is_no_seal_is_impossible(self, wrong):
        with pytest.raises(Impossible):
            content_key_of(wrong, self.private, ID)

    def test_a_key_of_wrong_length_or_of_low_order_seals_nothing(self):
        for wrong in (b"short", bytes(32)):
            with pytest.raises(Impossible):
                sealed_key(wrong, ID)
