"""The grammar of SMTP command lines (RFC 5321 section 4.1, RFC 6531 section 3.3)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import idna

from ecluse.domain.address import Address
from ecluse.domain.errors import EcluseError
from ecluse.domain.reply import Reply
from ecluse.wire.smtp import replies


class SyntaxTrouble(EcluseError):
    """A command line that is refused as it stands; `reply` says how."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


@dataclass(frozen=True, slots=True)
class PathLimits:
    """RFC 5321 section 4.5.3.1, in octets."""

    local: int = 64
    domain: int = 255
    path: int = 256  # With its angle brackets.


@dataclass(frozen=True, slots=True)
class Path:
    """What stood in the angle brackets of MAIL or RCPT."""

    text: str  # As sent, without the brackets.
    address: Address | None  # None for <>.


class Command(NamedTuple):
    """One command line."""

    verb: str  # Upper case.
    argument: str = ""  # What follows the verb; of MAIL and RCPT see `path` and `parameters`.
    path: Path | None = None
    parameters: Mapping[str, str] = MappingProxyType({})  # KEYWORD -> value, "" where it has none.


DEFAULT_LIMITS = PathLimits()
LENIENT_LIMITS = PathLimits(local=254)  # Bounce addresses that carry the recipient's address are longer than 64.
NULL_PATH = Path("", None)

# RFC 5321 section 4.1.2 with the UTF8-non-ascii of RFC 6531 section 3.3; possessive, so that no line is read twice.
_UTF8 = "\u00a0-\U0010ffff"
_ATEXT = rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~{_UTF8}-]"
_LOCAL = rf'(?:{_ATEXT}++(?:\.{_ATEXT}++)*+|"(?:[ !#-\[\]-~{_UTF8}]|\\[ -~])*+")'
# The dcontent of a literal without `"()<>@\`: no literal that is in use holds one, and no next hop could be told it.
_DOMAIN = rf"(?:\[[!#-'*-;=?A-Z^-~]++\]|[A-Za-z0-9._{_UTF8}-]++)"
_PATH = re.compile(rf"<(?:@{_DOMAIN}(?:,@{_DOMAIN})*+:)?({_LOCAL})(?:@({_DOMAIN}))?>")
_PARAMETER = re.compile(rf"([A-Za-z0-9][A-Za-z0-9-]*+)(?:=([!-<>-~{_UTF8}]++))?")

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_BAD_LABELS = re.compile(r"^[.-]|[.-]$|[.-]\.|\.-|[^.]{64}")
_HELO_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}")
_BDAT = re.compile(r"[0-9]{1,20}(?: +LAST)?", re.IGNORECASE)
_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_TAG = re.compile(r"[A-Za-z0-9-]*[A-Za-z0-9]")


def parse_command(line: bytes, *, limits: PathLimits = DEFAULT_LIMITS, allows_utf8: bool = False) -> Command:
    """The command in `line`, which comes without its CRLF; verbs that nobody knows are returned as they are.

    `allows_utf8`: the transaction was begun with SMTPUTF8; MAIL says so itself. Raises `SyntaxTrouble`.
    """
    text = _decode(line)
    # RFC 5321 section 4.1.1: white space before the CRLF should be tolerated.
    verb, _, argument = text.rstrip(" ").partition(" ")
    if not (verb.isascii() and verb.isalpha()):
        raise SyntaxTrouble(replies.BAD_COMMAND)
    verb = verb.upper()
    if verb == "MAIL":
        return _parse_mail(argument, limits)
    if verb == "RCPT":
        return _parse_rcpt(argument, limits, allows_utf8=allows_utf8)
    check = _ARGUMENT_CHECKS.get(verb)
    if check is not None:
        check(argument)
    return Command(verb, argument)


def parse_path(
    text: str, *, fault: Reply = replies.BAD_SENDER, limits: PathLimits = DEFAULT_LIMITS, allows_utf8: bool = False
) -> tuple[Path, str]:
    """The path at the start of `text`, `<>` among them, and what follows it.

    Raises `SyntaxTrouble` with `fault`, or with 553 5.6.7 for a non-ASCII address where `allows_utf8` is off.
    """
    if text.startswith("<>"):
        return NULL_PATH, text[2:]
    match = _PATH.match(text)
    if match is None:
        raise SyntaxTrouble(fault)
    return _build_path(match, fault, limits, allows_utf8=allows_utf8), text[match.end() :]


def _decode(line: bytes) -> str:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise SyntaxTrouble(replies.BAD_LINE) from None
    if _CONTROLS.search(text):
        raise SyntaxTrouble(replies.BAD_LINE)
    return text


def _parse_mail(argument: str, limits: PathLimits) -> Command:
    text = _after_keyword(argument, "FROM:", replies.MAIL_SYNTAX)
    # Whether the address may be non-ASCII is said behind it.
    path, rest = parse_path(text, fault=replies.BAD_SENDER, limits=limits, allows_utf8=True)
    parameters = _parse_parameters(rest, replies.BAD_SENDER)
    if not path.text.isascii() and "SMTPUTF8" not in parameters:
        raise SyntaxTrouble(replies.NEEDS_SMTPUTF8)
    if path.address is not None and not path.address.domain:
        raise SyntaxTrouble(replies.BAD_SENDER)
    return Command("MAIL", argument, path, parameters)


