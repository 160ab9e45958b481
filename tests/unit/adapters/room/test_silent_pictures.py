"""What helpers have not found in pictures is handed on; what they have found is not."""

from __future__ import annotations

import hashlib

from ecluse.adapters.room.frames import (
    LENGTH,
    MAX_NAME,
    MAX_PASSWORD,
    MAX_PASSWORDS,
    MAX_QUESTION_OCTETS,
    Question,
    pack_question,
    unpack_question,
)
from ecluse.adapters.room.silent_pictures import SilentPictures
from ecluse.domain.opened import Opened
from ecluse.opening.found import MAX_SILENT


def digests(count: int) -> tuple[bytes, ...]:
    return tuple(hashlib.sha256(bytes([number % 256, number // 256])).digest() for number in range(count))


def test_the_answer_goes_on_without_them():
    silent = SilentPictures()
    assert silent.taken_from(Opened("docx", silent_pictures=digests(3))) == Opened("docx")
    assert tuple(silent) == digests(3)


def test_what_is_no_digest_goes_to_no_other_helper():
    silent = SilentPictures()
    silent.taken_from(Opened("png", silent_pictures=(b"x" * 100_000, *digests(1), b"")))
    assert tuple(silent) == digests(1)


def test_what_did_not_come_for_the_longest_time_is_forgotten():
    silent, (first, second, *others) = SilentPictures(), digests(MAX_SILENT + 1)
    for digest in (first, second, *others[:-1], first, others[-1]):
        silent.taken_from(Opened("png", silent_pictures=(digest,)))
    assert second not in set(silent)
    assert {first, *others} == set(silent)


def test_the_largest_question_fits_into_its_frame():
    question = Question("\U0001f600" * MAX_NAME, ("\U0001f600" * MAX_PASSWORD,) * MAX_PASSWORDS, 1, digests(MAX_SILENT))
    frame = pack_question(question)
    assert len(frame) <= MAX_QUESTION_OCTETS
    assert unpack_question(frame[LENGTH.size :]) == question
