"""10,000 users, one digest each: seconds, digests a second, and seconds of processor, in a SQLite database of its own.

What is measured is composing: mail that is held is opened, links are signed, both parts are written out as octets. Handing them
to a mail server is not: that is the server's speed.

    .venv/bin/python bench/digests.py [--users 10000] [--held 3]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from django_scopes import scope

sys.path.insert(0, str(Path(__file__).parents[1]))

from ecluse.domain.held import HeldSummary
from ecluse.domain.ids import new_id
from ecluse.entrypoints.console_tables import Web
from ecluse.entrypoints.django_start import migrate, start_django
from ecluse.entrypoints.settings_tables import Settings
from ecluse.web.catalogs import compile_into
from ecluse.wire.letters import octets_of
from ecluse.wire.notations import DomainName
from ecluse.wire.sealing.content import sealed_summary
from ecluse.wire.sealing.envelope import sealed_key

GOAL_S = 60.0  # For 10,000.
SUMMARY = msgspec.msgpack.encode(HeldSummary("Eve <eve@e.example>", "An offer that nobody can refuse"))


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--held", type=int, default=3, help="messages for each")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(hostname=DomainName("mx.a.example"), data_dir=Path(folder), web=Web(url="http://a.example"))
        compile_into(Path(folder) / "web" / "locale")
        start_django(settings)
        migrate(settings)
        _fill(asked.users, asked.held)
        _measure(asked.held)


def _measure(held: int) -> None:
    from ecluse.control.mail.digests import send_due  # noqa: PLC0415 - models exist once Django has started.
    from ecluse.web.digests.mail import digest_mail  # noqa: PLC0415 - as above.

    sizes: list[int] = []
    began, used = time.perf_counter(), time.process_time()
    count = send_due(
        time.time() + 60, lambda content: sizes.append(len(octets_of(digest_mail(content), new_id(), time.time())))
    )
    took, used = time.perf_counter() - began, time.process_time() - used
    print(
        f"{count} digests of {held} lines in {took:.1f} s, {count / took:.0f} a second, {used:.1f} s of processor "
        f"({1_000 * used / count:.2f} ms each), {sum(sizes) // count} octets each; load {os.getloadavg()[0]:.1f}; "
        f"10,000 in {took * 10_000 / count:.0f} s, of {GOAL_S:.0f}"
    )


def _fill(users: int, held: int) -> None:
    from ecluse.control.audit.actor import Actor, ActorKind  # noqa: PLC0415 - as above.
    from ecluse.control.keystore.services import public_key  # noqa: PLC0415 - as above.
    from ecluse.control.mail.models import DigestRules, HeldCopy, HeldMessage  # noqa: PLC0415 - as above.
    from ecluse.control.tenants.services import create_client  # noqa: PLC0415 - as above.

    client, now = create_client("Bench", by=Actor(ActorKind.COMMAND, "bench")), time.time()
    with scope(client=client):
        key = public_key(client)
        DigestRules.objects.create(client=client, is_on=True, hours=list(range(24)), days=list(range(7)))
        messages, copies = [], []
        for number in range(users * held):
            message_id, recipient = f"{number:032x}", f"user{number % users}@a.example"
            content_key, seal = sealed_key(key, message_id)
            messages.append(
                HeldMessage(
                    id=message_id,
                    client=client,
                    node="mx",
                    sender="eve@e.example",
                    size=9_000,
                    received_at=now - number % 3_600,
                    disposition="refuse",
                    seal=seal,
                    summary=sealed_summary(SUMMARY, content_key, message_id),
                )
            )
            copies.append(HeldCopy(client=client, message_id=message_id, recipient=recipient, category="Q"))
        HeldMessage.objects.bulk_create(messages, batch_size=1_000)
        HeldCopy.objects.bulk_create(copies, batch_size=1_000)


if __name__ == "__main__":
    main()
