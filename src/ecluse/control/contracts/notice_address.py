"""An address elsewhere that a client names: letters about its service and late payment go there besides (3-18, 6-9, 16-2).

Whose own mailboxes stand behind us would read of a suspension only when it is served again, and of an end never.
"""

from __future__ import annotations

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.contracts.models import NoticeAddress
from ecluse.control.tenants.models import Client, Domain
from ecluse.domain.errors import Impossible
from ecluse.wire.notations import MailAddress


def notice_address() -> str:
    """Of the scope's client; "" where it has named none."""
    return NoticeAddress.objects.values_list("address", flat=True).first() or ""


def set_notice_address(client: Client, address: str, *, by: Actor) -> str:
    """Letters go there besides, from now on; as it is kept. "": they do not. In the client's scope.

    Raises `Impossible` for what is no address that every mail server takes.
    """
    written = _written(address.strip())
    with change(by=by) as act:
        before = notice_address()
        if written == before:
            return written
        if written:
            said = {"address": written, "set_at": act.at}
            NoticeAddress.objects.update_or_create(client_id=client.pk, defaults=said)
        else:
            NoticeAddress.objects.filter(client=client).delete()
        asked = {"before": {"address": before}, "after": {"address": written}}
        act.record("client.notice-address-set", client, client_id=client.pk, **asked)
    return written


def is_behind_us(address: str) -> bool:
    """Whether it lies in a domain that the scope's client has with us: while it is not served, no letter comes through."""
    domain = address.rpartition("@")[2].lower()
    return bool(domain) and Domain.objects.filter(name=domain).exists()


def _written(address: str) -> str:
    try:
        written = str(MailAddress(address)) if address else ""
    except ValueError:
        written = "é"
    if not written.isascii():  # RFC 6531: a local part beyond ASCII has no other form.
        raise Impossible("an e-mail address that every mail server takes")
    return written
