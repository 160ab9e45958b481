"""Where a message leads, and what its text hides: numbers, domains and words of ours, no URLs and no text (15-8)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LinkFlag(StrEnum):
    """Something about at least one link or form of the message."""

    DISGUISED = "disguised"  # Its label shows another domain than the one it leads to.
    CREDENTIALS = "credentials"  # `http://bank.example@evil.example/`
    ADDRESS = "ip-address"  # Its host is one.
    ODD_PORT = "odd-port"
    SCRIPT = "script"  # `javascript:`, `vbscript:`
    DATA = "data"  # The page stands in the link itself.
    FILE = "file"  # `file:`, `search-ms:` and others that start a program of the reader's.
    REDIRECTED = "redirected"  # A service leads on to another domain.
    SHORTENED = "shortened"  # Its service alone knows where it leads.
    HIDDEN = "hidden"  # The reader cannot see it.
    MANY = "many"  # More domains than we keep.
    FRAME = "frame"  # A page of the web inside the message.
    FORM = "form"  # What is typed into the message is sent somewhere.
    PASSWORD = "password"  # noqa: S105 - a word for a field that asks for one
    PIXEL = "pixel"  # A picture that nobody can see: it reports that the message was opened.
    CODE = "qr-code"  # It stands in a picture.


class Role(StrEnum):
    """What a name is in the message."""

    AUTHOR = "author"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class LookAlikeFact:
    """A domain that is made to be taken for another one."""

    domain: str  # Registered, A-labels.
    brand: str  # What it is taken for: a name of ours, of the policy, or a domain of the client.
    likeness: str  # "shape", "typo", "inside": see `wire/names/lookalikes.py`.
    role: Role
    is_protected: bool = False  # By the policy or as the client's own; False: by the list that we ship.


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What the links of a message are."""

    count: int = 0  # Different URLs.
    domains: tuple[str, ...] = ()  # Registered domains, of where redirects lead too; fifty at most.
    flags: tuple[LinkFlag, ...] = ()
    look_alikes: tuple[LookAlikeFact, ...] = ()


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What the readable texts of a message are, and what they hide."""

    visible: int = 0  # Characters without white space, of all texts that are shown.
    hidden: int = 0  # Characters of words that a page keeps from its reader and shows nowhere.
    tricks: tuple[str, ...] = ()  # By what: words of `wire/html/look.py`.
    split_words: int = 0  # Words cut up by characters that nobody sees.
    scripts: int = 0
    is_cut: bool = False  # A page is larger or stranger than we read.

    @property
    def hidden_share(self) -> float:
        """Between 0 and 1."""
        whole = self.visible + self.hidden
        return self.hidden / whole if whole else 0.0
