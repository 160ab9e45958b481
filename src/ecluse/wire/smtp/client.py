"""The sending side of SMTP without I/O: commands and content as octets, octets back into replies (RFC 5321)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from ecluse.domain.address import Address
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.errors import EcluseError, Impossible
from ecluse.domain.printable import printable
from ecluse.domain.reply import Reply

MAX_REPLY_LINES = 100
MAX_LINE_OCTETS = 2_048  # RFC 5321 section 4.5.3.1.5 says 512; real servers write more.
MAX_REPLY_OCTETS = 65_536

DATA = b"DATA\r\n"
RSET = b"RSET\r\n"
QUIT = b"QUIT\r\n"
LONE_DOT = b".\r\n"  # An empty message; ends a DATA that was accepted for nobody (RFC 2920 section 3.1).

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.([0-9]{1,3}\.[0-9]{1,3})(?: |$)")
_SIZE = re.compile(r"[0-9]{1,20}")
_HOSTNAME = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")
# RFC 5321 section 4.1.2, loosely: what matters is that nothing can end the path or the line before its time.
_PATH = re.compile(
    r'(?:[^\x00-\x20\x7f-\x9f<>()"\\@\ud800-\udfff]+|"(?:[^\x00-\x1f\x7f-\x9f"\\\ud800-\udfff]|\\[\x20-\x7e])*")'
    r'(?:@[^\x00-\x20\x7f-\x9f<>()"\\@\ud800-\udfff]+)?'
)
_PARAMETER = re.compile(r"[!-~\u00a1-\ud7ff\ue000-\U0010ffff]{1,500}")
_NOTIFY = frozenset({"NEVER", "SUCCESS", "FAILURE", "DELAY"})


class ProtocolTrouble(EcluseError):
    """The server says what SMTP does not allow; its connection is of no more use."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a server offers in its answer to EHLO (RFC 5321 section 4.1.1.1); the default is a HELO-only server."""

    pipelining: bool = False  # RFC 2920
    chunking: bool = False  # RFC 3030
    size: int | None = None  # RFC 1870: octets; 0 = offered without a limit, None = not offered.
    eightbitmime: bool = False  # RFC 6152
    smtputf8: bool = False  # RFC 6531
    dsn: bool = False  # RFC 3461
    starttls: bool = False  # RFC 3207
    enhancedstatuscodes: bool = False  # RFC 2034

    def has_room_for(self, octets: int) -> bool:
        """Whether a message of so many octets is within the announced limit."""
        return not self.size or octets <= self.size


def parse_capabilities(reply: Reply) -> Capabilities:
    """Read the reply to EHLO: one keyword a line after the first, in any case; unknown ones are ignored."""
    words = (line.split(" ") for line in reply.text.upper().split("\n")[1:])
    offered = {keyword: parameters for keyword, *parameters in words}
    return Capabilities(
        pipelining="PIPELINING" in offered,
        chunking="CHUNKING" in offered,
        size=_announced_size(offered["SIZE"]) if "SIZE" in offered else None,
        eightbitmime="8BITMIME" in offered,
        smtputf8="SMTPUTF8" in offered,
        dsn="DSN" in offered,
        starttls="STARTTLS" in offered,
        enhancedstatuscodes="ENHANCEDSTATUSCODES" in offered,
    )


def _announced_size(parameters: list[str]) -> int:
    return int(parameters[0]) if parameters and _SIZE.fullmatch(parameters[0]) else 0


