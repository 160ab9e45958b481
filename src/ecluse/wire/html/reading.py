"""What reading a message's HTML yields."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ecluse.wire.html.look import Trick


@dataclass(frozen=True, slots=True)
class HtmlLimits:
    """Where reading stops; `HtmlReading.is_cut` tells."""

    characters: int = 262_144
    tags: int = 20_000  # Marks of the source: what the parser is given.
    elements: int = 50_000  # Of the tree, which may be larger than its source.
    depth: int = 600  # More than the parser's own 512.
    seconds: float = 1.0
    links: int = 2_000
    link_characters: int = 8_192
    label_characters: int = 300


class LinkKind(StrEnum):
    """What makes a client go there."""

    CLICK = "click"  # The reader follows it.
    FORM = "form"  # What he types is sent there.
    LOADED = "loaded"  # A picture, a sound, a style sheet.
    FRAME = "frame"  # A page inside the message.
    SCRIPT = "script"
    REFRESH = "refresh"  # Gone to by itself.
    NAMED = "named"  # Only mentioned: cite, longdesc, ping.


class HtmlLink(NamedTuple):
    """A URL as it stands in an attribute or a style, neither parsed nor joined to `HtmlReading.base`."""

    url: str
    kind: LinkKind
    label: str = ""  # What the reader sees of an anchor, on one line.
    is_hidden: bool = False  # He cannot see it.


@dataclass(frozen=True, slots=True)
class HtmlForm:
    """A form, or fields outside any."""

    action: str = ""
    fields: int = 0  # In which something can be typed.
    has_password: bool = False


@dataclass(frozen=True, slots=True)
class HtmlReading:
    """One HTML text, read as a mail client shows it."""

    visible: str = ""  # What the reader sees: invisible characters taken out, one line for each block.
    hidden: str = ""  # Text of the page that is kept from him.
    asides: str = ""  # Title, alt and title attributes: shown now and then.
    comments: str = ""
    links: tuple[HtmlLink, ...] = ()
    base: str = ""  # Of `<base href>`.
    forms: tuple[HtmlForm, ...] = ()
    scripts: tuple[str, ...] = ()
    tricks: tuple[tuple[Trick, int], ...] = ()  # How many characters each trick hides.
    split_words: int = 0  # Words of the visible text with invisible characters inside.
    pixels: int = 0  # Pictures that nobody can see.
    is_cut: bool = False  # A limit was reached.

    @property
    def visible_characters(self) -> int:
        """Without white space."""
        return len(self.visible) - self.visible.count(" ") - self.visible.count("\n")

    @property
    def hidden_characters(self) -> int:
        """Without white space; what Outlook alone shows is not hidden."""
        return sum(count for trick, count in self.tricks if trick is not Trick.CONDITIONAL)
