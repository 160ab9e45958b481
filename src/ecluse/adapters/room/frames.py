"""What goes over a helper's connection: a length, then msgpack. A file's content comes as a sealed descriptor."""

from __future__ import annotations

import struct
from dataclasses import dataclass, fields, replace

import msgspec

from ecluse.domain.opened import Opened, Trouble
from ecluse.opening.found import MAX_SILENT
from ecluse.opening.unreached import MAX_UNREACHED, MAX_UNREACHED_OCTETS

LENGTH = struct.Struct("!I")
MAX_QUESTION_OCTETS = 32_768  # Fits into the buffer of any socket: asking never waits.
MAX_FACTS_OCTETS = 8_388_608  # Of an answer without what is for the virus scanner.
MAX_ANSWER_OCTETS = MAX_FACTS_OCTETS + MAX_UNREACHED_OCTETS + 8 * MAX_UNREACHED
MAX_NAME = 1_024
MAX_PASSWORDS = 32
MAX_PASSWORD = 128


@dataclass(frozen=True, slots=True)
class Question:
    """One file to be opened; its content is the descriptor that comes with it."""

    name: str
    passwords: tuple[str, ...]
    size: int
    silent: tuple[bytes, ...] = ()  # Pictures in which other helpers have found nothing, by their SHA-256.


_questions = msgspec.msgpack.Decoder(Question)
_answers = msgspec.msgpack.Decoder(Opened)
_encoder = msgspec.msgpack.Encoder()


def pack_question(question: Question) -> bytes:
    """A frame; what is too long in it is cut, names at their front, since their end decides."""
    cut = Question(
        _clean(question.name[-MAX_NAME:]),
        tuple(_clean(each[:MAX_PASSWORD]) for each in question.passwords[:MAX_PASSWORDS]),
        question.size,
        question.silent[:MAX_SILENT],
    )
    return _frame(_encoder.encode(cut))


def unpack_question(payload: bytes) -> Question:
    """Raises `msgspec.MsgspecError`."""
    return _questions.decode(payload)


def pack_answer(opened: Opened) -> bytes:
    """A frame; an answer that is too large becomes one that says so and keeps what fits: type and flags."""
    try:
        payload = _encoder.encode(opened)
    except UnicodeEncodeError:
        # Half a surrogate pair, as names in archives may have, is no text.
        payload = _encoder.encode(_cleaned(opened))
    if len(payload) - sum(map(len, opened.unreached)) > MAX_FACTS_OCTETS:
        payload = _encoder.encode(
            Opened(opened.type, is_encrypted=opened.is_encrypted, trouble=Trouble.TOO_BIG, flags=opened.flags[:100])
        )
    return _frame(payload)


def unpack_answer(payload: bytes) -> Opened:
    """Raises `msgspec.MsgspecError`."""
    return _answers.decode(payload)


def _frame(payload: bytes) -> bytes:
    return LENGTH.pack(len(payload)) + payload


def _cleaned(opened: Opened) -> Opened:
    members = tuple(
        replace(
            each, path=tuple(map(_clean, each.path)), error=_clean(each.error), flags=tuple(map(_clean, each.flags))
        )
        for each in opened.members
    )
    texts = {
        one.name: tuple(map(_clean, value))
        for one in fields(Opened)
        if one.name not in {"members", "rules", "unreached", "silent_pictures"}
        and isinstance(value := getattr(opened, one.name), tuple)
    }
    return replace(opened, members=members, error=_clean(opened.error), **texts)  # type: ignore[arg-type]  # all are tuples of texts


def _clean(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