class SendingSession:
    """One connection as its sending side sees it: what was asked and not yet answered, and half-read replies."""

    __slots__ = ("_is_deaf", "_lines", "_octets", "_tail", "_turns_deaf", "awaited", "capabilities")

    def __init__(self) -> None:
        self.capabilities = Capabilities()
        self.awaited = 1  # Replies still to come; the first is the greeting.
        self._tail = b""  # An unfinished line.
        self._lines: list[bytes] = []  # Texts of an unfinished reply.
        self._octets = 0  # Their size.
        self._turns_deaf = False
        self._is_deaf = False

    def ask(self, *commands: bytes) -> bytes:
        """The octets to send; each command awaits one reply."""
        self.awaited += len(commands)
        return b"".join(commands)

    def ask_starttls(self) -> bytes:
        """The octets to send; what follows the 220 in the clear is never read (RFC 3207 section 6)."""
        self._turns_deaf = True
        return self.ask(b"STARTTLS\r\n")

    def begin_content(self) -> None:
        """Await the one reply to the content, which may come before all of it was sent."""
        self.awaited += 1

    def restart(self) -> None:
        """Begin anew inside TLS: everything learned in the clear is forgotten (RFC 3207 section 4.2)."""
        self.capabilities = Capabilities()
        self.awaited = 0
        self._tail, self._lines, self._octets = b"", [], 0
        self._turns_deaf = self._is_deaf = False

    def learn(self, reply: Reply) -> None:
        """Take over what the server offers from its reply to EHLO."""
        self.capabilities = parse_capabilities(reply)

    def receive(self, octets: bytes) -> Iterator[Reply]:
        """The replies that are whole now, oldest first. Raises `ProtocolTrouble` where good ones end."""
        if self._is_deaf:
            return
        lines = (self._tail + octets).split(b"\n")
        self._tail = lines.pop()
        for line in lines:
            reply = self._take(line.removesuffix(b"\r"))
            if reply is None:
                continue
            yield reply
            if self._turns_deaf and not self.awaited and reply.code == 220:
                self._is_deaf, self._tail = True, b""
                return
        if len(self._tail) > MAX_LINE_OCTETS:
            raise ProtocolTrouble("a reply line is too long")

    def _take(self, line: bytes) -> Reply | None:
        found = _LINE.fullmatch(line)
        if found is None or len(line) > MAX_LINE_OCTETS:
            raise ProtocolTrouble("what came is not an SMTP reply")
        if not self.awaited:
            raise ProtocolTrouble(f"a reply came that nothing was asked for: {_readable(line[:200])}")
        code, separator, text = found.groups(b"")
        if separator == b"-":
            self._keep(text)
            return None
        # Servers that change the code between lines exist: like Postfix we believe the last line.
        texts = (*self._lines, text)
        self._lines, self._octets = [], 0
        self.awaited -= 1
        return _reply(int(code), texts)

    def _keep(self, text: bytes) -> None:
        self._lines.append(text)
        self._octets += len(text) + 6
        if len(self._lines) >= MAX_REPLY_LINES or self._octets > MAX_REPLY_OCTETS:
            raise ProtocolTrouble("a reply is too long")


@lru_cache(maxsize=256)
def _reply(code: int, texts: tuple[bytes, ...]) -> Reply:
    """Most of what servers say is one of few replies. Join the lines; the enhanced code is taken out where it agrees with `code` (RFC 2034 section 4)."""
    lines = [_readable(text) for text in texts]
    matches = [_ENHANCED.match(line) for line in lines]
    for found in matches:
        if found and int(found[1]) == code // 100:
            prefix = found[0].rstrip(" ")
            texts_only = (line[len(prefix) + 1 :] if _is_prefixed(line, prefix) else line for line in lines)
            return Reply(code, found[2], "\n".join(texts_only))
    return Reply(code, "", "\n".join(lines))


def _is_prefixed(line: str, prefix: str) -> bool:
    return line == prefix or line.startswith(prefix + " ")


def _readable(text: bytes) -> str:
    """Text that can stand in a reply and a log of ours: nothing in it ends a line or moves a cursor."""
    return printable(text.decode("utf-8", "replace"))


def ehlo(hostname: str) -> bytes:
    """The EHLO command. Raises `Impossible` for a name that cannot stand in it."""
    return f"EHLO {_host(hostname)}\r\n".encode()


def helo(hostname: str) -> bytes:
    """The HELO command, for servers that do not know EHLO (RFC 5321 section 3.2). Raises `Impossible`."""
    return f"HELO {_host(hostname)}\r\n".encode()


def _host(hostname: str) -> str:
    if not _HOSTNAME.fullmatch(hostname):
        raise Impossible(f"{hostname!r} cannot stand in EHLO")
    return hostname


def needs_smtputf8(envelope: Envelope) -> bool:
    """Whether the message may only go to a server that offers SMTPUTF8 (RFC 6531 section 3.5)."""
    return envelope.smtputf8 or not (
        envelope.sender_text.isascii() and all(str(recipient.address).isascii() for recipient in envelope.recipients)
    )


