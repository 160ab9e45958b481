"""Mail between people and their programs: invitations, signatures, bounces, lists, mail inside mail."""

from __future__ import annotations

import base64
import random
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache

import icalendar
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7EnvelopeBuilder,
    PKCS7Options,
    PKCS7SignatureBuilder,
)

from tests.honest import documents, wording
from tests.honest.writing import START, Attached, Draft, with_files, written

CRLF = "\r\n"


def letter(dice: random.Random) -> bytes:
    return written(Draft(wording.subject(dice)), dice)


def answer(dice: random.Random) -> bytes:
    """With everything that was said before."""
    before = textwrap.indent(wording.letter(dice) + "\n" + textwrap.indent(wording.letter(dice), "> "), "> ")
    text = f"{wording.letter(dice)}\n\nLe lun. 2 mars 2026 à 09:00, Zoë Lefèvre <z@canal.example> a écrit :\n{before}"
    return written(Draft(f"Re: {wording.subject(dice)}", text, headers={"In-Reply-To": "<1@canal.example>"}), dice)


def list_post(dice: random.Random) -> bytes:
    """With a patch and the footer of the list's software."""
    patch = (
        "diff --git a/x.c b/x.c\n--- a/x.c\n+++ b/x.c\n@@ -1,3 +1,3 @@\n-  if (a < b)\n+  if (a <= b)\n     return;\n"
    )
    footer = (
        "_" * 47
        + "\ndev mailing list -- dev@lists.uni-nord.example\nTo unsubscribe send an email to dev-leave@lists.uni-nord.example\n"
    )
    headers = {
        "List-Id": "Development <dev.lists.uni-nord.example>",
        "List-Post": "<mailto:dev@lists.uni-nord.example>",
        "Precedence": "list",
        "Sender": "dev-bounces@lists.uni-nord.example",
    }
    return written(
        Draft(f"[dev] {wording.subject(dice)}", f"{wording.letter(dice)}\n\n{patch}\n{footer}", headers=headers), dice
    )


def invitation(dice: random.Random) -> bytes:
    """A meeting as calendars send it: text, HTML and the event side by side, and once more as a file."""
    start = datetime(2026, 4, 1, 9, tzinfo=UTC) + timedelta(hours=dice.randrange(900))
    event = icalendar.Event()
    event.add("uid", f"{dice.randrange(16**12):x}@canal.example")
    event.add("summary", wording.subject(dice))
    event.add("description", wording.sentence(dice) + " https://visio.canal.example/j/123?pwd=abc")
    event.add("dtstart", start)
    event.add("dtend", start + timedelta(hours=1))
    event.add("organizer", "mailto:z@canal.example")
    event.add("attendee", "mailto:nobody@scan.invalid", parameters={"RSVP": "TRUE", "ROLE": "REQ-PARTICIPANT"})
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Canal//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST")
    calendar.add_component(event)
    return _with_event(written(Draft(wording.subject(dice), wording.letter(dice)), dice), calendar.to_ical())


def _with_event(message: bytes, event: bytes) -> bytes:
    whole = message_from_bytes(message, policy=policy.SMTP)
    assert isinstance(whole, EmailMessage)
    whole.add_alternative(event.decode(), subtype="calendar", params={"method": "REQUEST"})
    whole.add_attachment(event, "application", "ics", filename="invite.ics")
    return whole.as_bytes()


def bounce(dice: random.Random) -> bytes:
    """A non-delivery report with the message that came back (RFC 3464)."""
    status = CRLF.join((
        "Reporting-MTA: dns; mx.ateliers.example", "", "Final-Recipient: rfc822; luc@ateliers.example",
        "Action: failed", "Status: 5.1.1", "Diagnostic-Code: smtp; 550 5.1.1 No such user", "",
    ))  # fmt: skip
    returned = written(
        Draft(wording.subject(dice), files=(Attached("devis.pdf", documents.invoice(dice), "application/pdf"),)), dice
    )
    text = (
        "This is the mail system.\r\n\r\nI'm sorry to have to inform you that your message could not be delivered.\r\n"
    )
    parts = (
        f"Content-Type: text/plain; charset=us-ascii{CRLF}{CRLF}{text}".encode(),
        f"Content-Type: message/delivery-status{CRLF}{CRLF}{status}".encode(),
        f"Content-Type: message/rfc822{CRLF}{CRLF}".encode() + returned,
    )
    return _assembled(dice, 'multipart/report; report-type=delivery-status; boundary="b0"', parts, "MAILER-DAEMON")


def _assembled(dice: random.Random, content_type: str, parts: tuple[bytes, ...], local: str) -> bytes:
    """A message whose parts must stay octet by octet."""
    head = CRLF.join((
        f"From: {local}@ateliers.example", "To: nobody@scan.invalid", f"Subject: Message {dice.randrange(99)}",
        f"Date: {START:%a, %d %b %Y %H:%M:%S +0000}", f"Message-ID: <{dice.randrange(16**12):x}@ateliers.example>",
        "MIME-Version: 1.0", f"Content-Type: {content_type}", "", "",
    )).encode()  # fmt: skip
    return head + b"".join(b"--b0\r\n" + part + b"\r\n" for part in parts) + b"--b0--\r\n"


def forwarded(dice: random.Random) -> bytes:
    inner = with_files(dice, Attached("plan.docx", documents.word(dice)))
    return with_files(dice, Attached("", inner, "message/rfc822"))


