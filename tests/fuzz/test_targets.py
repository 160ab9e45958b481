"""The fuzz targets hold for their seeds and some mutations, and they find what they are there to find."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from ecluse.adapters.folder import spool_file
from ecluse.wire.smtp import data
from tests.fuzz.catalogue import TARGETS
from tests.fuzz.target import seed
from tests.fuzz.targets import files

MUTATIONS = 60


def mutated(octets: bytes, dice: random.Random) -> bytes:
    changed = bytearray(octets)
    for _ in range(dice.randint(1, 4)):
        at = dice.randint(0, len(changed))
        changed[at : at + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 3))
    return bytes(changed)


def examine_all(name: str, inputs: Iterable[bytes]) -> None:
    for octets in inputs:
        TARGETS[name].examine(octets)


@pytest.mark.parametrize("name", [name for name in TARGETS if not name.startswith("repeated")])
def test_every_promise_holds_for_the_seeds_and_near_them(name):
    target, dice = TARGETS[name], random.Random(name)
    for octets in target.seeds:
        target.examine(octets)
    for _ in range(MUTATIONS):
        target.examine(mutated(dice.choice(target.seeds), dice))


def test_an_end_of_data_that_a_smuggler_could_use_is_found(monkeypatch):
    monkeypatch.setattr(data, "_find_end", lambda octets: (octets.find(b"\n.\r\n") - 1, True))
    with pytest.raises(AssertionError):
        TARGETS["data-reader"].examine(seed(b"one\n.\r\ntwo\r\n.\r\n"))


def test_a_session_that_depends_on_how_its_octets_come_is_found(monkeypatch):
    monkeypatch.setattr(data, "_length_of_begun_end", lambda _octets: 0)
    whole = b"HELO a\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\na\r\n.\r\nQUIT\r\n"
    with pytest.raises(AssertionError):
        examine_all("receiving-session", (seed(whole, dice=bytes([dice, 0, 0])) for dice in range(250)))


def test_damaged_content_that_would_be_delivered_is_found(monkeypatch):
    monkeypatch.setattr(spool_file, "crc32", lambda *_: 0)
    monkeypatch.setattr(files, "_spool_file", files._spool_file.__wrapped__)
    monkeypatch.setattr(files, "_states", files._states.__wrapped__)
    with pytest.raises(AssertionError):
        examine_all("spool-file", (seed(at.to_bytes(2, "big") + b"A", flags=1) for at in range(1_000)))
