"""Reads HTML as a mail client shows it. The tree is the parser's (turbohtml); what it means for the reader is ours."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from turbohtml.saxparse import SaxHandler, sax_parse

from ecluse.wire.html.declarations import plain
from ecluse.wire.html.invisible import without_invisible
from ecluse.wire.html.look import Effect, Look, Trick, effect_of
from ecluse.wire.html.reading import HtmlForm, HtmlLimits, HtmlLink, HtmlReading, LinkKind
from ecluse.wire.html.sheet import Sheet
from ecluse.wire.html.suspicion import LOOKS, Styling

_DEFAULT_LIMITS = HtmlLimits()
_ELEMENTS_A_LOOK_AT_THE_CLOCK = 512
_MAX_LOOKS = 4_000  # That are remembered while one text is read.

# What decides how an element looks; the rest of its attributes does not.
_LOOKS = LOOKS | {"style", "class", "id", "background"}
_LOADED = LinkKind.LOADED
_ATTRIBUTES: dict[str, LinkKind] = {
    "href": LinkKind.CLICK,
    "xlink:href": LinkKind.CLICK,
    "src": _LOADED,
    "srcset": _LOADED,
    "background": _LOADED,
    "poster": _LOADED,
    "lowsrc": _LOADED,
    "dynsrc": _LOADED,
    "data": LinkKind.FRAME,
    "codebase": LinkKind.FRAME,
    "action": LinkKind.FORM,
    "formaction": LinkKind.FORM,
    "cite": LinkKind.NAMED,
    "longdesc": LinkKind.NAMED,
    "ping": LinkKind.NAMED,
    "manifest": LinkKind.NAMED,
}
_BY_ELEMENT = {
    ("link", "href"): _LOADED,
    ("image", "href"): _LOADED,
    ("image", "xlink:href"): _LOADED,
    ("script", "src"): LinkKind.SCRIPT,
    ("script", "href"): LinkKind.SCRIPT,
    ("iframe", "src"): LinkKind.FRAME,
    ("frame", "src"): LinkKind.FRAME,
    ("embed", "src"): LinkKind.FRAME,
}
_ASIDES = frozenset({"title", "alt", "aria-label", "summary"})
_READ = frozenset(_ATTRIBUTES) | _ASIDES | LOOKS | {"style"}
_LISTS = frozenset({"srcset", "ping"})
_BREAK = "\x1d"  # Between lines: white space to Python, and nothing that stands in a page.
# Elements that begin a line of their own, or end one.
_BREAKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
_GAPS = dict.fromkeys(("td", "th", "img", "input", "textarea", "select", "button"), " ") | dict.fromkeys(
    _BREAKS, _BREAK
)
# Elements whose content is no text of the page.
_SILENT = frozenset({"script", "style", "title", "iframe", "noembed", "noframes"})
# Elements that look different from what is around them without any attribute.
_HAVE_LOOKS = frozenset({"table", "button", "template", "datalist"})
_TYPED = frozenset(["text", "password", "email", "tel", "number", "url", "search"])

_CSS_URL = re.compile(r"url\(\s{0,100}[\"']?([^\"')]{1,8192})", re.IGNORECASE)
_IMPORT = re.compile(r"@import\s{1,100}[\"']([^\"']{1,8192})", re.IGNORECASE)
_REFRESH = re.compile(r"url\s{0,100}=\s{0,100}[\"']?([^\"']{1,8192})", re.IGNORECASE)
_NUMBER = re.compile(r"\s{0,100}(\d{1,6})")

_Link = tuple[str, LinkKind, str, bool]  # As `HtmlLink`.
_Attributes = tuple[tuple[str, str | None], ...]
_HREF = ("href", "")  # Where a link leads does not matter to its look.
# What most pages that hide text say: to read them without their styles first would be in vain.
_HIDES = ("display:none", "display: none")


class _Enough(Exception):
    """A limit is reached."""


def read_html(text: str, limits: HtmlLimits = _DEFAULT_LIMITS) -> HtmlReading:
    """Texts, links and forms of one HTML text. Linear in its size, within the limits; never raises."""
    given = _within(text, limits)
    reader, is_whole = _read(given, limits, time.monotonic() + limits.seconds)
    return reader.reading(is_cut=len(given) < len(text) or not is_whole)


def _read(text: str, limits: HtmlLimits, ends_at: float) -> tuple[_Reader, bool]:
    """Who has read most of it when the time ended, which all readings share, and whether nothing is missing."""
    if not any(sign in text for sign in _HIDES):
        plain = _PlainReader(limits, ends_at)
        is_whole = plain.read(text)
        if not plain.styling.may_hide():
            return plain, is_whole
        if time.monotonic() > ends_at:
            return plain, False
    reader = _Reader(limits, ends_at)
    is_whole = reader.read(text)
    if not (reader.has_late_sheet and is_whole):
        return reader, is_whole
    # A sheet at the end of the page dresses its beginning too.
    again = _Reader(limits, ends_at, reader.sheet)
    return (again, True) if again.read(text) else (reader, False)


def _within(text: str, limits: HtmlLimits) -> str:
    """So much of a text that the parser's work on it is bounded: it may make twenty nodes of one mark."""
    text = text[: limits.characters]
    if text.count("<") <= limits.tags:
        return text
    pieces = text.split("<", limits.tags)
    return text[: len(text) - len(pieces[-1])]