def envelope_commands(envelope: Envelope, capabilities: Capabilities, size: int) -> list[bytes]:
    """MAIL and one RCPT per recipient, with the parameters that the server offers; `size` in octets (RFC 1870).

    Raises `Impossible` for an address or parameter that would break out of its command, and for one that needs
    SMTPUTF8 where it is not offered.
    """
    try:
        commands = [_mail(envelope, capabilities, size)]
        commands += [_rcpt(recipient, capabilities) for recipient in envelope.recipients]
    except UnicodeEncodeError as error:
        raise Impossible("an address needs SMTPUTF8, which the next hop does not offer") from error
    return commands


def _mail(envelope: Envelope, capabilities: Capabilities, size: int) -> bytes:
    words = [f"MAIL FROM:<{_path(envelope.sender) if envelope.sender else ''}>"]
    if capabilities.size is not None:
        words.append(f"SIZE={size}")
    if capabilities.eightbitmime and envelope.body == "8BITMIME":
        words.append("BODY=8BITMIME")
    if capabilities.smtputf8 and needs_smtputf8(envelope):
        words.append("SMTPUTF8")
    if capabilities.dsn and envelope.ret in {"FULL", "HDRS"}:
        words.append(f"RET={envelope.ret}")
    if capabilities.dsn and envelope.envid:
        words.append(f"ENVID={_parameter(envelope.envid)}")
    return _command(words, capabilities)


def _rcpt(recipient: Recipient, capabilities: Capabilities) -> bytes:
    words = [f"RCPT TO:<{_path(recipient.address)}>"]
    if capabilities.dsn and recipient.notify and _NOTIFY.issuperset(recipient.notify):
        words.append(f"NOTIFY={','.join(recipient.notify)}")
    if capabilities.dsn and recipient.orcpt:
        words.append(f"ORCPT={_parameter(recipient.orcpt)}")
    return _command(words, capabilities)


def _command(words: list[str], capabilities: Capabilities) -> bytes:
    return f"{' '.join(words)}\r\n".encode("utf-8" if capabilities.smtputf8 else "ascii")


def _path(address: Address) -> str:
    path = str(address)
    if not _PATH.fullmatch(path):
        raise Impossible(f"{path!r} cannot stand in a path")
    return path


def _parameter(value: str) -> str:
    if not _PARAMETER.fullmatch(value):
        raise Impossible(f"{value!r} cannot be a parameter")
    return value


def stuffed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The content for DATA: lines that begin with a dot get another (RFC 5321 section 4.5.2), nothing else changes.

    The last piece, and it alone, holds the final dot; a missing CRLF before it is added (section 4.1.1.4).
    """
    held = b""
    before = b"\r\n"  # The last two octets so far; the line end of DATA itself stands before the first piece.
    for piece in pieces:
        if held:
            yield held
        held = _stuffed(piece, before)
        before = piece[-2:] if len(piece) > 1 else (before + piece)[-2:]
    yield held + (LONE_DOT if before == b"\r\n" else b"\r\n.\r\n")


def _stuffed(piece: bytes, before: bytes) -> bytes:
    # Most pieces have no such line. Attachments hold no dot at all, and a search from the end is twice as fast as the
    # one inside `replace`.
    has_dot_lines = b"." in piece and piece.rfind(b"\r\n.") >= 0
    whole = piece.replace(b"\r\n.", b"\r\n..") if has_dot_lines else piece
    if before == b"\r\n" and piece.startswith(b"."):
        return b"." + whole
    if before.endswith(b"\r") and piece.startswith(b"\n."):
        return b"\n." + whole[1:]
    return whole


def framed(size: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The content for BDAT as it is, in one chunk that is the last (RFC 3030 section 2).

    The server cannot end the message before the last piece has come, just as with a final dot. Raises `Impossible`
    before that piece when the pieces are not `size` octets in all.
    """
    held = b"BDAT %d LAST\r\n" % size
    rest = size
    for piece in filter(None, pieces):
        if rest < len(piece):
            raise Impossible("the content is longer than it says")
        if rest < size:
            yield held
            held = b""
        held += piece
        rest -= len(piece)
    if rest:
        raise Impossible("the content is shorter than it says")
    yield held
