"""Links in text as people and programs write them."""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_URL_CHARACTERS = 2_048
_MARK = "://"
_SCHEME_LENGTHS = (5, 4, 3)  # Of https; http and file; ftp.
_URL = re.compile(r"\b(?:https?|ftp|file)://[^\s\"'<>`{}|\\^\x00-\x1f\x7f]{1,2048}", re.IGNORECASE)
# Names of XML vocabularies, which are written as URLs and never visited.
_VOCABULARY = re.compile(
    r"https?://(?:schemas\.(?:openxmlformats|microsoft|xmlsoap)\.\w{1,3}|www\.w3\.org/(?:\d{4}|TR)|purl\.org/dc|ns\.adobe\.com"
    r"|purl\.oclc\.org/ooxml|openoffice\.org/\d{4}|(?:docs\.)?oasis-open\.org)[/\w.#:-]*$",
    re.IGNORECASE,
)
_TAIL = ".,;:!?)]*"


def urls_in(text: str) -> Iterator[str]:
    """Each URL once, in order, without the punctuation of the sentence around it."""
    found = dict.fromkeys(map(_trimmed, _matches(text)))
    return (url for url in found if not _VOCABULARY.match(url))


def urls_in_octets(data: bytes) -> Iterator[str]:
    """The same for text in an unknown encoding of ASCII's family, and in UTF-16 without byte order mark."""
    yield from urls_in(data.decode("latin-1"))
    if b":\0/\0/\0" in data:
        yield from urls_in(data.replace(b"\0", b"").decode("latin-1"))


def _matches(text: str) -> Iterator[str]:
    """What the pattern finds from left to right. It is tried at marks alone: to try it everywhere costs fifty times as much."""
    end, mark = 0, text.find(_MARK)
    while mark >= 0:
        starts = (mark - length for length in _SCHEME_LENGTHS if mark - length >= end)
        match = next(filter(None, (_URL.match(text, start) for start in starts)), None)
        if match is not None:
            end = match.end()
            yield match[0]
        mark = text.find(_MARK, max(end, mark + 1))


def _trimmed(url: str) -> str:
    trimmed = url.rstrip(_TAIL)
    # A bracket that was opened in the URL belongs to it.
    return trimmed + ")" if trimmed.count("(") > trimmed.count(")") and url[len(trimmed) :].startswith(")") else trimmed
