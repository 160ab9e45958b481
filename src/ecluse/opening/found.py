"""What all layers of a file have yielded so far, as much of it as is kept."""

from __future__ import annotations

from ecluse.domain.opened import Member, MemberKind, Opened, RuleMatch
from ecluse.opening.budget import Limits
from ecluse.opening.pieces import EmbeddedObject, ExternalLink, QrText, SilentPicture, Text, Url
from ecluse.opening.unreached import MAX_UNREACHED, MAX_UNREACHED_OCTETS

_MAX_NAME = 1_024  # Characters of a name that are kept.
_MAX_QR_TEXT = 4_296  # The largest code holds no more (ISO 18004).
_MAX_RULES = 200
MAX_SILENT = 350  # Pictures; as many are handed on to a new helper.
_RESERVED = Member((), MemberKind.OTHER)


class Found:
    """Grows while a file is opened."""

    def __init__(self, limits: Limits) -> None:
        self._characters_left = limits.texts
        self._urls_at_most = limits.urls
        self._flags: dict[str, None] = {}
        self._rules: dict[str, RuleMatch] = {}
        self._links: dict[str, None] = {}
        self._objects: dict[str, None] = {}
        self._urls: dict[str, None] = {}
        self._qr_texts: dict[str, None] = {}
        self._silent: dict[str, None] = {}
        self._texts: list[str] = []
        self._unreached: dict[bytes, None] = {}
        self._unreached_left = MAX_UNREACHED_OCTETS
        self._has_more_unreached = False
        self.members: list[Member] = []
        self.is_encrypted = False

    def flag(self, *flags: str) -> None:
        """Words about any layer."""
        self._flags.update(dict.fromkeys(flags))

    def reserve_member(self) -> int:
        """The place of a member that is known before what lies in it."""
        self.members.append(_RESERVED)
        return len(self.members) - 1

    def add_unreached(self, content: bytes) -> None:
        """Octets that the virus scanner is to be given; what does not fit is told."""
        if content in self._unreached:
            return
        if len(self._unreached) == MAX_UNREACHED or len(content) > self._unreached_left:
            self._has_more_unreached = True
            return
        self._unreached[content] = None
        self._unreached_left -= len(content)

    def add(self, piece: ExternalLink | EmbeddedObject | Url | QrText | SilentPicture | Text | RuleMatch) -> None:
        """Keep what an opener says."""
        match piece:
            case ExternalLink(url):
                self._add_url(self._links, url)
            case Url(url):
                self._add_url(self._urls, url)
            case EmbeddedObject(name):
                self._add_url(self._objects, name[:_MAX_NAME])
            case QrText(text):
                self._add_url(self._qr_texts, text[:_MAX_QR_TEXT])
            case SilentPicture(digest) if digest and len(self._silent) < MAX_SILENT:
                self._silent[digest] = None
            case Text(text):
                self._add_text(text)
            case RuleMatch(name) if len(self._rules) < _MAX_RULES:
                self._rules[name] = piece

    def _add_url(self, known: dict[str, None], url: str) -> None:
        if len(known) < self._urls_at_most:
            known[url] = None

    def _add_text(self, text: str) -> None:
        kept = text[: self._characters_left]
        if kept:
            self._texts.append(kept)
            self._characters_left -= len(kept)

    def opened(self, kind: str, error: str) -> Opened:
        """All of it; `kind` and `error` are those of the outermost file."""
        return Opened(
            type=kind,
            is_encrypted=self.is_encrypted,
            error=error,
            flags=tuple(self._flags),
            rules=tuple(self._rules.values()),
            members=tuple(self.members),
            external_links=tuple(self._links),
            embedded_objects=tuple(self._objects),
            urls=tuple(self._urls),
            qr_texts=tuple(self._qr_texts),
            texts=tuple(self._texts),
            unreached=tuple(self._unreached),
            has_more_unreached=self._has_more_unreached,
            silent_pictures=tuple(map(bytes.fromhex, self._silent)),
        )