class _Reader(SaxHandler):
    """Told of the tree by the parser, element by element."""

    def __init__(self, limits: HtmlLimits, ends_at: float, sheet: Sheet | None = None) -> None:
        """`ends_at` is by the monotonic clock; `sheet` is what another reader has found in the same text."""
        self.sheet, self.has_late_sheet = sheet or Sheet(), False
        self._has_whole_sheet = self.sheet.is_read
        self._limits, self._ends_at = limits, ends_at
        self._elements, self._next_check = 0, 1
        self._look, self._looks = Look(), dict[tuple[Look, Effect], Look]()
        self._effects: dict[tuple[str, _Attributes], Effect | None] = {}
        self._above: list[Look] = []
        self._silent = ""  # The element whose content is no text.
        self._is_standard = False  # A document type was declared.
        self._is_conditional = False
        self._visible: list[str] = []
        self._hidden: list[str] = []
        self._asides: list[str] = []
        self._comments: list[str] = []
        self._scripts: list[str] = []
        self._css: list[str] = []
        self._tricks: Counter[Trick] = Counter()
        self._links: list[_Link] = []
        self._anchors: list[tuple[int, int, int]] = []  # Place of the link, of its visible text, of its hidden one.
        self._base = ""
        self._forms: list[HtmlForm] = []
        self._is_in_form = False
        self._pixels = 0

    def read(self, text: str) -> bool:
        """Whether it was read to its end."""
        try:
            sax_parse(text, self)
        except _Enough:
            return False
        return True

    def reading(self, *, is_cut: bool) -> HtmlReading:
        """What has been read."""
        visible, split_words = without_invisible("".join(self._visible))
        return HtmlReading(
            visible=_lines(visible),
            hidden=_lines(without_invisible("".join(self._hidden))[0]),
            asides=_lines("".join(self._asides)),
            comments=_lines(_BREAK.join(self._comments)),
            links=tuple(HtmlLink(*link) for link in self._links),
            base=self._base,
            forms=tuple(self._forms),
            scripts=tuple(self._scripts),
            tricks=tuple(self._tricks.items()),
            split_words=split_words,
            pixels=self._pixels,
            is_cut=is_cut,
        )

    # --- What the parser tells ----------------------------------------------------

    def start_element(self, tag: str, attrs: _Attributes) -> None:
        self._elements += 1
        if self._elements >= self._next_check or len(self._above) > self._limits.depth:
            self._check(len(self._above))
        self._above.append(self._look)
        looks = tuple([pair for pair in attrs if pair[0] in _LOOKS]) if attrs else ()
        if tag == "a" and "href" in dict(attrs):
            looks = (*looks, _HREF)
        if looks or tag in _HAVE_LOOKS or self.sheet.is_about(tag):
            self._look = self._dressed(tag, looks)
        if gap := _GAPS.get(tag):
            (self._visible if self._look.hidden_by is None else self._hidden).append(gap)
        if attrs:
            self._read_attributes(tag, attrs)
        if begin := _BEGINNINGS.get(tag):
            begin(self, tag, dict(attrs))

    def end_element(self, tag: str) -> None:
        self._look = self._above.pop()
        if tag in _BREAKS:
            self._visible.append(_BREAK)
        if end := _ENDS.get(tag):
            end(self)

    def characters(self, data: str) -> None:
        if self._silent:
            self._note_silent(data)
            return
        trick = self._look.hidden_by
        if trick is None:
            self._visible.append(data)
        elif not data.isspace():
            self._hidden.append(data)
            self._tricks[trick] += sum(map(len, data.split()))

    def comment(self, data: str) -> None:
        if not data.startswith("[if"):
            self._comments.append(data)
        elif not self._is_conditional:
            inner = data.partition("]>")[2].rpartition("<![endif")[0]
            self._read_conditional(inner)

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> None:  # noqa: ARG002 - the parser's
        self._is_standard = True

    # --- What it means --------------------------------------------------------------

    def _check(self, depth: int) -> None:
        limits = self._limits
        if self._elements > limits.elements or depth > limits.depth or time.monotonic() > self._ends_at:
            raise _Enough
        self._next_check = min(self._elements + _ELEMENTS_A_LOOK_AT_THE_CLOCK, limits.elements + 1)

    def _dressed(self, tag: str, looks: _Attributes) -> Look:
        key = (tag, looks)
        if key in self._effects:
            effect = self._effects[key]
        else:
            effect = effect_of(tag, looks, self.sheet, is_standard=self._is_standard)
            if len(self._effects) < _MAX_LOOKS:
                self._effects[key] = effect
        if effect is None:
            return self._look
        look = self._looks.get((self._look, effect))
        if look is None:
            look = effect.on(self._look)
            if len(self._looks) < _MAX_LOOKS:
                self._looks[self._look, effect] = look
        return look

    def _read_attributes(self, tag: str, attrs: _Attributes) -> None:
        for name, value in attrs:
            if name not in _READ:
                continue
            if name in LOOKS:
                self._note_look(name, value)
            if not value:
                continue
            if name == "style":
                self._note_style(value)
            elif name in _ATTRIBUTES:
                self._note_urls(_BY_ELEMENT.get((tag, name)) or _ATTRIBUTES[name], name, value)
            elif name in _ASIDES:
                self._asides.append(value + _BREAK)

    def _note_look(self, name: str, value: str | None) -> None:
        """The look was asked for already."""

    def _note_style(self, style: str) -> None:
        if "(" in style:
            self._note_css_urls(style)

    def _note_urls(self, kind: LinkKind, name: str, value: str) -> None:
        if name not in _LISTS:
            self._note_link(value, kind)
            return
        for one in value[: self._limits.link_characters].split("," if name == "srcset" else " ")[:20]:
            self._note_link(one.strip().partition(" ")[0], kind)

    def _note_link(self, url: str, kind: LinkKind) -> None:
        url = url.strip()[: self._limits.link_characters]
        if url and url[0] != "#" and len(self._links) < self._limits.links:
            self._links.append((url, kind, "", self._look.hidden_by is not None))

    def _note_css_urls(self, css: str) -> None:
        for pattern in (_CSS_URL, _IMPORT):
            for found in pattern.finditer(plain(css)):
                self._note_link(found[1], _LOADED)

    def _note_silent(self, data: str) -> None:
        if self._silent == "style":
            self._css.append(data)
        elif self._silent == "script":
            self._scripts.append(data)
        elif self._silent == "title":
            self._asides.append(data + _BREAK)
        else:
            self._hidden.append(data)

    def _read_conditional(self, inner: str) -> None:
        """What Outlook alone is shown is a page within the page."""
        if not inner or inner.isspace():
            return
        before, above = self._look, self._above
        self._is_conditional, self._above = True, []
        self._look = replace(before, trick=before.trick or Trick.CONDITIONAL)
        silent, self._silent = self._silent, ""
        sax_parse(inner, self)
        self._look, self._above, self._silent, self._is_conditional = before, above, silent, False

    # --- Elements that mean something of their own --------------------------------------

    def begin_anchor(self, _tag: str, given: dict[str, str | None]) -> None:
        url = (given.get("href") or "").strip()[: self._limits.link_characters]
        is_noted = bool(self._links) and self._links[-1][0] == url
        self._anchors.append((len(self._links) - 1 if is_noted else -1, len(self._visible), len(self._hidden)))

    def end_anchor(self) -> None:
        if not self._anchors:
            return
        link, visible, hidden = self._anchors.pop()
        if link < 0:
            return
        label = "".join(self._visible[visible:])[: self._limits.label_characters]
        url, kind, _, is_hidden = self._links[link]
        label = " ".join(without_invisible(label)[0].split())
        is_hidden = is_hidden or (not label and len(self._hidden) > hidden)
        self._links[link] = url, kind, label, is_hidden

    def begin_base(self, _tag: str, given: dict[str, str | None]) -> None:
        self._base = self._base or (given.get("href") or "")[: self._limits.link_characters]

    def begin_meta(self, _tag: str, given: dict[str, str | None]) -> None:
        is_refresh = (given.get("http-equiv") or "").strip().lower() == "refresh"
        if is_refresh and (found := _REFRESH.search((given.get("content") or "")[: self._limits.link_characters])):
            self._note_link(found[1], LinkKind.REFRESH)

    def begin_image(self, _tag: str, given: dict[str, str | None]) -> None:
        is_dot = _is_dot(given.get("width")) and _is_dot(given.get("height"))
        self._pixels += is_dot or self._look.trick is not None

    def begin_form(self, _tag: str, given: dict[str, str | None]) -> None:
        self._forms.append(HtmlForm((given.get("action") or "").strip()[: self._limits.link_characters]))
        self._is_in_form = True

    def end_form(self) -> None:
        self._is_in_form = False

    def begin_input(self, _tag: str, given: dict[str, str | None]) -> None:
        what = (given.get("type") or "text").strip().lower()
        if what not in _TYPED:
            return
        if not self._forms:
            self._forms.append(HtmlForm())
        form = self._forms[-1]
        self._forms[-1] = replace(form, fields=form.fields + 1, has_password=form.has_password or what == "password")

    def end_style(self) -> None:
        self._silent = ""
        css = "".join(self._css)
        self._css.clear()
        if "(" in css or "@import" in css:
            self._note_css_urls(css)
        if not self._is_conditional:
            self._note_sheet(css)

    def _note_sheet(self, css: str) -> None:
        if self._has_whole_sheet:
            return
        if self.sheet.add(css) and (self._visible or self._hidden):
            self.has_late_sheet = True
        self._effects.clear()

    def begin_silent(self, tag: str, _given: dict[str, str | None]) -> None:
        self._silent = tag

    def end_silent(self) -> None:
        self._silent = ""


