"""What webhooks are told of: each thing once, and nothing about people."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.utils import timezone
from django_scopes import scope

from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.abuse.models import ToldLimit, ToldLock
from ecluse.control.mail.models import CopyState, HeldCopy, HeldMessage, LateFlag
from ecluse.control.mail.scoped_log import ScopedLog
from ecluse.control.signing.models import SendingRecord, SigningKey
from ecluse.control.sla.models import Breach, MonthClosing
from ecluse.control.support import tickets
from ecluse.control.tenants.models import Domain
from ecluse.control.webhooks import services
from ecluse.control.webhooks.events import MX_EVERY_S, Sources, note_events, watch_mx
from ecluse.control.webhooks.models import EventKind
from ecluse.domain.dns import Answer, DnsStatus, Mx
from ecluse.domain.errors import Impossible
from ecluse.domain.ids import new_id
from tests.contract.message_log.contract import outcome, recipient
from tests.control import hooked
from tests.control.billed import begun_contract
from tests.control.cast import ADMIN, OPERATOR
from tests.control.hooked import EVENTS, URL, notices
from tests.control.test_tickets import opened

pytestmark = pytest.mark.django_db(transaction=True)
one, hook = hooked.one, hooked.hook


class World:
    """What events are found in."""

    def __init__(self, folder):
        self.log = SqliteMessageLog(folder / "log")
        self.mx = Answer(DnsStatus.OK, (Mx(10, "mx.provider.example"),))

    @property
    def sources(self):
        return Sources(ScopedLog(self.log), lambda *_: self.mx, ("mx.provider.example",))

    def note(self, now=None):
        return note_events(time.time() if now is None else now, self.sources)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.log.close()


def held(owner, at, state=CopyState.HELD, **fields):
    with scope(client=owner):
        message = HeldMessage.objects.create(
            id=new_id(), client=owner, node="n", sender="eve@e.example", size=9, received_at=at, disposition="refuse"
        )
        return HeldCopy.objects.create(
            message=message, client=owner, recipient="ann@one.example", category="Q", state=state, **fields
        )


def choice_opened(one):
    """A month that was closed just now has not kept a promise."""
    contract, now = begun_contract("One"), timezone.now()
    closing = MonthClosing.objects.create(
        client=one, contract=contract, month=date(2026, 1, 1), closed_at=now, inputs={}, figures={}, seal="0" * 64
    )
    values = {"kind": "availability", "opened_on": date(2026, 2, 4), "choose_until": date(2026, 3, 4)}
    return Breach.objects.create(client=one, contract=contract, closing=closing, **values)


def happened_to_sending(owner, now):
    """A lock, a limit near and one reached, a record and a key that is gone: their names. In the client's scope."""
    ann = {"client": owner, "scope": "account", "name": "ann@one.example"}
    lock = {"lock_id": "1", "node": "mx", "cause": "burst", "since": now, "until": now + 60, "lifted_at": 0, "times": 1}
    first = ToldLock.objects.create(**ann, **lock)
    ToldLock.objects.create(**ann, **lock | {"node": "mx2", "origin": "mx"})  # The same, spread to another node.
    limit = {"window_s": 3_600, "most": 10, "count": 8, "of": 0, "at": now, "ends_at": now + 60}
    near = ToldLimit.objects.create(**ann, **limit, what="messages", reached_at=0)
    reached = ToldLimit.objects.create(**ann, **limit, what="recipients", reached_at=now)
    domain, at = Domain.objects.get(), datetime.fromtimestamp(now, UTC)
    of_domain = {"client": owner, "domain": domain, "looked_at": at}
    record = SendingRecord.objects.create(**of_domain, purpose="spf", standing="missing", changed_at=at)
    signs = {"selector": "k", "algorithm": "rsa", "state": "active", "state_since": at, "made_at": at}
    key = SigningKey.objects.create(**of_domain, **signs, record_text="v=DKIM1", missing_since=at)
    yield from (f"locked-{first.pk}", f"record-{record.pk}-{int(now)}", f"key-lost-{key.pk}-{int(now)}")
    ends = int(near.ends_at)
    yield from (f"sending.limit-near-{each.pk}-{ends}" for each in (near, reached))
    yield f"sending.limit-reached-{reached.pk}-{ends}"


