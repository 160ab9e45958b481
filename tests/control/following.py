"""Nodes that follow the control plane of the tests: what all that run one share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from django.db import connections
from django_scopes import scope

from ecluse.control.mail.models import HeldCopy
from ecluse.control.tenants import services
from ecluse.domain.policy import Route
from tests.control.cast import ADMIN, client
from tests.journeys.node import NEXT_HOP_PORT, Domain, Node
from tests.loopback import fresh_ip

WITHIN_S = 60.0  # For a busy machine.
RELEASE_URL = "https://release.gateway.test/r/"
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
SPAM = b"From: Eve <eve@sender.test>\r\nSubject: A secret offer\r\n\r\n" + GTUBE + b"\r\n"
_numbers = count()


def fresh_domain():
    """A name that no other test has, and a next hop of its own."""
    return Domain(f"followed{next(_numbers)}.example", [fresh_ip()])


@contextmanager
def served(domain, *names):
    """Give its row, with these addresses; its client's scope is open meanwhile."""
    owner = client()
    with scope(client=owner):
        row = services.add_domain(owner, domain.name, [Route(domain.hosts[0], NEXT_HOP_PORT)], by=ADMIN)
        for name in names:
            services.add_address(row, name, by=ADMIN)
        yield row


@contextmanager
def following(folder, tables, **placed) -> Iterator[Node]:
    """A node with these settings, and its policy from their control database."""
    node = Node(folder, "", tables, **placed)
    del node.settings["policy"]["file"]
    node.start()
    try:
        yield node
    finally:
        node.stop()


async def in_thread(function, *arguments, **named):
    """Django's ORM refuses to work in an event loop. The thread keeps no connection: its server may be stopped meanwhile."""
    from asgiref.sync import sync_to_async  # noqa: PLC0415 - Django's own helper.

    def work():
        try:
            return function(*arguments, **named)
        finally:
            connections.close_all()

    return await sync_to_async(work)()


async def in_scope(domain, function, *arguments, **named):
    """The same, in the scope of the domain's client."""

    def work():
        with scope(client=domain.client):
            return function(*arguments, **named)

    return await in_thread(work)


async def held_copies(**wanted):
    return await in_thread(lambda: list(HeldCopy.objects.select_related("message", "order").filter(**wanted)))


async def until_held(number, **wanted):
    """So many copies that are as wanted, and what they are."""
    deadline = time.monotonic() + WITHIN_S
    while len(found := await held_copies(**wanted)) != number:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)
    return found