def attached_mail(dice: random.Random) -> bytes:
    """As Outlook's web client attaches it: the file of a message, not a message."""
    return with_files(dice, Attached("Re offre sur canal.example.eml", letter(dice)))


@cache
def _identity():
    """A key for tests, and its certificate."""
    key = rsa.generate_private_key(65_537, 2_048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Anne-Laure Petit")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(START).not_valid_after(START + timedelta(days=900))
    return key, dated.sign(key, SHA256())


def _lines(dice: random.Random) -> str:
    return wording.letter(dice).replace("\n", CRLF)


def signed(dice: random.Random) -> bytes:
    """S/MIME in the clear: anybody reads it, who wants to checks it."""
    key, certificate = _identity()
    part = f"Content-Type: text/plain; charset=utf-8{CRLF}Content-Transfer-Encoding: 8bit{CRLF}{CRLF}{_lines(dice)}".encode()
    builder = PKCS7SignatureBuilder().set_data(part).add_signer(certificate, key, SHA256())
    signature = builder.sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])
    return _assembled(
        dice, f"{_SIGNED}; boundary=b0", (part, _wrapped("pkcs7-signature", "smime.p7s", signature)), "petit"
    )


_SIGNED = 'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256'


def _wrapped(kind: str, name: str, octets: bytes) -> bytes:
    head = (
        f'Content-Type: application/{kind}; name="{name}"{CRLF}Content-Transfer-Encoding: base64{CRLF}'
        f'Content-Disposition: attachment; filename="{name}"{CRLF}{CRLF}'
    )
    return head.encode() + base64.encodebytes(octets).replace(b"\n", b"\r\n")


def opaque(dice: random.Random) -> bytes:
    """S/MIME with the text inside the signature."""
    key, certificate = _identity()
    part = f"Content-Type: text/plain{CRLF}{CRLF}{_lines(dice)}".encode()
    octets = PKCS7SignatureBuilder().set_data(part).add_signer(certificate, key, SHA256()).sign(Encoding.DER, [])
    return _whole(dice, "signed-data", octets)


def sealed(dice: random.Random) -> bytes:
    """S/MIME that only its recipient can read: what banks, doctors and lawyers are told to send."""
    _key, certificate = _identity()
    builder = PKCS7EnvelopeBuilder().set_data(wording.letter(dice).encode()).add_recipient(certificate)
    return _whole(dice, "enveloped-data", builder.encrypt(Encoding.DER, []))


def _whole(dice: random.Random, kind: str, octets: bytes) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "Zoë Lefèvre <z@canal.example>", "nobody@scan.invalid"
    message["Subject"], message["Date"] = wording.subject(dice), f"{START:%a, %d %b %Y %H:%M:%S +0000}"
    message["Message-ID"] = f"<{dice.randrange(16**12):x}@canal.example>"
    message.set_content(octets, "application", "pkcs7-mime", filename="smime.p7m", params={"smime-type": kind})
    return message.as_bytes()


def _armoured(dice: random.Random, label: str, size: int) -> str:
    """Looks like OpenPGP's, with a first octet as its packets have it."""
    lines = textwrap.wrap(base64.b64encode(b"\x85\x01\x0c\x03" + dice.randbytes(size)).decode(), 64)
    return CRLF.join((f"-----BEGIN PGP {label}-----", "", *lines, "=aB3d", f"-----END PGP {label}-----", ""))


def pgp_signed(dice: random.Random) -> bytes:
    part = f"Content-Type: text/plain; charset=utf-8{CRLF}{CRLF}{_lines(dice)}".encode()
    signature = f"Content-Type: application/pgp-signature; name=signature.asc{CRLF}{CRLF}{_armoured(dice, 'SIGNATURE', 400)}".encode()
    kind = 'multipart/signed; protocol="application/pgp-signature"; micalg=pgp-sha512; boundary=b0'
    return _assembled(dice, kind, (part, signature), "zoe")


def pgp_sealed(dice: random.Random) -> bytes:
    """PGP/MIME (RFC 3156)."""
    version = f"Content-Type: application/pgp-encrypted{CRLF}{CRLF}Version: 1{CRLF}".encode()
    octets = f'Content-Type: application/octet-stream; name="encrypted.asc"{CRLF}{CRLF}{_armoured(dice, "MESSAGE", 2_000)}'.encode()
    return _assembled(
        dice, 'multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b0', (version, octets), "zoe"
    )


def read_receipt(dice: random.Random) -> bytes:
    """A message disposition notification (RFC 8098)."""
    fields = CRLF.join(
        ("Final-Recipient: rfc822; z@canal.example", "Disposition: manual-action/MDN-sent-manually; displayed", "")
    )
    parts = (
        f"Content-Type: text/plain{CRLF}{CRLF}Your message was displayed.{CRLF}".encode(),
        f"Content-Type: message/disposition-notification{CRLF}{CRLF}{fields}".encode(),
    )
    return _assembled(dice, "multipart/report; report-type=disposition-notification; boundary=b0", parts, "zoe")


CORRESPONDENCE: dict[str, Callable[[random.Random], bytes]] = {
    "letter": letter,
    "answer": answer,
    "list post": list_post,
    "invitation": invitation,
    "bounce": bounce,
    "read receipt": read_receipt,
    "forwarded mail": forwarded,
    "attached mail": attached_mail,
    "S/MIME signed": signed,
    "S/MIME signed, opaque": opaque,
    "S/MIME encrypted": sealed,
    "PGP signed": pgp_signed,
    "PGP encrypted": pgp_sealed,
}
