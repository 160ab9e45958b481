"""A message that we have passed on, read as it was when we judged it: feedback must teach what the judge has seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain

from ecluse.domain.content import Content
from ecluse.filtering.body import Body, read_body
from ecluse.filtering.learning.letter import Letter, read_letter
from ecluse.filtering.learning.mailbox import arrival_of, letter_on_arrival
from ecluse.filtering.learning.replay import packed
from ecluse.filtering.learning.tokens import tokens_of
from ecluse.wire.mime.fields import HeaderSection, split_head, unfolded

# As `changes/received.py` writes it.
_OURS = re.compile(rb"\sby (\S{1,255}) \(Ecluse\) with [A-Z0-9]{4,12} id ([0-9A-Za-z-]{1,64})")
_MAX_TRACE_OCTETS = 2_000


@dataclass(frozen=True, slots=True)
class Sample:
    """What is kept of a message that somebody speaks of: no text."""

    message: str  # Our id, where it bears one, and a digest of the tokens, so that nobody can borrow another's id.
    tokens: bytes  # As in `Act.tokens`, of version `TOKENS_VERSION`.


def sample_of(content: Content, sender: str = "") -> Sample:
    """The sample of a message out of a mailbox or from our own hold; `sender` is its envelope's, where that is known.

    Never raises on any octets; bounded as `read_body` and `read_letter` are.
    """
    message_id, letter = judged_letter(content, sender)
    tokens = packed(tokens_of(letter))
    digest = blake2b(tokens, digest_size=8).hexdigest()
    return Sample("/".join(filter(None, (message_id, digest))), tokens)


def judged_letter(content: Content, sender: str = "") -> tuple[str, Letter]:
    """Our id of the message, "" where it bears none, and the letter that was judged; as `sample_of`."""
    section = split_head(content)
    body = read_body(content, section)
    place = _our_place(section)
    if place is None:
        return "", letter_on_arrival(section, body)
    at, message_id, hostname = place
    return message_id, _as_judged(section, body, at, hostname, sender.encode("utf-8", "replace"))


def passed_by(content: Content) -> tuple[str, str]:
    """Our id of the message, and the name of the node that passed it on: as our trace field in it says, which anybody can write.

    ("", "") where it bears none.
    """
    place = _our_place(split_head(content))
    return ("", "") if place is None else (place[1], place[2].decode("ascii", "replace"))


def _our_place(section: HeaderSection) -> tuple[int, str, bytes] | None:
    """The index of our own trace field, our id in it, and our name."""
    for at, (name, raw) in enumerate(zip(section.names, section.raws, strict=True)):
        ours = _OURS.search(unfolded(raw[:_MAX_TRACE_OCTETS])) if name == b"received" else None
        if ours:
            return at, ours[2].decode("ascii"), ours[1].lower()
    return None


def _as_judged(section: HeaderSection, body: Body, at: int, hostname: bytes, sender: bytes) -> Letter:
    """Without what stands above our trace field, which servers behind us wrote, and without what we wrote below it."""
    pairs = tuple(zip(section.names, section.raws, strict=True))
    below = at + 1
    while below < len(pairs) and _is_ours(*pairs[below], hostname):
        below += 1
    return_paths = (unfolded(raw[:_MAX_TRACE_OCTETS]) for name, raw in pairs[:at] if name == b"return-path")
    known = next(chain([sender] if sender else (), return_paths), b"").strip(b"<> ")
    names, raws = section.names[below:], section.raws[below:]
    arrival = arrival_of(unfolded(pairs[at][1][:_MAX_TRACE_OCTETS]), known)
    return read_letter(HeaderSection(names, raws, section.octets), body, arrival)


def _is_ours(name: bytes, raw: bytes, hostname: bytes) -> bool:
    if name.startswith(b"x-ecluse-"):
        return True
    results = unfolded(raw[:_MAX_TRACE_OCTETS]).strip().lower()
    return name == b"authentication-results" and results.startswith(hostname)
