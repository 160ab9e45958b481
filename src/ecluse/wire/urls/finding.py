"""Finds URLs in plain text, as mail clients make links of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.wire.names.registrable import has_known_suffix

MAX_URLS = 1_000
MAX_CHARACTERS = 4_096  # Of one URL.

# A scheme, or `www.`; then whatever may stand in a URL. No quantifier nests: linear.
_MARKED = re.compile(
    r"(?:h(?:tt|xx)ps?|ftps?|file|search-ms|javascript|vbscript|data|ms-[a-z]{2,20})[:\uff1a](?=\S)"
    r"(?:[/\\]{0,4}\[[0-9a-f:.%]{2,60}\])?[^\s<>\"`{}|\[\]\x00-\x20]{1,4096}"
    r"|(?<![\w@.-])www\.[^\s<>\"`{}|\[\]\x00-\x20]{2,4096}",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?<![\w@./:=&?%-])((?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}(xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24}))"
    r"(?![\w@-])(?::\d{1,5})?((?:[/?#][^\s<>\"`{}|\[\]\x00-\x20]{0,4096})?)",
    re.IGNORECASE,
)
# What most words are that hold a dot or a colon: one URL and nothing else, or neither scheme nor name.
_PLAIN = re.compile(r"https?://[a-z0-9][a-z0-9./?=&_%+~#-]{0,4000}[a-z0-9/]", re.IGNORECASE)
_MAY_BE_MARKED = re.compile(r"[:\uff1a]|www\.", re.IGNORECASE)
_MAY_BE_BARE = re.compile(r"[^\W_]\.[^\W\d_]{2}")
_SPARSE = 32  # Characters for each dot or colon, from which it is cheaper to go from one to the next.
_POINT = re.compile(r"[.:]\S+")  # And the rest of its word.
_AUTHORITY = re.compile(r"(?:h(?:tt|xx)ps?|ftps?|file):", re.IGNORECASE)
# Suffixes of files, and words that follow a full stop without a blank: alone they are no links.
_AMBIGUOUS = frozenset(
    [
        "ad",
        "am",
        "as",
        "by",
        "cd",
        "cv",
        "do",
        "doc",
        "exe",
        "et",
        "gs",
        "hm",
        "id",
        "il",
        "im",
        "is",
        "la",
        "lt",
        "ly",
        "ma",
        "md",
        "mm",
        "mo",
        "mov",
        "mu",
        "my",
        "name",
        "ne",
        "nu",
        "om",
        "pm",
        "ps",
        "py",
        "rs",
        "sa",
        "sc",
        "sh",
        "si",
        "so",
        "st",
        "to",
        "ws",
        "zip",
    ]
)
_CLOSERS = {")": "(", "]": "[", "}": "{"}
_TRAILERS = ".,;:!?'\"*_~\u2019\u201d\u00bb\u3002\uff0c\uff01"


def find_urls(text: str) -> list[str]:
    """URLs as they stand there, each once, in order; a bare domain and `www.` without scheme. Linear."""
    found: dict[str, None] = {}
    for word in dict.fromkeys(_pointed(text)):
        # At an edge they end a sentence; that is asked of the few only, for it costs twice as much.
        if "." not in word[1:-1] and ":" not in word[3:-1]:
            continue
        for url in (word,) if _PLAIN.fullmatch(word) else _in_word(word):
            found[url] = None
            if len(found) >= MAX_URLS:
                return list(found)
    return list(found)


def _pointed(text: str) -> Iterator[str]:
    """The words that hold a dot or a colon before their end."""
    if text.count(".") + text.count(":") > len(text) // _SPARSE:
        yield from [word for word in dict.fromkeys(text.split()) if "." in word or ":" in word]
        return
    # Of most texts these are few: the others are not even cut out.
    end = 0
    while point := _POINT.search(text, end):
        before = text[end : point.start()]
        start = point.start()
        if before and not before[-1].isspace():
            start -= len(before.rsplit(None, 1)[-1])
        end = point.end()
        yield text[start:end]


def _in_word(word: str) -> Iterator[str]:
    if not _MAY_BE_MARKED.search(word):
        yield from _bare_ones(word)
        return
    at = 0
    for marked in _MARKED.finditer(word):
        yield from _bare_ones(word[at : marked.start()])
        url = _trimmed(marked[0])
        if not _AUTHORITY.match(url) or any(character.isalnum() for character in url.partition(":")[2][:64]):
            yield url
        at = marked.end()
    yield from _bare_ones(word[at:])


def _bare_ones(word: str) -> Iterator[str]:
    if not _MAY_BE_BARE.search(word):
        return
    for found in _BARE.finditer(word):
        name, suffix, path = found.groups()
        is_shouted = name.isupper() or suffix.islower()
        if len(path) < 2 and (suffix.lower() in _AMBIGUOUS or not is_shouted):
            continue
        if has_known_suffix(name):
            yield _trimmed(found[0])


def _trimmed(url: str) -> str:
    """Without the punctuation of the sentence around it."""
    while url:
        last = url[-1]
        if last in _CLOSERS and url.count(last) <= url.count(_CLOSERS[last]):
            return url
        if last not in _CLOSERS and last not in _TRAILERS:
            return url
        url = url[:-1]
    return url
