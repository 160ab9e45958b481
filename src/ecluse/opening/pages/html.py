"""HTML files and HTML applications: links, forms, redirects, scripts and what they smuggle, codes drawn in tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import turbohtml

from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pages.decoding import text_of
from ecluse.opening.pages.payloads import data_uris
from ecluse.opening.pages.script import script_pieces
from ecluse.opening.pages.smuggling import is_smuggling
from ecluse.opening.pictures.qr import qr_in_html_table, qr_in_text
from ecluse.opening.pieces import ExternalLink, File, Flagged, Piece, QrText, Text, Url
from ecluse.opening.urls import urls_in

MAX_TAGS = 2_000_000
MAX_TEXT_CHARACTERS = 262_144
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_REFRESH = re.compile(r"url\s*=\s*[\"']?([^\"'>\s]{1,2048})", re.IGNORECASE)
_ADDRESSES = ("href", "src", "action", "formaction", "data", "background", "poster", "xlink:href", "srcdoc", "content")
_LOADED = frozenset({"script", "iframe", "frame", "embed", "object"})
_REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)


@dataclass(slots=True)
class _Page:
    """What has been seen so far."""

    scripts: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    is_in: str = ""  # "script" or "style" while inside one.
    form: str = ""  # Where the form that is open sends to.
    asks_password: bool = False
    length: int = 0


def open_html(file: File, budget: Budget) -> Iterator[Piece]:
    """All that a browser would do with the file, without doing it."""
    found = _CHARSET.search(file.content[:4_096])
    html = text_of(file.content, found[1].decode("ascii") if found else "")
    yield from html_pieces(html, budget)


def html_pieces(html: str, budget: Budget) -> Iterator[Piece]:
    """The same for HTML that is text already."""
    page = _Page()
    for count, token in enumerate(turbohtml.tokenize(html)):
        if count % 1_000 == 0:
            budget.check_time()
        if count == MAX_TAGS:
            yield Flagged(Flag.LIMIT)
            break
        yield from _token_pieces(token, page)
    yield from _script_pieces("\n".join(page.scripts), budget)
    yield from data_uris(html)
    text = "".join(page.words)
    yield from map(Url, urls_in(text))
    yield from map(QrText, (*qr_in_html_table(html), *qr_in_text(text)))
    yield Text(text)


def _token_pieces(token: turbohtml.Token, page: _Page) -> Iterator[Piece]:
    if token.type == turbohtml.TokenType.START_TAG:
        page.is_in = token.tag if token.tag in {"script", "style"} else ""
        yield from _tag_pieces(token.tag or "", dict(token.attrs or ()), page)
    elif token.type == turbohtml.TokenType.END_TAG:
        page.is_in = ""
        page.form = "" if token.tag == "form" else page.form
        _say("\n" if token.tag in {"p", "div", "tr", "td", "li"} else "", page)
    elif token.type == turbohtml.TokenType.TEXT and page.is_in == "script":
        page.scripts.append(token.data or "")
    elif token.type == turbohtml.TokenType.TEXT and not page.is_in:
        _say(token.data or "", page)


def _say(text: str, page: _Page) -> None:
    if page.length < MAX_TEXT_CHARACTERS:
        page.words.append(text)
        page.length += len(text)


def _tag_pieces(tag: str, attributes: dict[str, str | None], page: _Page) -> Iterator[Piece]:
    page.scripts += [value for name, value in attributes.items() if name.startswith("on") and value]
    for name in _ADDRESSES:
        value = (attributes.get(name) or "").strip()
        if value and (name != "content" or tag == "meta"):
            yield from _address_pieces(tag, name, value, page)
    if tag == "meta" and (attributes.get("http-equiv") or "").lower() == "refresh":
        yield from _refresh_pieces(attributes.get("content") or "")
    elif tag == "form":
        page.form = attributes.get("action") or ""
    elif tag == "input" and (attributes.get("type") or "").lower() == "password":
        if _REMOTE.match(page.form):
            yield Flagged(Flag.PASSWORD_FORM)
    elif tag == "a" and "download" in attributes and (attributes.get("href") or "").lower().startswith("data:"):
        yield Flagged(Flag.HTML_SMUGGLING)


def _address_pieces(tag: str, name: str, value: str, page: _Page) -> Iterator[Piece]:
    lower = value[:20].lower()
    if lower.startswith(("javascript:", "vbscript:")):
        page.scripts.append(value.partition(":")[2])
    elif name == "srcdoc" or (name == "content" and not _REMOTE.match(value)):
        yield from map(Url, urls_in(value))
    elif not lower.startswith(("data:", "#", "cid:", "about:")):
        yield Url(value[:2_048])
        if tag in _LOADED and _REMOTE.match(value):
            yield ExternalLink(value[:2_048])


def _refresh_pieces(content: str) -> Iterator[Piece]:
    if found := _REFRESH.search(content):
        yield Flagged(Flag.HTML_REDIRECT)
        yield Url(found[1])


def _script_pieces(script: str, budget: Budget) -> Iterator[Piece]:
    if not script.strip():
        return
    yield Flagged(Flag.HTML_SCRIPT)
    if is_smuggling(script):
        yield Flagged(Flag.HTML_SMUGGLING)
    yield from script_pieces(script, budget)
