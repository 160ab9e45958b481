"""What the message's texts show and hide."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from ecluse.domain.links import TextFacts
from ecluse.filtering.body import Body
from ecluse.filtering.collect import Subject
from ecluse.wire.html.invisible import without_invisible
from ecluse.wire.html.reading import HtmlReading


def texts(subject: Subject) -> TextFacts | Coroutine[Any, Any, TextFacts]:
    """How much of the pages their reader cannot see, and by what tricks."""
    body = subject.body
    return _read_and_tell(subject) if body is None else _facts(body)


async def _read_and_tell(subject: Subject) -> TextFacts:
    return _facts(await subject.read())


def _facts(body: Body) -> TextFacts:
    pages = [text.html for text in body.texts if text.html is not None]
    plain = [text.text for text in body.texts if text.html is None]
    split = sum(without_invisible(text)[1] for text in plain) + sum(page.split_words for page in pages)
    return TextFacts(
        visible=sum(page.visible_characters for page in pages) + sum(map(_characters, plain)),
        hidden=sum(map(_hidden, pages)),
        tricks=tuple(dict.fromkeys(str(trick) for page in pages for trick, _ in page.tricks)),
        split_words=split,
        scripts=sum(len(page.scripts) for page in pages),
        is_cut=any(page.is_cut for page in pages),
    )


def _hidden(page: HtmlReading) -> int:
    """Pages for two sizes of screen hide one half of what they show in the other: such words hide nothing."""
    if not page.hidden_characters:
        return 0
    shown = set(page.visible.split())
    return min(page.hidden_characters, sum(len(word) for word in page.hidden.split() if word not in shown))


def _characters(text: str) -> int:
    """Without white space."""
    return len(text) - sum(map(text.count, " \r\n\t"))
