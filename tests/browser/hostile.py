"""What strangers may write into a subject, a name, an address or a file's name, and where pages show it."""

from __future__ import annotations

import json
import os
import tarfile
import time
from pathlib import Path

from django_scopes import scope

from ecluse.control.audit.change import change
from ecluse.control.keystore.services import public_key
from ecluse.control.policies.models import ListKind
from ecluse.control.policies.services import list_sender
from ecluse.control.tenants.models import Domain
from ecluse.control.tenants.services import add_address
from ecluse.domain.address import Address
from ecluse.domain.event import Ending
from tests.browser.held import hold
from tests.contract.message_log.contract import outcome, recipient

JUDGE = Path(__file__).resolve().parents[3] / "shared/data/judges/web-dev.tar.xz"
NAUGHTY = "web-dev/web-blns/blns.json"
MOST = 100
OWN = (
    "<script>window.hurt=1</script>",
    "<img src=x onerror=window.hurt=1>",
    "'\"><svg onload=window.hurt=1>",
    '" autofocus onfocus=window.hurt=1 x="',
    "</title></textarea><iframe srcdoc='<script>parent.hurt=1</script>'>",
    "javascript:window.hurt=1//",
    "{{ 7*7 }}{% load x %}${7*7}<%= 7*7 %>",
    "\u202egpj.exe\u2066<b>",
    "&lt;script&gt;window.hurt=1&lt;/script&gt;",
    '=HYPERLINK("http://x.example";"a")',
)


def strings() -> list[str]:
    """Ours; with `make browser` also those of the outside judge's that hold markup, where it is here."""
    if "ECLUSE_BROWSER" not in os.environ or not JUDGE.exists():
        return list(OWN)
    with tarfile.open(JUDGE) as archive:
        naughty = json.load(archive.extractfile(NAUGHTY))
    return [*OWN, *(one for one in naughty if "<" in one and one.isprintable())][:MOST]


def furnish_hostile(client, message_log, by) -> None:
    """Held mail, the log, lists, addresses and the trail of a client, full of them."""
    with scope(client=client):
        domain = Domain.objects.get(name="two.example")
        with change(by=by):
            key = public_key(client)
        now = time.time()
        for number, text in enumerate(strings()):
            hold(
                client,
                key,
                Address("zoe", "two.example"),
                text,
                author=text.replace('"', ""),
                sender=f"{text}@x.example",
            )
            list_sender(client, ListKind.BLOCK, f"s{number}@x.example", f"s{number}@x.example", note=text[:100], by=by)
            add_address(domain, f"a{number}", name=text[:100], by=by)
            found = recipient(
                "zoe@two.example", Ending.REFUSED, disposition="refuse", category="Q", reply=f"550 5.7.1 {text}",
                findings=(f"BANNED_FILE: {text}", f"LINK_MISMATCH: {text}"),
            )  # fmt: skip
            message_log.append(
                [outcome(now - number, found, client=client.name, sender=f"{text}@x.example", helo=text, subject=text)]
            )