def test_each_event_is_noted_once_and_says_nothing_of_people(one, hook, world):
    now = time.time()
    refused = outcome(now, recipient("paul@one.example", disposition="refuse", category="Q"), sender="eve@evil.example")
    world.log.append([refused, outcome(now, recipient("zoe@two.example", disposition="refuse"), client="Two")])
    copy = held(one, now)
    freed = held(one, now, CopyState.RELEASED, ended_at=now, channel="administrator")
    with scope(client=one):
        names = {"recipient": "ann@one.example", "sender": "eve@evil.example"}
        flag = LateFlag.objects.create(
            client=one, campaign="f0", cause="scanner", message="m", received_at=now, flagged_at=now, **names
        )
        broken = choice_opened(one)
        ticket = opened(one)
        tickets.note(ticket, "For ourselves.", by=OPERATOR)
        answer = tickets.answer(ticket, "We look.", by=OPERATOR)
        of_sending = set(happened_to_sending(one, now))
    assert (
        world.note() == 13
    )  # Refused, held twice, released, flagged, a choice opened, a request answered, and what concerns sending.
    assert world.note() == 0
    told = {each.event: json.loads(each.body) for each in notices()}
    flagged = f"flagged-late-{flag.pk}"
    assert (
        set(told)
        == {
            f"refused-{refused.id}",
            f"held-{copy.pk}",
            f"held-{freed.pk}",
            f"released-{freed.pk}",
            flagged,
            f"choice-opened-{broken.pk}",
            f"answered-{answer.pk}",
        }
        | of_sending
    )
    choice = {"breach_id": broken.pk, "month": str(broken.closing), "kind": "availability"}
    until = broken.choose_until.isoformat()
    assert told[f"choice-opened-{broken.pk}"]["data"] == {"client_id": one.pk, **choice, "choose_until": until}
    number = {"ticket_id": ticket.pk, "number": ticket.reference}
    assert told[f"answered-{answer.pk}"]["data"] == {"client_id": one.pk, **number}
    assert told[flagged]["data"] == {"client_id": one.pk, "flag_id": flag.pk, "message_id": "m", "cause": "scanner"}
    assert told[f"refused-{refused.id}"]["data"] == {
        "client_id": one.pk,
        "message_id": refused.id,
        "direction": "inbound",
        "category": "Q",
    }
    assert {each["data"]["domain"] for each in told.values() if "domain" in each["data"]} == {"one.example"}
    for each in told.values():
        each["data"] = {name: said for name, said in each["data"].items() if name not in ("domain", "record")}
    assert not any(text in str(told) for text in ("@", "example", "Eve"))


def test_what_was_before_the_webhook_and_what_nobody_asked_for_is_not_told(one, world):
    held(one, time.time() - 3_600)
    with scope(client=one):
        services.add_webhook(one, URL, ["message.released"], by=ADMIN)
    held(one, time.time() + 1)
    assert world.note() == 0


def test_a_record_that_comes_late_is_told(hook, one, world):
    at = time.time() + 5
    assert world.note(at + 600) == 0
    held(one, at)
    assert world.note(at + 700) == 1


def test_an_mx_that_breaks_and_is_mended_is_told_once_each(hook, one, world):
    now = time.time()
    states = []
    for hour, host in enumerate(["mx.provider.example", "old.one.example", "old.one.example", "mx.provider.example"]):
        world.mx = Answer(DnsStatus.OK, (Mx(10, host),))
        at = now + hour * (MX_EVERY_S + 60)
        watch_mx(at, world.sources)
        watch_mx(at + 60, world.sources)
        world.note(at + 60)
        states.append([json.loads(each.body)["type"] for each in notices()])
    assert [len(each) for each in states] == [0, 1, 1, 2]
    assert states[-1] == ["domain.mx-broken", "domain.mx-mended"]
    assert json.loads(notices()[0].body)["data"]["domain"] == "one.example"


def test_a_dns_that_does_not_answer_breaks_nothing(hook, world):
    watch_mx(time.time(), world.sources)
    world.mx = Answer(DnsStatus.SERVFAIL)
    watch_mx(time.time() + 2 * MX_EVERY_S, world.sources)
    assert world.note(time.time() + 2 * MX_EVERY_S) == 0


def test_a_dns_that_does_not_answer_is_asked_again_in_an_hour(hook, world):
    asked, answers = [], [Answer(DnsStatus.SERVFAIL), world.mx]
    sources = replace(world.sources, look_up=lambda *_: asked.append(1) or answers[len(asked) - 1])
    now = time.time()
    for minute in range(0, 70, 5):
        watch_mx(now + 60 * minute, sources)
    assert len(asked) == 2
    assert world.note(now + 2 * MX_EVERY_S) == 0  # What is known for the first time is no change.


def test_what_happened_while_it_was_off_is_not_told(hook, one, world):
    now = time.time()
    with scope(client=one):
        services.change_webhook(hook, URL, EVENTS, is_on=False, by=ADMIN)
    held(one, now)
    with scope(client=one):
        services.change_webhook(hook, URL, EVENTS, is_on=True, by=ADMIN)
    held(one, time.time() + 1)
    assert world.note(time.time() + 60) == 1


def test_events_are_chosen_from_the_known_ones(one):
    with scope(client=one), pytest.raises(Impossible):
        services.add_webhook(one, URL, ["webhook.test", "no.such"], by=ADMIN)
    assert EventKind.TEST not in services._known([*EVENTS, "webhook.test"])