def _parse_rcpt(argument: str, limits: PathLimits, *, allows_utf8: bool) -> Command:
    text = _after_keyword(argument, "TO:", replies.RCPT_SYNTAX)
    path, rest = parse_path(text, fault=replies.BAD_RECIPIENT, limits=limits, allows_utf8=allows_utf8)
    # RFC 5321 section 4.1.1.3: <Postmaster> is the only path without a domain, <> is none.
    if path.address is None or not (path.address.domain or path.address.local.lower() == "postmaster"):
        raise SyntaxTrouble(replies.BAD_RECIPIENT)
    return Command("RCPT", argument, path, _parse_parameters(rest, replies.BAD_RECIPIENT))


def _after_keyword(argument: str, keyword: str, fault: Reply) -> str:
    if argument[: len(keyword)].upper() != keyword:
        raise SyntaxTrouble(fault)
    # RFC 5321 section 3.3 allows no space here, yet scripts and devices send it and every server takes it.
    text = argument[len(keyword) :].lstrip(" ")
    if not text.startswith("<"):
        raise SyntaxTrouble(fault)
    return text


def _build_path(match: re.Match[str], fault: Reply, limits: PathLimits, *, allows_utf8: bool) -> Path:
    whole, local, domain = match.group(0, 1, 2)
    if not whole.isascii() and not allows_utf8:
        raise SyntaxTrouble(replies.NEEDS_SMTPUTF8)
    if _octets(whole) > limits.path or _octets(local) > limits.local:
        raise SyntaxTrouble(fault)
    try:
        address = Address(local, canonical_domain(domain, limits.domain) if domain else "")
    except ValueError:
        raise SyntaxTrouble(fault) from None
    return Path(whole[1:-1], address)


def _octets(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def canonical_domain(domain: str, limit: int = 255) -> str:
    """A domain as `Address` keeps it: lower case, A-labels (RFC 5891), a literal with its brackets.

    Raises ValueError where it is neither a domain nor an address literal. Underscores are let through: they
    stand in real names of senders.
    """
    if _octets(domain) > limit:
        raise ValueError(domain)
    if domain.startswith("["):
        _check_literal(domain[1:-1])
        return domain.lower()
    lowered = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    if len(lowered) > limit or _BAD_LABELS.search(lowered):
        raise ValueError(domain)
    return lowered


def _check_literal(inner: str) -> None:
    """Address literals of RFC 5321 section 4.1.3; raises ValueError."""
    if _IPV4.fullmatch(inner):
        if any(int(number) > 255 for number in inner.split(".")):
            raise ValueError(inner)
        return
    tag, colon, content = inner.partition(":")
    if tag.lower() == "ipv6" and "%" not in content:
        ipaddress.IPv6Address(content)
    elif tag.lower() == "ipv6" or not colon or not content or not _TAG.fullmatch(tag) or _is_ipv6(inner):
        raise ValueError(inner)


def _is_ipv6(text: str) -> bool:
    """An IPv6 address whose tag was forgotten would pass for some other tagged form."""
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _parse_parameters(rest: str, fault: Reply) -> dict[str, str]:
    """RFC 5321 section 4.1.2; a keyword that comes twice is refused, nobody could say which one counts."""
    if not rest:
        return {}
    if not rest.startswith(" "):
        raise SyntaxTrouble(fault)
    parameters: dict[str, str] = {}
    for word in rest.split(" "):
        match = _PARAMETER.fullmatch(word)
        keyword = match[1].upper() if match else ""
        if word and (not match or keyword in parameters):
            raise SyntaxTrouble(replies.BAD_PARAMETER)
        if match:
            parameters[keyword] = match[2] or ""
    return parameters


def _check_helo(argument: str) -> None:
    """Any name of letters, digits, dots, hyphens and underscores: many honest hosts have no better one."""
    if _HELO_NAME.fullmatch(argument):
        return
    try:
        if argument.startswith("[") and argument.endswith("]") and argument.isascii():
            canonical_domain(argument)
            return
    except ValueError:
        pass
    raise SyntaxTrouble(replies.HELO_SYNTAX)


def _check_vrfy(argument: str) -> None:
    """A name or an address, with or without brackets (RFC 5321 section 4.1.1.6)."""
    text = argument.removesuffix(" SMTPUTF8").strip(" ")
    match = _PATH.fullmatch(text if text.startswith("<") else f"<{text}>")
    if match is None:
        raise SyntaxTrouble(replies.VRFY_SYNTAX)


def _check_nothing(argument: str) -> None:
    if argument:
        raise SyntaxTrouble(replies.NO_ARGUMENT_ALLOWED)


def _check_bdat(argument: str) -> None:
    if not _BDAT.fullmatch(argument):
        raise SyntaxTrouble(replies.BDAT_SYNTAX)


_ARGUMENT_CHECKS: dict[str, Callable[[str], None]] = {
    "HELO": _check_helo,
    "EHLO": _check_helo,
    "VRFY": _check_vrfy,
    "BDAT": _check_bdat,
    **dict.fromkeys(("DATA", "RSET", "QUIT", "STARTTLS"), _check_nothing),
}
