"""What senders are answered about our clients and their messages; the replies of the dialogue itself are the engine's."""

from __future__ import annotations

from dataclasses import replace

from ecluse.domain.reply import Reply

MAX_REASON = 200  # Octets of a reply line are few (RFC 5321 section 4.5.3.1.5).

NOT_TRUSTED = Reply(554, "7.1", "This door is for our clients' own servers; yours is not on the list")
FOREIGN_SENDER = Reply(550, "7.1", "The sender's domain does not belong to a client of this gateway")
FOREIGN_AUTHOR = Reply(
    550, "7.1", "The domain in From: is not one of yours here; write From: an address of a domain that you registered"
)
NOT_RELAYED = Reply(
    550,
    "7.1",
    "Sender or From: is not yours, and nothing shows that this came in here for you: forward it unchanged, with X-Ecluse-Stamp",
)
SENDER_NOT_REWRITABLE = Reply(550, "1.7", "This sender is too long, or too odd, to be rewritten for forwarding")
NO_AUTHOR = Reply(550, "7.1", "One From: is needed, with an address of a domain that you registered")
HEADER_TOO_LONG = Reply(
    550, "6.0", "The header has more fields or octets than are read here; send it with a shorter one"
)
UNLISTED_SENDER = Reply(
    550, "7.1", "This sender is not on your list of addresses; add it there, or send as one that is"
)
NO_TOKEN = Reply(
    550, "7.1", "This network is shared: add the field X-Ecluse-Token with your connector's token to each message"
)
NO_OUTBOUND = Reply(550, "7.1", "The outbound service is not part of this client's contract")
TOO_MANY_FAILED_LOGINS = Reply(421, "7.0", "Too many failed logins from your address; please try again later")
SUSPENDED = Reply(451, "7.1", "Mail service for this domain is suspended; please try again later")
SERVICE_ENDED = Reply(550, "7.1", "Mail service for this domain has ended here")
FOREIGN_BOUNCE = Reply(
    550,
    "7.1",
    "This bounce is of a message that we have not sent: its sender was forged, or it comes later than a week",
)
NEXT_HOP_AWAY = Reply(451, "4.1", "The recipient's mail server has been out of reach for days; please try again later")
ASKED_TOO_MUCH = Reply(451, "4.5", "Too many addresses of this domain were asked for; please try again later")
NO_SMTPUTF8 = Reply(550, "6.7", "The recipient's mail server does not take internationalized mail")
UNSURE = Reply(451, "4.2", "The recipient's mail server did not confirm the message; please send it again")


def accepted(message_id: str) -> Reply:
    """The message is delivered, or ours to deliver."""
    return Reply(250, "0.0", f"Message accepted ({message_id})")


def waiting(reason: str, message_id: str) -> Reply:
    """Ours to keep, but not sent: whoever reads it knows that somebody has to approve it first."""
    return Reply(250, "0.0", f"Kept, not sent yet: it waits for approval. {_bounded(reason)} ({message_id})")


def refused(reason: str, message_id: str) -> Reply:
    """The message is refused: the reason in one sentence, and the id to ask about."""
    return Reply(550, "7.1", f"{_bounded(reason)} ({message_id})")


def releasable(refusal: Reply, url: str) -> Reply:
    """The refusal, and where its sender can free the message himself: his own server tells him (1-6)."""
    return replace(refusal, text=f"{refusal.text} If you wrote it, release it here: {url}")


def deferred(reason: str, message_id: str) -> Reply:
    """The message stays with its sender for now."""
    return Reply(451, "7.1", f"{_bounded(reason)} ({message_id})")


def relayed(reply: Reply, message_id: str) -> Reply:
    """The next hop's answer: its class and status are ours, its words are quoted on one line (design 6.7)."""
    code, detail = (550, "0.0") if reply.is_permanent else (451, "3.0")
    return Reply(code, reply.detail or detail, f"The next hop said: {_bounded(reply.text)} ({message_id})")


def _bounded(text: str) -> str:
    return " ".join(text.split())[:MAX_REASON]
