"""Messages of an attacker who wants to be taken for bank.test, which publishes p=reject; he owns all of attack.test.

The classes are those of Chen, Paxson and Jiang, "Composition Kills" (USENIX Security 2020): what one component reads
and another shows, in SMTP commands, in From, in DKIM tags, and around a genuine signature.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from tests.journeys.senders_world import ATTACKER, BANK, sealed, signed, signed_as

OWN_MAIL = "MAIL FROM:<any@attack.test>"
_WIDE = "\uff42\uff41\uff4e\uff4b.test"  # bank.test in the letters that East Asian fonts have room for.
_BODY = b"Please pay at once.\r\n"
_REST = b"To: bob@b.example\r\nDate: Wed, 25 Nov 2026 08:00:00 +0000\r\nSubject: Your account\r\n"
PASSED = b"spf=pass smtp.mailfrom=bank.test; dmarc=pass (p=reject) header.from=bank.test"


@dataclass(frozen=True)
class Forgery:
    """What the attacker says and sends."""

    name: str
    content: bytes
    mail: str = OWN_MAIL
    helo: str = "mail.attack.test"


def mail_of(*from_fields: bytes, top: bytes = b"") -> bytes:
    return top + b"".join(field + b"\r\n" for field in from_fields) + _REST + b"\r\n" + _BODY


def genuine() -> bytes:
    return mail_of(b"From: Bank <service@bank.test>")


def encoded(text: str) -> bytes:
    return b"=?utf-8?B?" + base64.b64encode(text.encode()) + b"?="


_BANK, _OWN = b"From: ceo@bank.test", b"From: any@attack.test"

# The attacker signs each of these with his own key, so that SPF and DKIM pass for attack.test.
AUTHORS: dict[str, tuple[bytes, ...]] = {
    "the plain address": (_BANK,),
    "two From, the bank's first": (_BANK, _OWN),
    "two From, the bank's last": (_OWN, _BANK),
    "white space before the colon": (b"From : ceo@bank.test", _OWN),
    "a From that begins with a space": (b" " + _BANK, _OWN),
    "a From that continues another field": (b"X-Note: a", b" From: ceo@bank.test", _OWN),
    "a name of another case": (b"fRoM: ceo@bank.test", _OWN),
    "a NUL in the name": (b"From\0: ceo@bank.test", _OWN),
    "a blank continuation": (b"From:\r\n \r\n ceo@bank.test", _OWN),
    "two authors, the bank's first": (b"From: ceo@bank.test, any@attack.test",),
    "two authors, the bank's last": (b"From: any@attack.test, ceo@bank.test",),
    "two authors without a comma": (b"From: <ceo@bank.test> <any@attack.test>",),
    "two pairs of brackets": (b"From: <any@attack.test><ceo@bank.test>",),
    "an address as the name": (b"From: ceo@bank.test <any@attack.test>",),
    "a group": (b"From: staff: ceo@bank.test, any@attack.test;",),
    "a group of one": (b"From: any@attack.test: ceo@bank.test;",),
    "a route": (b"From: <@attack.test,@any.attack.test:ceo@bank.test>",),
    "a route with a second address": (b"From: <@bank.test,any@attack.test:ceo@bank.test>",),
    "an encoded address": (b"From: " + encoded("ceo@bank.test"),),
    "an encoded address before the true one": (b"From: " + encoded("<ceo@bank.test>,") + b" <any@attack.test>",),
    "an encoded address in brackets": (b"From: <" + encoded("ceo@bank.test") + b">, any@attack.test",),
    "a NUL after the address": (b"From: ceo@bank.test\0any@attack.test",),
    "a comment after the address": (b"From: ceo@bank.test(@attack.test)",),
    "a comment within the address": (b"From: ceo(any@attack.test)@bank.test",),
    "a comment that is not closed": (b"From: <ceo@bank.test(.attack.test>",),
    "a quote that is not closed": (b'From: "ceo@bank.test" any" <any@attack.test>',),
    "a quoted pair": (b"From: ceo\\@bank.test@attack.test",),
    "two at-signs": (b"From: any@attack.test@bank.test",),
    "a semicolon": (b"From: ceo@bank.test;any@attack.test",),
    "a bracket that is not closed": (b"From: <ceo@bank.test",),
    "an empty From and a Sender": (b"From:", b"Sender: ceo@bank.test"),
    "no From but a Resent-From": (b"Resent-From: ceo@bank.test",),
    "a final dot": (b"From: ceo@bank.test.",),
    "capitals": (b"From: CEO@BANK.TEST",),
    "letters of full width": (f"From: ceo@{_WIDE}".encode(),),
    "a Cyrillic letter": ("From: ceo@b\u0430nk.test".encode(),),
    "a soft hyphen": ("From: ceo@ba\u00adnk.test".encode(),),
    "an ideographic full stop": ("From: ceo@bank\u3002test".encode(),),
    "a subdomain": (b"From: ceo@pay.bank.test",),
    "white space in the domain": (b"From: ceo@bank. test",),
}

# What is said before DATA; From is the bank's.
COMMANDS: dict[str, tuple[str, str]] = {
    "the bank's own sender": ("MAIL FROM:<ceo@bank.test>", "mail.attack.test"),
    "the bank's own greeting": ("MAIL FROM:<>", "bank.test"),
    "the bank's server's greeting": ("MAIL FROM:<>", "mail.bank.test"),
    "a greeting with a comment": ("MAIL FROM:<>", "bank.test(.attack.test"),
    "a sender with a comment": ("MAIL FROM:<any@bank.test(.attack.test>", "mail.attack.test"),
    "a sender with a quote": ("MAIL FROM:<any@bank.test'.attack.test>", "mail.attack.test"),
    "a sender with a NUL": ("MAIL FROM:<any@bank.test\0.attack.test>", "mail.attack.test"),
    "two senders": ("MAIL FROM:<any@attack.test,ceo@bank.test>", "mail.attack.test"),
    "a sender with a route": ("MAIL FROM:<@attack.test,@any.attack.test:ceo@bank.test>", "mail.attack.test"),
    "a quoted sender": ('MAIL FROM:<"ceo@bank.test"@attack.test>', "mail.attack.test"),
    "a sender with a literal": ("MAIL FROM:<any@[bank.test].attack.test>", "mail.attack.test"),
    "a subdomain that does not exist": ("MAIL FROM:<any@gone.bank.test>", "mail.attack.test"),
    "a longer name": ("MAIL FROM:<any@bank.test.attack.test>", "mail.attack.test"),
    "a name that ends alike": ("MAIL FROM:<any@mybank.test>", "mail.attack.test"),
    "the top label": ("MAIL FROM:<any@test>", "mail.attack.test"),
    "full width": (f"MAIL FROM:<any@{_WIDE}> SMTPUTF8", "mail.attack.test"),
}

# Tags of a signature that the attacker made with his key over the bank's From.
TAGS: dict[str, dict[str, bytes]] = {
    "his own domain": {},
    "i= of the bank": {"i": b"ceo@bank.test"},
    "d= of the bank": {"d": b"bank.test"},
    "two d=": {"d": b"bank.test; d=attack.test"},
    "d= with a comment": {"d": b"bank.test(.attack.test"},
    "d= with a quote": {"d": b"bank.test'a.attack.test"},
    "d= with a hash": {"d": b"bank.test#.attack.test"},
    "d= with white space": {"d": b"bank.test .attack.test"},
    "d= with a fold": {"d": b"bank.test\r\n\t.attack.test"},
    "d= with an escaped NUL": {"d": b"bank.test\\000.attack.test"},
    "d= is the top label": {"d": b"test"},
    "s= that leads to his key": {"d": b"bank.test", "s": b"a1._domainkey.attack.test\\000"},
    "s= with a hash": {"d": b"bank.test", "s": b"a1._domainkey.attack.test#"},
    "s= with a final dot": {"d": b"bank.test", "s": b"a1._domainkey.attack.test."},
    "d= below his own": {"d": b"bank.test.attack.test"},
    "d= empty": {"d": b""},
}

RESULTS: dict[str, bytes] = {
    "as we write it": b"Authentication-Results: mx.gateway.test; " + PASSED,
    "capitals": b"AUTHENTICATION-RESULTS: MX.GATEWAY.TEST; " + PASSED,
    "white space before the colon": b"Authentication-Results : mx.gateway.test; " + PASSED,
    "folded": b"Authentication-Results:\r\n mx.gateway.test\r\n\t; " + PASSED,
    "after a comment": b"Authentication-Results: (a (b)) mx.gateway.test; " + PASSED,
    "in quotes": b'Authentication-Results: "mx.gateway.test"; ' + PASSED,
    "quoted pairs": b'Authentication-Results: "mx\\.gateway.test"; ' + PASSED,
    "a version": b"Authentication-Results: mx.gateway.test 1; " + PASSED,
    "a final dot": b"Authentication-Results: mx.gateway.test.; " + PASSED,
    "a line that continues ours": b"\tdmarc=pass header.from=bank.test",
    "our status": b"X-Ecluse-Status: server=ok; spf=ok; dkim=ok; sender=ok",
}


def forgeries() -> list[Forgery]:
    """All of them."""
    bank = mail_of(_BANK)
    found = [Forgery(f"From: {name}", signed_as(mail_of(*fields), ATTACKER)) for name, fields in AUTHORS.items()]
    found += [Forgery(f"SMTP: {name}", bank, mail, helo) for name, (mail, helo) in COMMANDS.items()]
    found += [Forgery(f"DKIM: {name}", signed_as(bank, ATTACKER, **tags)) for name, tags in TAGS.items()]
    found += [Forgery(f"results: {name}", mail_of(_BANK, top=field + b"\r\n")) for name, field in RESULTS.items()]
    return found + _around_a_genuine_signature() + _chains()


def _around_a_genuine_signature() -> list[Forgery]:
    original = genuine()
    field = signed(original, BANK).removesuffix(original)
    head, body = original.split(b"\r\n\r\n", 1)
    limited = signed_as(original, BANK, length=len(body))
    whole = signed_as(original, BANK, length=0)
    changes = {
        "another body": field + head + b"\r\n\r\nPay here: http://attack.test/\r\n",
        "octets added behind l=": limited + b"Pay here: http://attack.test/\r\n",
        "l=0 and another body": whole.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\nPay here: http://attack.test/\r\n",
        "a second From on top": _BANK + b"\r\n" + field + original,
        "a second From below": field + head + b"\r\n" + _BANK + b"\r\n\r\n" + body,
        "a second From of his own on top": _OWN + b"\r\n" + field + original,
        "a second subject on top": b"Subject: Your prize\r\n" + field + original,
        "a second content type on top": b"Content-Type: text/html\r\n" + signed_as(_typed(original), BANK, _TYPED),
        "another subject": field + original.replace(b"Your account", b"Your prize"),
        "another author": field + original.replace(b"service@", b"ceo@"),
        "an empty b=": field.partition(b" b=")[0] + b" b=\r\n" + original,
        "his key's signature with the bank's tags": signed_as(original, ATTACKER, d=b"bank.test", s=b"k1"),
        "expired": signed_as(original, BANK, t=b"1000000000", x=b"1000086400"),
        "signed in the future": signed_as(original, BANK, t=b"99999999999"),
        "From is not signed": signed_as(original, BANK, (b"to", b"subject")),
        "of another version": signed_as(original, BANK, v=b"2"),
    }
    return [Forgery(f"signed: {name}", content) for name, content in changes.items()]


_TYPED = (b"from", b"to", b"subject", b"date", b"content-type")


def _typed(message: bytes) -> bytes:
    return b"Content-Type: text/plain\r\n" + message


def _chains() -> list[Forgery]:
    bank = mail_of(_BANK)
    sealed_by_him = sealed(bank, ATTACKER, PASSED)
    return [
        Forgery("ARC: sealed by himself", sealed_by_him),
        Forgery("ARC: d= of the bank", sealed_by_him.replace(b"d=attack.test", b"d=bank.test")),
        Forgery("ARC: the body was changed", sealed_by_him + b"more\r\n"),
    ]
