"""The MAIL and RCPT parameters that we offer: SIZE, BODY, SMTPUTF8, and RET, ENVID, NOTIFY, ORCPT of DSN."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ecluse.wire.smtp import replies
from ecluse.wire.smtp.grammar import SyntaxTrouble

_SIZE = re.compile(r"[0-9]{1,20}")  # RFC 1870 section 4.
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*+")  # RFC 3461 section 4.
_ORCPT = re.compile(r"[A-Za-z0-9-]++;(?:[!-*,-<>-~\u00a0-\U0010ffff]|\+[0-9A-F]{2})++")  # RFC 6533 section 3 for UTF-8.
_ENVID_MAX_OCTETS = 100  # RFC 3461 section 4.4.
_ORCPT_MAX_OCTETS = 500  # RFC 3461 section 4.2.
_NOTIFY_WORDS = frozenset({"SUCCESS", "FAILURE", "DELAY"})


@dataclass(frozen=True, slots=True)
class MailParameters:
    """What the parameters of MAIL say."""

    declared_size: int = 0
    body: str = "7BIT"
    smtputf8: bool = False
    ret: str = ""
    envid: str = ""


@dataclass(frozen=True, slots=True)
class RcptParameters:
    """What the parameters of RCPT say."""

    notify: tuple[str, ...] = ()
    orcpt: str = ""


NO_MAIL_PARAMETERS = MailParameters()
NO_RCPT_PARAMETERS = RcptParameters()
_MAIL_KEYWORDS = frozenset({"SIZE", "BODY", "SMTPUTF8"})
_MAIL_DSN_KEYWORDS = _MAIL_KEYWORDS | {"RET", "ENVID"}
_RCPT_DSN_KEYWORDS = frozenset({"NOTIFY", "ORCPT"})
_NONE: frozenset[str] = frozenset()


def read_mail_parameters(
    parameters: Mapping[str, str], *, is_esmtp: bool, offers_dsn: bool, offers_auth: bool = False
) -> MailParameters:
    """What AUTH= says is read and forgotten (RFC 4954 section 5): who a client is, is known by itself.

    Raises `SyntaxTrouble` with 555 for what was not offered, 501 for a value that is none.
    """
    if not parameters:
        return NO_MAIL_PARAMETERS
    offered = _MAIL_DSN_KEYWORDS if offers_dsn else _MAIL_KEYWORDS
    _check_offered(parameters, offered | {"AUTH"} if offers_auth else offered, is_esmtp=is_esmtp)
    size = parameters.get("SIZE", "0")
    body = parameters.get("BODY", "7BIT").upper()
    ret = parameters.get("RET", "").upper()
    envid = parameters.get("ENVID", "")
    _require(
        _SIZE.fullmatch(size),
        body in ("7BIT", "8BITMIME"),
        not parameters.get("SMTPUTF8"),
        "RET" not in parameters or ret in ("FULL", "HDRS"),
        "ENVID" not in parameters or envid,
        _XTEXT.fullmatch(parameters.get("AUTH", "<>")) and parameters.get("AUTH", "<>"),
        _XTEXT.fullmatch(envid) and len(envid) <= _ENVID_MAX_OCTETS,
    )
    return MailParameters(int(size), body, "SMTPUTF8" in parameters, ret, envid)


def read_rcpt_parameters(
    parameters: Mapping[str, str], *, is_esmtp: bool, offers_dsn: bool, allows_utf8: bool
) -> RcptParameters:
    """As `read_mail_parameters`."""
    if not parameters:
        return NO_RCPT_PARAMETERS
    _check_offered(parameters, _RCPT_DSN_KEYWORDS if offers_dsn else _NONE, is_esmtp=is_esmtp)
    notify = tuple(parameters["NOTIFY"].upper().split(",")) if "NOTIFY" in parameters else ()
    orcpt = parameters.get("ORCPT", "")
    _require(
        notify in ((), ("NEVER",)) or _NOTIFY_WORDS.issuperset(notify),
        "ORCPT" not in parameters or _ORCPT.fullmatch(orcpt),
        len(orcpt.encode()) <= _ORCPT_MAX_OCTETS,
        allows_utf8 or orcpt.isascii(),
    )
    return RcptParameters(notify, orcpt)


def _check_offered(parameters: Mapping[str, str], offered: frozenset[str], *, is_esmtp: bool) -> None:
    # RFC 5321 section 3.3: parameters belong to negotiated extensions, and HELO negotiates none.
    if not is_esmtp or not offered.issuperset(parameters):
        raise SyntaxTrouble(replies.UNKNOWN_PARAMETER)


def _require(*conditions: object) -> None:
    if not all(conditions):
        raise SyntaxTrouble(replies.BAD_PARAMETER)