class _PlainReader(_Reader):
    """Of a page that hides nothing: how its elements look does not matter. What they say about it is gathered."""

    def __init__(self, limits: HtmlLimits, ends_at: float) -> None:
        super().__init__(limits, ends_at)
        self.styling = Styling()
        self._depth = 0
        self._gaps = self._visible  # Where they go.

    def start_element(self, tag: str, attrs: _Attributes) -> None:
        self._elements += 1
        self._depth += 1
        if self._elements >= self._next_check or self._depth > self._limits.depth:
            self._check(self._depth)
        gap, begin = _PLAIN_BEGINNINGS.get(tag, _NOTHING)
        if gap:
            self._gaps.append(gap)
        if attrs:
            self._read_attributes(tag, attrs)
        if begin:
            begin(self, tag, dict(attrs))

    def end_element(self, tag: str) -> None:
        self._depth -= 1
        gap, end = _PLAIN_ENDS.get(tag, _NOTHING)
        if gap:
            self._visible.append(gap)
        if end:
            end(self)

    def characters(self, data: str) -> None:
        if self._silent or self._is_conditional:
            super().characters(data)
        else:
            self._visible.append(data)

    def begin_odd(self, _tag: str, _given: dict[str, str | None]) -> None:
        self.styling.is_odd = True

    def _note_look(self, name: str, value: str | None) -> None:
        self.styling.note(name, value)

    def _note_style(self, style: str) -> None:
        self.styling.styles.add(style)
        super()._note_style(style)

    def _note_sheet(self, css: str) -> None:
        self.styling.sheets.append(css)

    def _read_conditional(self, inner: str) -> None:
        # All of it is hidden, however it looks.
        styling, self.styling, self._gaps = self.styling, Styling(), self._hidden
        super()._read_conditional(inner)
        self.styling, self._gaps = styling, self._visible


