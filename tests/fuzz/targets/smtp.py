"""The SMTP engine: sessions on both sides, content, command lines, and what balancers put before them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_address

from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.reply import Reply
from ecluse.wire.smtp import proxy, replies
from ecluse.wire.smtp.client import Capabilities, ProtocolTrouble, SendingSession, envelope_commands, framed, stuffed
from ecluse.wire.smtp.data import BdatReader, DataReader, Newlines
from ecluse.wire.smtp.events import (
    AuthBegins,
    AuthResponse,
    Closing,
    ContentBegins,
    ContentDropped,
    ContentEnds,
    ContentPiece,
    Event,
    MailBegins,
    RecipientNamed,
    TlsAsked,
)
from ecluse.wire.smtp.grammar import SyntaxTrouble, parse_command, parse_path
from ecluse.wire.smtp.parameters import read_mail_parameters, read_rcpt_parameters
from ecluse.wire.smtp.server import ReceivingSession
from ecluse.wire.smtp.server_options import ServerOptions
from ecluse.wire.smtp.xclient import parse_xclient
from tests.fuzz.target import Choices, Target, seed

_REPLY_LINE = re.compile(rb"[2-5][0-9][0-9][ -][^\r\n]*\r\n")
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_ANSWERS = (
    replies.OK,
    replies.OK,
    replies.OK,
    replies.OK,
    replies.TRY_LATER,
    replies.UNKNOWN_ADDRESS,
    replies.SHUTTING_DOWN,
)
_LOGIN_ANSWERS = (Reply(334, "", "Zm9v"), replies.LOGGED_IN, replies.LOGIN_FAILED, replies.LOGIN_UNAVAILABLE)
# Which of two faults in one message is named depends on how it came, its refusal does not.
_EITHER_FAULT = tuple(reply.wire for reply in (replies.BARE_NEWLINE, replies.NUL_OCTET))

# --- The receiving session


def receiving_session(data: bytes) -> None:
    choices = Choices(data)
    options = ServerOptions(
        "gateway.example",
        max_message_bytes=200 if choices.flag(0) else 1_000_000,
        max_command_octets=64 if choices.flag(1) else 2_048,
        newlines=Newlines.MEND if choices.flag(2) else Newlines.REFUSE,
        offers_starttls=choices.flag(3),
        offers_dsn=choices.flag(4),
        offers_xclient=choices.flag(5),
        mechanisms=("SCRAM-SHA-256", "PLAIN", "LOGIN") if choices.flag(6) else (),
        max_recipients=3,
    )
    answers = choices.dice.randbytes(8)
    is_tls = choices.flag(7)
    whole = _play(options, [choices.octets], answers, is_tls=is_tls, has_small_limit=choices.flag(0))
    cut = _play(options, choices.pieces(), answers, is_tls=is_tls, has_small_limit=choices.flag(0))
    # With a small limit, "too large" and "bare newline" compete, and which is seen first depends on the pieces.
    if not choices.flag(0):
        assert whole == cut, f"another cutting, another session: {whole} {cut}"


def _play(
    options: ServerOptions, pieces: Iterable[bytes], answers: bytes, *, is_tls: bool, has_small_limit: bool
) -> tuple[list[Event], bytes]:
    session = ReceivingSession(options, is_tls=is_tls)
    session.greet()
    dice = random.Random(answers)
    seen: list[Event] = []
    output = b""
    for piece in pieces:
        session.feed(piece)
        is_over = _take_events(session, seen, dice)
        output += session.take_output()
        if is_over:
            # What follows STARTTLS is thrown away, and how much of it was there depends on the pieces.
            break
        assert session.unread_octets < options.max_command_octets or session.awaits_answer
    output += session.take_output()
    rest = output
    while line := _REPLY_LINE.match(rest):
        rest = rest[line.end() :]
    assert not rest, f"no reply: {rest!r}"
    for fault in _EITHER_FAULT:
        output = output.replace(fault, b"550 fault\r\n")
    return _normal(seen, options, has_small_limit=has_small_limit), output


def _take_events(session: ReceivingSession, seen: list[Event], dice: random.Random) -> bool:
    while (event := session.next_event()) is not None:
        seen.append(event)
        if isinstance(event, MailBegins | RecipientNamed | ContentBegins | ContentEnds):
            session.answer(dice.choice(_ANSWERS))
        if isinstance(event, AuthBegins | AuthResponse):
            assert session.is_tls, "a secret was heard in the clear"
            session.answer(dice.choice(_LOGIN_ANSWERS))
        if isinstance(event, TlsAsked):
            return True
    return bool(seen) and isinstance(seen[-1], Closing)


def _normal(events: list[Event], options: ServerOptions, *, has_small_limit: bool) -> list[Event]:
    """The events with all pieces of a message as one; of a message that was dropped it does not matter what came."""
    normal: list[Event] = []
    content = b""
    for event in events:
        if isinstance(event, ContentPiece):
            content += event.octets
            continue
        if isinstance(event, ContentEnds):
            assert event.size == len(content), "the size is not that of the pieces"
            assert not _BARE.search(content), "a bare newline passed"
            assert b"\0" not in content, "a NUL passed"
            assert not has_small_limit or len(content) <= options.max_message_bytes, "more than the limit passed"
            normal.append(ContentPiece(content))
        if isinstance(event, ContentEnds | ContentDropped | ContentBegins):
            content = b""
        normal.append(event)
    return normal


# --- Content


def data_reader(data: bytes) -> None:
    """Against the plainest reading of RFC 5321 section 4.1.1.4 that can be written down."""
    choices = Choices(data)
    newlines = Newlines.MEND if choices.flag(0) else Newlines.REFUSE
    stream = b"\r\n" + choices.octets
    end = stream.find(b"\r\n.\r\n")
    lines = stream[2 : end + 2 if end >= 0 else None].split(b"\r\n")
    body = b"\r\n".join(line.removeprefix(b".") for line in lines)
    is_faulty = b"\0" in body or bool(_BARE.search(body) and newlines is Newlines.REFUSE)
    expected = re.sub(rb"\r\n|\r|\n", b"\r\n", body)
    reader, found, rest = DataReader(newlines), b"", None
    for piece in choices.pieces():
        if rest is not None:
            rest += piece
            continue
        octets, rest = reader.feed(piece)
        found += octets
    assert (rest is None) == (end < 0), "the end of data is elsewhere"
    if rest is not None:
        assert rest == stream[end + 5 :], "what follows the end is not what followed it"
        assert (reader.fault is not None) == is_faulty, f"fault: {reader.fault}"
    if reader.fault is None:
        assert found == expected if rest is not None else expected.startswith(found[:-5])
    if rest is not None and reader.fault is None:
        _survives_the_way_out(found)


def _survives_the_way_out(content: bytes) -> None:
    """What was read and is sent on by DATA or by BDAT is read the same by the next server."""
    half = len(content) // 2
    pieces = [piece for piece in (content[:half], content[half:]) if piece]
    again, rest = DataReader(Newlines.REFUSE).feed(b"".join(stuffed(pieces)))
    assert (again, rest) == (content if content.endswith(b"\r\n") or not content else content + b"\r\n", b"")
    chunk = b"".join(framed(len(content), pieces))
    header, _, body = chunk.partition(b"\r\n")
    assert header == b"BDAT %d LAST" % len(body)
    reader = BdatReader(Newlines.REFUSE)
    assert reader.feed(body) + reader.finish() == content


# --- The sending session


def sending_session(data: bytes) -> None:
    choices = Choices(data)
    awaited = choices.dice.choice((0, 1, 5, 100))
    is_starttls = choices.flag(0)
    whole = _hear([choices.octets], awaited, is_starttls=is_starttls)
    cut = _hear(choices.pieces(), awaited, is_starttls=is_starttls)
    assert whole == cut, f"another cutting, other replies: {whole} {cut}"
    for reply in whole[0]:
        assert 200 <= reply.code < 600
        assert all(line.isprintable() for line in reply.text.split("\n")), "a reply could end a line"
        _reads_back(reply)


def _hear(pieces: Iterable[bytes], awaited: int, *, is_starttls: bool) -> tuple[list[Reply], bool]:
    session = SendingSession()
    if is_starttls:
        session.ask_starttls()
    session.ask(*[b"NOOP\r\n"] * awaited)
    heard: list[Reply] = []
    try:
        for piece in pieces:
            for reply in session.receive(piece):
                heard.append(reply)
                session.learn(reply)
    except ProtocolTrouble:
        return heard, True
    return heard, False


def _reads_back(reply: Reply) -> None:
    if len(reply.wire) > 2_048:
        return
    (again,) = SendingSession().receive(reply.wire)
    assert again == reply, f"{reply} is read back as {again}"


# --- Command lines


def command(data: bytes) -> None:
    choices = Choices(data)
    try:
        parsed = parse_command(choices.octets, allows_utf8=choices.flag(0))
    except SyntaxTrouble:
        return
    assert b"\r" not in choices.octets, "a line end passed"
    assert b"\n" not in choices.octets, "a line end passed"
    assert parsed.verb.isascii()
    assert parsed.verb.isupper()
    if parsed.path is not None and parsed.path.address is not None:
        _goes_on(parsed.path.address, choices)
    _read_parameters(parsed.verb, parsed.parameters, choices)
    if parsed.verb == "XCLIENT":
        _read_xclient(parsed.argument)


def _goes_on(address, choices: Choices) -> None:
    """What we take from a sender must be fit to be said to a next hop, and mean the same there."""
    path, rest = parse_path(f"<{address}>", allows_utf8=True)
    assert (path.address, rest) == (address, ""), f"{address} is read back as {path.address}"
    offered = Capabilities(size=0, smtputf8=True, eightbitmime=True, dsn=choices.flag(1))
    for said in envelope_commands(Envelope(address, (Recipient(address),)), offered, 1):
        assert said.count(b"\r\n") == 1
        assert said.endswith(b"\r\n")


def _read_parameters(verb: str, parameters, choices: Choices) -> None:
    with suppress(SyntaxTrouble):
        if verb == "MAIL":
            read_mail_parameters(parameters, is_esmtp=True, offers_dsn=choices.flag(1))
        if verb == "RCPT":
            read_rcpt_parameters(parameters, is_esmtp=True, offers_dsn=choices.flag(1), allows_utf8=choices.flag(0))


def _read_xclient(argument: str) -> None:
    try:
        attributes = parse_xclient(argument)
    except SyntaxTrouble:
        return
    if attributes.get("ADDR"):
        ip_address(attributes["ADDR"])
    assert all(value.isprintable() for value in attributes.values())


# --- The PROXY protocol


def proxy_header(data: bytes) -> None:
    """No header is known before it is whole, and then whatever follows it."""
    try:
        found = proxy.parse(data)
    except proxy.BadProxyHeader:
        return
    if found is None:
        assert len(data) < proxy.V2_MAX_OCTETS, "waits for ever"
        return
    assert found.octets <= len(data)
    assert proxy.parse(data[: found.octets]) == found
    for length in {0, 1, found.octets // 2, found.octets - 1}:
        assert proxy.parse(data[:length]) is None, f"known after {length} of {found.octets} octets"
    for ip, port in ((found.source_ip, found.source_port), (found.destination_ip, found.destination_port)):
        assert not ip or ip_address(ip)
        assert 0 <= port < 65_536


_SESSION = (
    b"EHLO a.example\r\nMAIL FROM:<ann@a.example> SIZE=100\r\nRCPT TO:<bob@b.example>\r\nDATA\r\n"
    b"Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n"
)
_SESSIONS = (
    _SESSION,
    b"EHLO a\r\nMAIL FROM:<> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<b@b>\r\nBDAT 3\r\na\r\nBDAT 2 LAST\r\n\r\nRSET\r\n",
    b"HELO a\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\nbare\nline\r\n.\r\n",
    b"EHLO a\r\nSTARTTLS\r\nNOOP\r\n",
    b"XCLIENT ADDR=192.0.2.1 NAME=a HELO=b PROTO=ESMTP PORT=25\r\nEHLO a\r\nBDAT 5\r\nabcde",
    b"EHLO a\r\nAUTH PLAIN\r\nAGEAYg==\r\nAUTH LOGIN YQ==\r\n*\r\nMAIL FROM:<a@a> AUTH=<>\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"X" * 3_000 + b"\r\nNOOP\r\nHELP\r\nVRFY a\r\nEXPN a\r\n",
)
_CONTENTS = (b"a\r\n.\r\nrest", b".\r\n", b"..\r\n.\r\n", b"a\n.\r\nb\r\n.\r\n", b"a\r.\r\n\r\n.\r\n", b"\0\r\n.\r\n")
_REPLIES = (
    b"220 mx.example ESMTP\r\n250-mx.example\r\n250-SIZE 100\r\n250-CHUNKING\r\n250 STARTTLS\r\n",
    b"550 5.1.1 No such user\r\n421-4.3.2 Bye\r\n421 4.3.2 Really\r\n",
    b"354\r\n250 2.0.0\n",
    b"250-" * 120 + b"\r\n",
)
_LINES = (
    b'MAIL FROM:<@a.example,@b.example:"q \\" x"@c.example> SIZE=5 RET=HDRS ENVID=a+2Bb',
    "RCPT TO:<jürgen@bücher.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a@b".encode(),
    b"RCPT TO:<a@[IPv6:2001:db8::1]>",
    b"EHLO [192.0.2.1]",
    b"BDAT 100 LAST",
    b"XCLIENT ADDR=IPV6:2001:db8::1 NAME=[UNAVAILABLE]",
    b"VRFY <a@b>",
)
_V2 = b"\r\n\r\n\0\r\nQUIT\n"
_PROXIES = (
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nEHLO",
    b"PROXY TCP6 2001:db8::1 ::ffff:192.0.2.2 65535 0\r\n",
    b"PROXY UNKNOWN\r\n",
    _V2 + b"\x21\x11\x00\x0c" + bytes(12),
    _V2 + b"\x21\x21\x00\x28" + bytes(40),
    _V2 + b"\x20\x00\x00\x00",
)

TARGETS = (
    Target(
        "receiving-session",
        receiving_session,
        tuple(seed(one, flags) for one in _SESSIONS for flags in (0, 58, 7, 192)),
    ),
    Target("data-reader", data_reader, tuple(seed(one, flags) for one in _CONTENTS for flags in (0, 1))),
    Target("sending-session", sending_session, tuple(seed(one, flags) for one in _REPLIES for flags in (0, 1))),
    Target("command", command, tuple(seed(one, flags) for one in _LINES for flags in (0, 3)), 1_000),
    Target("proxy", proxy_header, _PROXIES, 2_500),
)
