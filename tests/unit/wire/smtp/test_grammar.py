"""Command lines of RFC 5321 section 4.1 and its extensions."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.address import Address
from ecluse.wire.smtp import replies
from ecluse.wire.smtp.grammar import (
    LENIENT_LIMITS,
    PathLimits,
    SyntaxTrouble,
    canonical_domain,
    parse_command,
    parse_path,
)
from tests.cpu import cpu


def refusal(line, **settings):
    with pytest.raises(SyntaxTrouble) as trouble:
        parse_command(line.encode() if isinstance(line, str) else line, **settings)
    return trouble.value.reply


def sender_of(line):
    return parse_command(line.encode()).path.address


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("<>", None),
        ("<carol@sender.example>", Address("carol", "sender.example")),
        ("<Carol@SENDER.Example>", Address("Carol", "sender.example")),
        ("<a.b+c=d@x>", Address("a.b+c=d", "x")),
        ("<!#$%&'*+-/=?^_`{|}~@x.example>", Address("!#$%&'*+-/=?^_`{|}~", "x.example")),
        ('<"a b"@x.example>', Address('"a b"', "x.example")),
        ('<"a\\"@\\\\>b"@x.example>', Address('"a\\"@\\\\>b"', "x.example")),
        ('<""@x.example>', Address('""', "x.example")),
        ("<@one.example,@two.example:carol@x.example>", Address("carol", "x.example")),
        ("<carol@[192.0.2.1]>", Address("carol", "[192.0.2.1]")),
        ("<carol@[IPv6:2001:DB8::1]>", Address("carol", "[ipv6:2001:db8::1]")),
        ("<carol@[tag:anything]>", Address("carol", "[tag:anything]")),
        ("<carol@_spf.a_b.example>", Address("carol", "_spf.a_b.example")),
    ],
)
def test_a_path_names_an_address(path, address):
    command = parse_command(f"MAIL FROM:{path}".encode())
    assert command.path.address == address
    assert command.path.text == path[1:-1]


@pytest.mark.parametrize(
    "path",
    [
        "", " ", "carol@x.example", "<carol@x.example", "carol@x.example>", "<<carol@x.example>>", "<carol>", "<@>",
        "<carol@>", "<@x.example>", "<a b@x.example>", "<carol@x example>", "<.a@x.example>", "<a.@x.example>",
        "<a..b@x.example>", '<"a@x.example>', '<a"b"c@x.example>', '<"a"b@x.example>', "<carol@x..example>",
        "<carol@.x.example>", "<carol@x.example.>", "<carol@-x.example>", "<carol@x-.example>", "<carol@x@y.example>",
        "<carol@x.example><bob@x.example>", "<carol@x.example>SIZE=1", "Carol <carol@x.example>", "< carol@x.example>",
        "<carol@x.example >", "<carol@[192.0.2.256]>", "<carol@[192.0.2]>", "<carol@[192.0.2.1>", "<carol@[]>",
        "<carol@[IPv6:xyz]>", "<carol@[IPv6:fe80::1%eth0]>", "<carol@[2001:db8::1]>", "<carol@x!y>", "<a(c)@x.example>",
        "<carol@" + "a" * 64 + ".example>", "<" + "a" * 65 + "@x.example>", "<a@" + "x." * 127 + "xx>", "<a,b@x.example>",
        "<@one.example:>", "<@one.example>", "<one.example:carol@x.example>", "<carol@x.example>;", "<\\a@x.example>",
    ],
)  # fmt: skip
def test_what_is_no_path_is_refused(path):
    assert refusal(f"MAIL FROM:{path}").code == 501
    assert refusal(f"RCPT TO:{path}").code == 501


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("", replies.BAD_COMMAND),
        (" NOOP", replies.BAD_COMMAND),
        ("123", replies.BAD_COMMAND),
        (b"\xff", replies.BAD_LINE),
        ("NOOP\n", replies.BAD_LINE),
        ("NO\rOP", replies.BAD_LINE),
        ("MAIL\tFROM:<>", replies.BAD_LINE),
        ("MAIL", replies.MAIL_SYNTAX),
        ("MAIL <a@x.example>", replies.MAIL_SYNTAX),
        ("MAIL FROM <a@x.example>", replies.MAIL_SYNTAX),
        ("MAIL FROM :<a@x.example>", replies.MAIL_SYNTAX),
        ("RCPT FROM:<a@x.example>", replies.RCPT_SYNTAX),
        ("RCPT TO:<>", replies.BAD_RECIPIENT),
        ("RCPT TO:<ann>", replies.BAD_RECIPIENT),
        ("MAIL FROM:<postmaster>", replies.BAD_SENDER),
        ("DATA now", replies.NO_ARGUMENT_ALLOWED),
        ("RSET now", replies.NO_ARGUMENT_ALLOWED),
        ("QUIT now", replies.NO_ARGUMENT_ALLOWED),
        ("STARTTLS now", replies.NO_ARGUMENT_ALLOWED),
        ("BDAT", replies.BDAT_SYNTAX),
        ("BDAT -1", replies.BDAT_SYNTAX),
        ("BDAT 1 FIRST", replies.BDAT_SYNTAX),
        ("BDAT 1 LAST LAST", replies.BDAT_SYNTAX),
        ("BDAT 123456789012345678901", replies.BDAT_SYNTAX),
        ("BDAT \u0661", replies.BDAT_SYNTAX),
        ("VRFY", replies.VRFY_SYNTAX),
        ("MAIL FROM:<é@x.example>", replies.NEEDS_SMTPUTF8),
        ("RCPT TO:<é@x.example>", replies.NEEDS_SMTPUTF8),
        ("MAIL FROM:<a@é.example>", replies.NEEDS_SMTPUTF8),
        ("MAIL FROM:<a@x.example> SIZE=1 SIZE=2", replies.BAD_PARAMETER),
        ("MAIL FROM:<a@x.example> #$%=!@#", replies.BAD_PARAMETER),
        ("MAIL FROM:<a@x.example> SIZE=", replies.BAD_PARAMETER),
        ("MAIL FROM:<a@x.example> A=B=C", replies.BAD_PARAMETER),
        ("MAIL FROM:<a@x.example> -A=B", replies.BAD_PARAMETER),
    ],
)
def test_a_line_that_breaks_the_grammar_names_its_fault(line, reply):
    assert refusal(line) is reply


@pytest.mark.parametrize("name", ["", "a b", "a@b", "[1.2.3", "[1.2.3.400]", "[::1]", "x" * 256, "é.example", "."])
@pytest.mark.parametrize("verb", ["HELO", "EHLO"])
def test_what_can_be_no_host_name_is_refused(verb, name):
    assert refusal(f"{verb} {name}") is replies.HELO_SYNTAX


@pytest.mark.parametrize(
    "name", ["a", "a.example", "a_b.example", "a.example.", "192.0.2.1", "[192.0.2.1]", "[IPv6:::1]", "-x"]
)
def test_a_host_may_call_itself_what_hosts_are_called(name):
    assert parse_command(f"EHLO {name}".encode()).argument == name


def test_parameters_are_told_by_upper_case_keyword():
    command = parse_command(b"mail from:<a@x.example>  size=10 smtputf8  Foo-1=b@r+3D  ")
    assert command.verb == "MAIL"
    assert command.parameters == {"SIZE": "10", "SMTPUTF8": "", "FOO-1": "b@r+3D"}


def test_a_space_after_the_colon_is_tolerated():
    assert sender_of("MAIL FROM: <a@x.example>") == Address("a", "x.example")


def test_white_space_at_the_end_is_tolerated():
    assert parse_command(b"DATA  ").verb == "DATA"
    assert parse_command(b"BDAT 5 LAST ").argument == "5 LAST"


def test_an_unknown_verb_is_told_as_it_is():
    assert parse_command(b"frob nicate").verb == "FROB"


def test_smtputf8_allows_other_letters_and_turns_domains_into_a_labels():
    assert sender_of("MAIL FROM:<jürgen@Bücher.example> SMTPUTF8") == Address("jürgen", "xn--bcher-kva.example")
    recipient = parse_command("RCPT TO:<änn@one。example>".encode(), allows_utf8=True)
    assert recipient.path.address == Address("änn", "one.example")


@pytest.mark.parametrize("domain", ["x.\u2024.example", "a\u2488.example", "\u0301x.example", "é" * 80 + ".example"])
def test_a_domain_that_idna_refuses_is_refused(domain):
    assert refusal(f"MAIL FROM:<a@{domain}> SMTPUTF8") is replies.BAD_SENDER


def test_lengths_are_counted_in_octets_and_may_be_set():
    limits = PathLimits(local=10, domain=20, path=30)
    assert parse_command(b"MAIL FROM:<0123456789@x>", limits=limits).path
    assert refusal("MAIL FROM:<0123456789a@x>", limits=limits) is replies.BAD_SENDER
    assert refusal("MAIL FROM:<ééééé0@x> SMTPUTF8", limits=limits) is replies.BAD_SENDER
    assert refusal("MAIL FROM:<a@0123456789.0123456789>", limits=limits) is replies.BAD_SENDER
    assert refusal("MAIL FROM:<0123456789@0123456789.0123456>", limits=limits) is replies.BAD_SENDER


def test_a_long_bounce_address_fits_the_lenient_limits():
    local = "bounce+" + "x" * 100
    assert parse_command(f"MAIL FROM:<{local}@x.example>".encode(), limits=LENIENT_LIMITS).path
    assert refusal(f"MAIL FROM:<{'x' * 300}@x.example>", limits=LENIENT_LIMITS) is replies.BAD_SENDER


def test_a_path_can_be_read_alone():
    path, rest = parse_path("<a@x.example> SIZE=1")
    assert (path.text, path.address, rest) == ("a@x.example", Address("a", "x.example"), " SIZE=1")
    assert parse_path("<>")[0].address is None


@pytest.mark.parametrize("domain", ["-x", "x..y", "x-.y", "a" * 64, "[1]"])
def test_a_domain_that_is_none_is_no_domain(domain):
    with pytest.raises(ValueError, match=re.escape(domain.strip("[]"))):
        canonical_domain(domain)


ATOMS = st.text("abcXYZ019!#$%&'*+-/=?^_`{|}~", min_size=1, max_size=8)
LOCALS = st.lists(ATOMS, min_size=1, max_size=4).map(".".join) | st.text("ab @<>,.:;()", max_size=10).map('"{}"'.format)
LABELS = st.text("abz019", min_size=1, max_size=8)
DOMAINS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(local=LOCALS, domain=DOMAINS)
def test_every_mailbox_of_the_grammar_is_read_back(local, domain):
    address = parse_command(f"RCPT TO:<{local}@{domain}>".encode()).path.address
    assert str(address) == f"{local}@{domain}"


LINES = st.binary(max_size=80) | st.lists(
    st.sampled_from(
        [b"MAIL FROM:", b"RCPT TO:", b"<", b">", b"@", b".", b'"', b"\\", b"[", b"]", b":", b",", b" ", b"a", b"xn--", b"-",
         b"IPv6:", b"1.2.3.4", b"=", b"SMTPUTF8", b"\xc3\xa9", b"\xe3\x80\x82", b"BDAT ", b"EHLO ", b"VRFY ", b"\0"]
    ),
    max_size=25,
).map(b"".join)  # fmt: skip


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(line=LINES, allows_utf8=st.booleans())
def test_any_line_is_a_command_or_a_refusal(line, allows_utf8):
    try:
        command = parse_command(line, allows_utf8=allows_utf8)
    except SyntaxTrouble as trouble:
        code = trouble.reply.code
    else:
        code = 250
        assert command.verb.isascii()
        assert command.path is None or command.path.address is None or command.path.address.domain.isascii()
    assert code in (250, 500, 501, 553)


@pytest.mark.parametrize(
    "line",
    [
        b"MAIL FROM:<" + b"a" * 2000, b"MAIL FROM:<" + b"a." * 1000, b'MAIL FROM:<"' + b"\\a" * 1000,
        b"MAIL FROM:<" + b"@a," * 600, b"MAIL FROM:<a@" + b"-" * 2000, b"MAIL FROM:<a> " + b"a-" * 1000 + b"!",
        b"MAIL FROM:<a@" + "é".encode() * 1000 + b"> SMTPUTF8", b"EHLO " + b"a." * 1000, b"BDAT 1" + b" " * 2000 + b"X",
        b"MAIL FROM:<a@b>" + b" A=1" * 500, b"MAIL FROM:<a@xn--" + b"a" * 1900 + b">",
    ],
)  # fmt: skip
def test_no_line_takes_long(line):
    with cpu() as spent:
        for _ in range(10):
            with pytest.raises(SyntaxTrouble):
                parse_command(line)
    assert spent.seconds < 0.5
