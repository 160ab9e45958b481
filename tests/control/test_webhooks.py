"""Webhooks: what is told, once, signed, repeated with back-off, to a real server, and to none of ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from ecluse.adapters.http import poster
from ecluse.adapters.http.poster import HttpsPoster, is_public
from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.abuse.models import ToldLimit, ToldLock
from ecluse.control.audit.models import Entry
from ecluse.control.mail.models import CopyState, HeldCopy, HeldMessage, LateFlag
from ecluse.control.mail.scoped_log import ScopedLog
from ecluse.control.signing.models import SendingRecord, SigningKey
from ecluse.control.sla.models import Breach, MonthClosing
from ecluse.control.tenants import services as tenants
from ecluse.control.tenants.models import Domain
from ecluse.control.webhooks import services, telling
from ecluse.control.webhooks.events import MX_EVERY_S, Sources, note_events, watch_mx
from ecluse.control.webhooks.jobs import keep_house
from ecluse.control.webhooks.models import EventKind, Notice, Webhook
from ecluse.control.webhooks.services import BadAddress
from ecluse.control.webhooks.telling import AGAIN_AFTER_S, AT_ONCE, KEPT_S, OFF_AFTER_S, tell_due
from ecluse.domain.dns import Answer, DnsStatus, Mx
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.ids import new_id
from tests.contract.message_log.contract import outcome, recipient
from tests.control.billed import begun_contract
from tests.control.cast import ADMIN, ROUTE, client, make_master_key
from tests.dripping import dripping
from tests.journeys.certificates import server_context

pytestmark = pytest.mark.django_db(transaction=True)

URL = "https://hooks.one.example/ecluse?from=us"
EVENTS = (
    "message.refused",
    "message.held",
    "message.released",
    "message.flagged-late",
    "domain.mx-broken",
    "domain.mx-mended",
    "sla.choice-opened",
    "sending.locked",
    "sending.limit-near",
    "sending.limit-reached",
    "domain.record-changed",
    "domain.key-lost",
)


class Receiver:
    """An HTTPS server that takes notices, and answers as it is told."""

    def __init__(self, folder):
        self.taken, self.status, self.drip = [], 204, threading.Event()
        self.is_slow = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.taken.append((self.path, dict(self.headers), body))
                if outer.is_slow:
                    outer.drip.wait(30)
                self.send_response(outer.status)
                self.send_header("location", "https://127.0.0.1/elsewhere")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.socket = server_context(folder, "hooks.one.example").wrap_socket(
            self.server.socket, server_side=True
        )
        self.port = self.server.server_address[1]
        self.trust = ssl.create_default_context(cafile=folder / "cert.pem")
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def poster(self, **changes):
        options = {"is_allowed": lambda _: True, "deadline_s": 20.0, **changes}
        return HttpsPoster(lambda _: ("127.0.0.1",), self.trust, **options)

    def post(self, url, headers, body):
        return self.poster().post(url.replace("hooks.one.example", f"hooks.one.example:{self.port}"), headers, body)

    def end(self):
        self.drip.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver(tmp_path):
    made = Receiver(tmp_path)
    yield made
    made.end()


@pytest.fixture
def one(tmp_path, settings):
    make_master_key(tmp_path, settings)
    owner = client("One")
    with scope(client=owner):
        tenants.add_domain(owner, "one.example", [ROUTE], by=ADMIN)
    return owner


@pytest.fixture
def hook(one):
    with scope(client=one):
        made, secret = services.add_webhook(one, URL, EVENTS, by=ADMIN)
    made.told_secret = secret
    return made


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


def notices(**which):
    with scopes_disabled():
        return list(Notice.objects.filter(**which).order_by("pk"))


def reread(hook):
    with scopes_disabled():
        return Webhook.objects.get(pk=hook.pk)


def give_notice(hook, count=1):
    with scope(client=hook.client):
        for _ in range(count):
            services.send_test(hook, by=ADMIN)


def verified(secret, headers, body):
    """As a receiver verifies by Standard Webhooks."""
    headers = {name.lower(): value for name, value in headers.items()}
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return expected in headers["webhook-signature"].split(" ")


def choice_opened(one):
    """A month that was closed just now has not kept a promise."""
    contract, now = begun_contract("One"), timezone.now()
    closing = MonthClosing.objects.create(
        client=one, contract=contract, month=date(2026, 1, 1), closed_at=now, inputs={}, figures={}, seal="0" * 64
    )
    values = {"kind": "availability", "opened_on": date(2026, 2, 4), "choose_until": date(2026, 3, 4)}
    return Breach.objects.create(client=one, contract=contract, closing=closing, **values)


# --- What is told


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
        of_sending = set(happened_to_sending(one, now))
    assert world.note() == 12  # Refused, held twice, released, flagged, a choice opened, and what concerns sending.
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
        }
        | of_sending
    )
    choice = {"breach_id": broken.pk, "month": str(broken.closing), "kind": "availability"}
    until = broken.choose_until.isoformat()
    assert told[f"choice-opened-{broken.pk}"]["data"] == {"client_id": one.pk, **choice, "choose_until": until}
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


# --- How it is told


def test_a_notice_is_signed_as_standard_webhooks_has_it(hook, receiver):
    give_notice(hook)
    assert tell_due(time.time(), receiver.post) == 1
    ((path, headers, body),) = receiver.taken
    assert path == "/ecluse?from=us"
    assert json.loads(body)["type"] == "webhook.test"
    assert verified(hook.told_secret, headers, body)
    assert not verified(hook.told_secret, headers, body + b" ")
    assert not verified("whsec_" + base64.b64encode(b"x" * 32).decode(), headers, body)
    assert tell_due(time.time() + 86_400, receiver.post) == 0
    assert reread(hook).told_at is not None


def test_a_fresh_secret_signs_beside_the_former_one_for_a_day(hook, one, receiver):
    with scope(client=one):
        fresh = services.rotate_secret(hook, by=ADMIN)
    give_notice(hook)
    tell_due(time.time(), receiver.post)
    _, headers, body = receiver.taken[0]
    assert verified(fresh, headers, body)
    assert verified(hook.told_secret, headers, body)
    give_notice(hook)
    tell_due(time.time() + services.FORMER_SECRET_LIVES_S + 1, receiver.post)
    _, headers, body = receiver.taken[1]
    assert verified(fresh, headers, body)
    assert not verified(hook.told_secret, headers, body)


def test_secrets_are_not_readable_in_the_database(hook):
    row = reread(hook)
    assert base64.b64decode(hook.told_secret.removeprefix("whsec_")) not in bytes(row.secret)
    assert not any("whsec" in str((each.before, each.after)) for each in Entry.objects.all())


@pytest.mark.parametrize("status", [301, 302, 400, 404, 500, 503])
def test_what_is_not_taken_comes_again_later_with_the_same_name_and_body(hook, receiver, status):
    receiver.status, now = status, time.time() + 1
    give_notice(hook)
    assert tell_due(now, receiver.post) == 0
    assert tell_due(now + AGAIN_AFTER_S[0] - 1, receiver.post) == 0
    receiver.status = 200
    assert tell_due(now + AGAIN_AFTER_S[0] + 1, receiver.post) == 1
    (_, first, body), (_, second, again) = receiver.taken
    assert (first["webhook-id"], body) == (second["webhook-id"], again)
    assert reread(hook).failing_since is None


def test_a_notice_is_given_up_after_its_tries(hook, receiver):
    receiver.status, now = 500, time.time() + 1
    give_notice(hook)
    for wait_s in (0.0, *AGAIN_AFTER_S):
        now += wait_s + 1
        tell_due(now, receiver.post)
    (notice,) = notices()
    assert (notice.due_at, len(receiver.taken)) == (None, len(AGAIN_AFTER_S) + 1)
    assert reread(hook).failing_since is None  # Nothing waits any more: a later failure is a first one.


def test_who_never_answers_is_switched_off_and_the_trail_says_so(hook, one, receiver):
    receiver.status, now = 500, time.time() + 1
    give_notice(hook)
    tell_due(now, receiver.post)
    give_notice(hook)
    tell_due(now + OFF_AFTER_S + 1, receiver.post)
    row = reread(hook)
    assert not row.is_on
    assert "five days" in row.off_because
    assert Entry.objects.get(action="webhook.switched-off").client_id == one.pk
    give_notice(hook)
    assert tell_due(now + 2 * OFF_AFTER_S, receiver.post) == 0
    with scope(client=one):
        services.change_webhook(row, URL, EVENTS, is_on=True, by=ADMIN)
    assert (reread(hook).off_because, reread(hook).failing_since) == ("", None)


def test_who_is_gone_is_told_no_more(hook, receiver):
    receiver.status = 410
    give_notice(hook)
    tell_due(time.time(), receiver.post)
    assert not reread(hook).is_on


def test_a_dead_receiver_is_asked_once_a_round_and_holds_up_nobody(hook, one, receiver):
    with scope(client=one):
        dead, _ = services.add_webhook(one, "https://dead.one.example/", ["message.held"], by=ADMIN)
    give_notice(dead, 5)
    give_notice(hook, 2)
    asked = []

    def post(url, headers, body):
        asked.append(url)
        if "dead" in url:
            raise Unavailable("no answer")
        return receiver.post(url, headers, body)

    assert tell_due(time.time(), post) == 2
    assert sum("dead" in each for each in asked) == 1
    assert reread(dead).last_trouble == "no answer"
    assert tell_due(time.time() + 30, post) == 0
    assert sum("dead" in each for each in asked) == 1


@pytest.fixture
def other(one):
    with scope(client=one):
        return services.add_webhook(one, "https://other.one.example/", ["message.held"], by=ADMIN)[0]


def test_what_waits_for_one_webhook_holds_up_no_other(hook, other):
    give_notice(hook, 2 * AT_ONCE)
    give_notice(other)
    asked = []
    assert tell_due(time.time(), lambda url, *_: asked.append(url) or 204) == 2 * AT_ONCE + 1
    assert other.url in asked[: AT_ONCE + 1]


def test_who_is_slow_holds_up_the_worker_no_longer_than_it_has_time(hook):
    give_notice(hook, 3)
    assert tell_due(time.time(), lambda *_: time.sleep(0.3) or 204, within_s=0.2) == 1
    assert tell_due(time.time(), lambda *_: 204) == 2


def test_a_failure_puts_off_all_that_waits_for_a_webhook_and_ever_longer(hook):
    give_notice(hook, 3 * AT_ONCE)
    now, asked = time.time() + 1, []
    for minute in range(40):
        tell_due(now + 60 * minute, lambda *_, at=minute: asked.append(at) or 500)
    assert asked == [0, 1, 6, 36]


def test_a_notice_that_alone_is_not_taken_holds_up_no_other(hook):
    give_notice(hook, 3)
    bad = notices()[0].event

    def post(_url, headers, _body):
        return 400 if headers["webhook-id"] == bad else 204

    assert tell_due(time.time(), post) == 0
    assert tell_due(time.time() + 61, post) == 2


def test_a_secret_that_cannot_be_read_is_trouble_of_its_webhook_alone(hook, other):
    with scopes_disabled():
        Webhook.objects.filter(pk=hook.pk).update(secret=b"of another master key")
    give_notice(hook)
    give_notice(other)
    assert tell_due(time.time(), lambda *_: 204) == 1
    assert reread(hook).last_trouble


def test_secrets_are_opened_once_for_all_that_one_webhook_is_told(hook, monkeypatch):
    opened, unwrap = [], telling.unwrapped_secret
    monkeypatch.setattr(telling, "unwrapped_secret", lambda *each: opened.append(each) or unwrap(*each))
    give_notice(hook, 3)
    assert tell_due(time.time(), lambda *_: 204) == 3
    assert len(opened) == 1


def test_who_is_removed_while_being_told_loses_no_others_result(hook, other):
    give_notice(hook)
    give_notice(other)

    def post(url, *_):
        if "other" not in url:
            with scopes_disabled():
                Webhook.objects.filter(pk=hook.pk).delete()
            connection.close()  # That thread's own.
            return 410
        return 204

    assert tell_due(time.time(), post) == 1
    assert reread(other).told_at is not None
    assert not Entry.objects.filter(action="webhook.switched-off").exists()


def test_two_workers_do_not_tell_the_same(hook, receiver):
    give_notice(hook)

    def post_while_another_works(url, headers, body):
        assert tell_due(time.time(), receiver.post) == 0
        connection.close()  # That thread's own.
        return receiver.post(url, headers, body)

    assert tell_due(time.time(), post_while_another_works) == 1


def test_what_happened_while_it_was_off_is_not_told(hook, one, world):
    now = time.time()
    with scope(client=one):
        services.change_webhook(hook, URL, EVENTS, is_on=False, by=ADMIN)
    held(one, now)
    with scope(client=one):
        services.change_webhook(hook, URL, EVENTS, is_on=True, by=ADMIN)
    held(one, time.time() + 1)
    assert world.note(time.time() + 60) == 1


def test_a_change_undoes_nothing_that_happened_meanwhile(hook, one):
    with scope(client=one):
        services.rotate_secret(reread(hook), by=ADMIN)
        Webhook.objects.filter(pk=hook.pk).update(not_before=1e12, failures=3)
        services.change_webhook(hook, URL, ["message.held"], is_on=True, by=ADMIN)
    found = reread(hook)
    assert found.former_secret is not None
    assert (found.not_before, found.failures) == (1e12, 3)


def test_old_notices_are_forgotten(hook):
    give_notice(hook)
    keep_house(time.time() + KEPT_S - 60)
    assert len(notices()) == 1
    keep_house(time.time() + KEPT_S + 60)
    assert notices() == []


# --- Where it may be told


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.one.example/", "https://127.0.0.1/", "https://[::1]/", "https://10.1.2.3/", "https://localhost/",
        "https://169.254.169.254/latest", "https://user:word@hooks.one.example/", "https://hooks.one.example/#a",
        "https:///x", "https://hooks.one.example:99999/", "https://a b.example/", "ftp://hooks.one.example/", "",
        "https://2130706433/", "https://0x7f.1/", "https://127.1/", "https://hooks.one.example\\@127.0.0.1/",
        "https://h\u00f6oks.example/", "https://hooks.one.example/" + "x" * 600,
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(one, url):
    with scope(client=one), pytest.raises(BadAddress):
        services.add_webhook(one, url, EVENTS, by=ADMIN)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("127.0.0.1", False), ("10.0.0.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("::1", False),
        ("fe80::1", False), ("fd00::1", False), ("::ffff:127.0.0.1", False), ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False), ("ff02::1", False),
    ],
)  # fmt: skip
def test_which_addresses_lie_in_the_internet(address, expected):
    assert is_public(address) is expected


def test_a_name_that_leads_to_us_is_not_followed(receiver):
    """At the time of the connection, whatever it led to when it was added."""
    guarded = receiver.poster(is_allowed=is_public)
    with pytest.raises(Impossible):
        guarded.post(f"https://hooks.one.example:{receiver.port}/", {}, b"{}")
    assert receiver.taken == []


def test_the_connection_goes_to_the_address_that_was_looked_at(receiver, monkeypatch):
    """A name that leads elsewhere a moment later changes nothing: it is looked up once."""
    asked = []

    def resolve(name):
        asked.append(name)
        return ("127.0.0.1",)

    monkeypatch.setattr(poster.socket, "getaddrinfo", _literal_only(poster.socket.getaddrinfo))
    made = HttpsPoster(resolve, receiver.trust, is_allowed=lambda _: True, deadline_s=20)
    assert made.post(f"https://hooks.one.example:{receiver.port}/", {}, b"{}") == 204
    assert asked == ["hooks.one.example"]


def _literal_only(real):
    def look(host, *args, **options):
        assert host == "127.0.0.1"
        return real(host, *args, **options)

    return look


def test_a_certificate_that_does_not_hold_ends_it(receiver):
    strict = HttpsPoster(lambda _: ("127.0.0.1",), ssl.create_default_context(), is_allowed=lambda _: True)
    with pytest.raises(Unavailable, match="certificate"):
        strict.post(f"https://hooks.one.example:{receiver.port}/", {}, b"{}")
    with pytest.raises(Unavailable, match="certificate"):
        receiver.poster().post(f"https://other.one.example:{receiver.port}/", {}, b"{}")


def test_who_is_slow_is_left(receiver):
    receiver.is_slow = True
    with pytest.raises(Unavailable):
        receiver.poster(deadline_s=0.5).post(f"https://hooks.one.example:{receiver.port}/", {}, b"{}")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nx-a: ", b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"])
def test_who_answers_an_octet_now_and_then_is_left(tmp_path, answer):
    with dripping(tmp_path, "hooks.one.example", answer) as port:
        trust = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        poster = HttpsPoster(lambda _: ("127.0.0.1",), trust, is_allowed=lambda _: True, deadline_s=1.0)
        with pytest.raises(Unavailable, match="in time"):
            poster.post(f"https://hooks.one.example:{port}/", {}, b"{}")


@pytest.mark.parametrize("host", [".one.example", "one..example", "x" * 64 + ".example", "[one.example"])
def test_a_name_that_tls_does_not_take_leads_nowhere_and_leaves_no_connection(receiver, host):
    with pytest.raises(Impossible):
        receiver.poster().post(f"https://{host}:{receiver.port}/", {}, b"{}")


def test_a_name_that_leads_nowhere_is_trouble_of_today(receiver):
    nowhere = HttpsPoster(lambda _: (), receiver.trust)
    with pytest.raises(Unavailable):
        nowhere.post("https://hooks.one.example/", {}, b"{}")


def test_events_are_chosen_from_the_known_ones(one):
    with scope(client=one), pytest.raises(Impossible):
        services.add_webhook(one, URL, ["webhook.test", "no.such"], by=ADMIN)
    assert EventKind.TEST not in services._known([*EVENTS, "webhook.test"])