_BEGINNINGS = dict.fromkeys(_SILENT, _Reader.begin_silent) | {
    "a": _Reader.begin_anchor,
    "base": _Reader.begin_base,
    "meta": _Reader.begin_meta,
    "img": _Reader.begin_image,
    "form": _Reader.begin_form,
    "input": _Reader.begin_input,
}
_ENDS = dict.fromkeys(_SILENT, _Reader.end_silent) | {
    "a": _Reader.end_anchor,
    "form": _Reader.end_form,
    "style": _Reader.end_style,
}


# What a tag means to the reader of plain pages: its gap, and what else begins or ends.
_NOTHING: tuple[str, None] = ("", None)
_PLAIN_BEGINS: dict[str, Callable[[_PlainReader, str, dict[str, str | None]], None]] = {
    **_BEGINNINGS,
    **dict.fromkeys(("button", "template", "datalist"), _PlainReader.begin_odd),
}
_PLAIN_BEGINNINGS = {tag: (_GAPS.get(tag, ""), _PLAIN_BEGINS.get(tag)) for tag in (*_GAPS, *_PLAIN_BEGINS)}
_PLAIN_ENDS = {tag: (_BREAK if tag in _BREAKS else "", _ENDS.get(tag)) for tag in (*_BREAKS, *_ENDS)}


def _is_dot(size: str | None) -> bool:
    """Whether a width or a height in pixels is that of a dot, or of nothing."""
    found = _NUMBER.match(size) if size else None
    return found is not None and int(found[1]) <= 1


def _lines(text: str) -> str:
    """The text with its white space as it is shown."""
    lines = (" ".join(line.split()) for line in text.split(_BREAK))
    return "\n".join(line for line in lines if line)
