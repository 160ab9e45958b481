"""Who sends what to whom in the demonstration, and what must become of it."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from email.utils import formatdate
from importlib import resources

from ecluse.domain.sending import MOST_ALIKE

# Both test strings are put together at run time, so that no scanner stops at our own source.
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


@dataclass(frozen=True, slots=True)
class Sample:
    """One message of the demonstration."""

    name: str
    file: str  # In the folder `samples`.
    sender: str
    recipients: tuple[str, ...]
    answer: str  # How the answer of the gateway must begin.
    fates: tuple[
        str, ...
    ]  # What the journal must say for each recipient, "refused Q"; () where RCPT already turned it away.
    lesson: str  # What this one shows.
    bare_newline: bool = False  # Sent with one bare LF, as smugglers do.
    is_outbound: bool = False  # The client sends it, by its login.


SAMPLES = (
    Sample(
        "ham",
        "ham.eml",
        "claire@sender.example",
        ("paul@demo.example",),
        "250 2.0.0",
        ("relayed",),
        "handed to the client's server while its sender waited",
    ),
    Sample(
        "newsletter",
        "newsletter.eml",
        "news@letters.example",
        ("paul@demo.example",),
        "250 2.0.0",
        ("relayed M",),
        "class M: delivered, or as each client and user wants newsletters",
    ),
    Sample(
        "spam",
        "spam.eml",
        "winner@prizes.example",
        ("paul@demo.example",),
        "550 5.7.1",
        ("refused Q",),
        "the sender's own server tells him: no backscatter",
    ),
    Sample(
        "phishing",
        "phishing.eml",
        "x81@throwaway.example",
        ("paul@demo.example",),
        "550 5.7.1",
        ("refused Q",),
        "two authors: each mail program would show another one",
    ),
    Sample(
        "virus",
        "eicar.eml",
        "anton@sender.example",
        ("paul@demo.example",),
        "550 5.7.1",
        ("refused P",),
        "the EICAR test file",
    ),
    Sample(
        "macro",
        "macro.eml",
        "billing@sender.example",
        ("paul@demo.example",),
        "550 5.7.1",
        ("refused P",),
        "this client bans documents that may hold macros",
    ),
    Sample(
        "block list",
        "ham.eml",
        "seller@nagging.example",
        ("paul@demo.example",),
        "550 5.7.1",
        ("refused P",),
        "the client's own block list",
    ),
    Sample(
        "allow list",
        "friend.eml",
        "winner@prizes.example",
        ("ann@demo.example",),
        "250 2.0.0",
        ("relayed N",),
        "class N: the recipient's own allow list; viruses are still looked for",
    ),
    Sample(
        "disagreement",
        "friend.eml",
        "winner@prizes.example",
        ("ann@demo.example", "paul@demo.example"),
        "250 2.0.0",
        ("relayed N", "held Q"),
        "one recipient wants it, so it is held for the other",
    ),
    Sample(
        "unknown",
        "ham.eml",
        "claire@sender.example",
        ("nobody@demo.example",),
        "550 5.1.1",
        (),
        "no such address: refused before the message is sent",
    ),
    Sample(
        "stranger",
        "ham.eml",
        "claire@sender.example",
        ("paul@elsewhere.example",),
        "550 5.7.1",
        (),
        "no open relay",
    ),
    Sample(
        "smuggling",
        "ham.eml",
        "claire@sender.example",
        ("paul@demo.example",),
        "550 5.6.0",
        (),
        "a bare LF, as SMTP smugglers send it",
        bare_newline=True,
    ),
    Sample(
        "server away",
        "ham.eml",
        "claire@sender.example",
        ("eva@away.example",),
        "250 2.0.0",
        ("spooled",),
        "her server does not answer: kept safe and tried again",
    ),
    Sample(
        "sent",
        "letter.eml",
        "ann@demo.example",
        ("claire@sender.example",),
        "250 2.0.0",
        ("delivered",),
        "sent by the client after a login: signed (DKIM), delivered from the spool",
        is_outbound=True,
    ),
    Sample(
        "sent virus",
        "parcel.eml",
        "ann@demo.example",
        ("claire@sender.example",),
        "550 5.7.1",
        ("refused P",),
        "what the client sends is scanned, too",
        is_outbound=True,
    ),
    Sample(
        "approval",
        "prices.eml",
        "ann@demo.example",
        ("claire@sender.example",),
        "250 2.0.0 Kept, not sent yet",
        ("held Q",),
        "a rule of the client's own: it waits for Olive, and Ann is told",
        is_outbound=True,
    ),
    Sample(
        "burst",
        "offer.eml",
        "sales@demo.example",
        tuple(f"somebody{number}@far.example" for number in range(MOST_ALIKE + 1)),
        "550 5.7.1",
        (),
        "501 recipients: the account is locked, and the page Locked senders has it",
        is_outbound=True,
    ),
)


def octets(sample: Sample) -> bytes:
    """The message as it goes over the wire, dot-stuffing apart."""
    text = (resources.files(__package__) / "samples" / sample.file).read_text("utf-8")
    filled = (
        text.replace("@DATE@", formatdate())
        .replace("@ID@", str(time.time_ns()))
        .replace("@GTUBE@", GTUBE)
        .replace("@EICAR@", base64.b64encode(EICAR.encode()).decode())
    )
    message = filled.replace("\n", "\r\n").encode()
    return message.replace(b"Claire\r\n", b"Claire\n\r\n") if sample.bare_newline else message
