"""What is held for the people of the browser's house, and when they are told of it."""

from __future__ import annotations

import time

from django_scopes import scope

from ecluse.control.audit.change import change
from ecluse.control.keystore.services import public_key
from ecluse.control.mail.digest_settings import set_digest_rules
from ecluse.control.mail.models import HeldCopy, HeldMessage
from ecluse.control.tenants.models import Domain
from ecluse.control.tenants.services import add_address
from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.ids import new_id
from ecluse.domain.queue import QueuedMessage, QueuedRecipient
from ecluse.mta.reception.sealing import sealed
from ecluse.wire.mime.fields import split_head

FOR_URSULA, FOR_PAUL = ("An offer for Ursula", "Holidays <b>&</b> sun"), ("A secret of Paul",)


def hold_mail(client, by):
    """Three messages; Ursula is told by digest at any hour."""
    with scope(client=client):
        add_address(Domain.objects.get(name="one.example"), "ursula", name="Ursula", by=by)
        with change(by=by):
            key = public_key(client)
        for local, subjects in (("ursula", FOR_URSULA), ("paul", FOR_PAUL)):
            for subject in subjects:
                hold(client, key, Address(local, "one.example"), subject)
        set_digest_rules(client, is_on=True, within_minutes=10, by=by)


def hold(client, key, recipient, subject, *, author="Eve", sender="eve@shop.example"):
    """One refused message, as its node tells of it."""
    head = f'From: "{author}" <eve@shop.example>\r\nSubject: {subject}\r\n\r\n'
    content = MemoryContent(f"{head}Buy!\r\n".encode())
    plain = QueuedMessage(
        id=new_id(),
        direction="inbound",
        client=client.name,
        is_sender_authenticated=False,
        sender=Address("eve", "shop.example"),
        recipients=(QueuedRecipient(recipient, category="Q"),),
        received_at=time.time(),
        queued_at=time.time(),
        next_attempt=0.0,
        destination=recipient.domain,
    )
    kept, _ = sealed(plain, content, split_head(content), key)
    message = HeldMessage.objects.create(
        id=kept.id,
        client=client,
        node="mx.provider.example",
        sender=sender,
        size=content.size,
        received_at=kept.received_at - 60,
        disposition="refuse",
        codes="GTUBE",
        seal=kept.seal,
        summary=kept.summary,
    )
    HeldCopy.objects.create(message=message, client=client, recipient=recipient.key, category="Q")
