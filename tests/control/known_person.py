"""One person, known to every part of the control plane: what an erasure has to find."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

from axes.models import AccessLog
from django_scopes import scope

from ecluse.control.abuse.cases import CaseKind, note, open_case
from ecluse.control.abuse.models import BusyDay, ToldComplaint
from ecluse.control.accounts.models import Membership, SignInRequest, User
from ecluse.control.accounts.roles import Role
from ecluse.control.accounts.services import invite
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.billing.models import BuyerVersion
from ecluse.control.mail.digest_settings import set_digest_wish
from ecluse.control.mail.models import Digest, HeldCopy, HeldMessage, LateFlag, Objection
from ecluse.control.policies import services as policies
from ecluse.control.policies.filter_wishes import set_filter_wish
from ecluse.control.policies.models import ListKind
from ecluse.control.support import tickets
from ecluse.control.support.tickets import Channel, Request
from ecluse.control.suppression.models import UnknownRecipient
from ecluse.control.suppression.services import suppress
from ecluse.control.tenants import services as tenants
from ecluse.domain.suppression import SuppressionCause
from tests.control.cast import ADMIN, OPERATOR, ROUTE

ADDRESS = "eve@one.example"
OTHER = "steve@one.example"  # Whose name ends alike: nothing of his may go.
HERSELF = Actor(ActorKind.PERSON, ADDRESS, id=7, ip="192.0.2.7")


def known_at(client):
    """The client's domain and a mailbox of hers there, and everything that can name her."""
    with scope(client=client):
        domain = tenants.add_domain(client, "one.example", [ROUTE], by=ADMIN)
        for address in (ADDRESS, OTHER):
            _use(client, domain, address)
    user = User.objects.create_user(ADDRESS, "a long way to the sea", name="Eve")
    Membership.objects.create(user=user, client=client, role=Role.ADMINISTRATOR)
    owner = User.objects.create_user("owner@one.example", "a long way to the sea")
    Membership.objects.create(user=owner, client=client, role=Role.OWNER)
    SignInRequest.objects.create(email=ADDRESS, language="en")
    AccessLog.objects.create(
        username=ADDRESS, ip_address="192.0.2.7", user_agent="a browser", path_info="/account/login/"
    )
    case = open_case(client, CaseKind.OTHER, f"mail of {ADDRESS}", by=OPERATOR)
    note(case, f"asked {ADDRESS.upper()} and {OTHER}", by=OPERATOR)
    return domain


def _use(client, domain, address):
    tenants.add_address(domain, address.partition("@")[0], name="Somebody", by=ADMIN)
    set_digest_wish(client, [address], is_on=True, by=ADMIN)
    set_filter_wish(client, [address], is_greylisted=False, mass_mail=None, by=ADMIN)
    suppress(client, address, SuppressionCause.UNKNOWN, f"550 5.1.1 <{address}> unknown", by=ADMIN)
    for kind in ListKind:
        entry = address if kind is ListKind.ALLOW else f"{kind.value}-{address}"
        policies.list_sender(client, kind, entry, entry, note=f"as {address} wishes", by=HERSELF)
    now = time.time()
    UnknownRecipient.objects.create(client=client, recipient=address, message="m1", at=now, answer="550")
    Digest.objects.create(client=client, recipient=address, slot="2026-11-27T08", until=now)
    ToldComplaint.objects.create(
        id=f"c-{address[:4]}",
        client=client,
        received_at=now,
        kind="abuse",
        incidents=1,
        recipient=address,
        author=address,
    )
    BusyDay.objects.create(client=client, day=date(2026, 11, 27), direction="outbound", address=address, messages=501)
    held = HeldMessage.objects.create(
        id=f"h-{address[:4]}",
        client=client,
        node="mx1",
        sender="x@far.example",
        size=1,
        received_at=now,
        disposition="hold",
    )
    HeldCopy.objects.create(client=client, message=held, recipient=address, category="Q")
    Objection.objects.create(
        client=client,
        message=f"o-{address[:4]}",
        recipient=address,
        received_at=now,
        kind="blocked",
        state="open",
        raised_by=address,
        raised_at=now,
        evidence=[{"recipients": [{"address": address}]}],
    )
    LateFlag.objects.create(
        client=client,
        campaign="t0",
        cause="people",
        message=f"l-{address[:4]}",
        recipient=address,
        sender=address,
        received_at=now,
        flagged_at=now,
    )
    asked = Request(f"Mail of {address}", f"{address} waits for it.", Channel.MAIL, address, "Somebody")
    ticket = tickets.open_ticket(client, asked, by=HERSELF)
    tickets.answer(ticket, f"Dear {address}, we look.", by=OPERATOR)
    BuyerVersion.objects.create(client=client, made_at=datetime.now(UTC), made_by=address, plain={"email": address})


def invited(client):
    """To another client, whose people know her, too."""
    return invite(ADDRESS, Role.USER, client, by=OPERATOR, grants=frozenset(Role))
