"""A key's life: made, found in the DNS, used, replaced, gone; and what nodes are told of it."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import msgspec
import pytest
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from ecluse.adapters.controldb.database import Database
from ecluse.adapters.controldb.publications import ControlPublications
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.control.audit.models import Entry
from ecluse.control.keystore.services import node_key
from ecluse.control.policies.models import PublishedObject
from ecluse.control.signing import jobs
from ecluse.control.signing.delegation import aliases, zone_lines
from ecluse.control.signing.life import LOST_AFTER, NEXT, RETIRES_FOR, SETTLES, KeyState, Moment, next_state
from ecluse.control.signing.models import SigningKey
from ecluse.control.signing.services import BothTaken, give_up, make_pair, move, private_half
from ecluse.control.tenants import services as tenants
from ecluse.domain.dns import Answer, DnsStatus
from ecluse.domain.errors import Impossible
from ecluse.wire.dkim.publishing import Standing
from ecluse.wire.dkim.sealed_key import open_key
from tests.control.cast import ADMIN, ROUTE, client, make_master_key
from tests.control.test_publications import follow, url

pytestmark = pytest.mark.django_db(transaction=True)
NOBODY = Answer(DnsStatus.NXDOMAIN, ())


@pytest.fixture
def one(tmp_path, settings):
    make_master_key(tmp_path, settings)
    owner = client("One")
    with scope(client=owner):
        yield owner


@pytest.fixture
def domain(one):
    return tenants.add_domain(one, "one.example", [ROUTE], by=ADMIN)


@pytest.fixture
def node(tmp_path):
    """What a node knows of a domain's keys now."""
    connection = Database(url())

    def known(name="one.example"):
        follow(ControlPublications(connection), tmp_path / "policy")
        return LmdbPolicies(tmp_path / "policy").signing_keys(name)

    yield known
    connection.close()


class Zone:
    """The DNS, as somebody publishes into it."""

    def __init__(self):
        self.answers = {}

    def publish(self, *keys):
        for key in keys:
            self.answers[key.record.name] = Answer(DnsStatus.OK, (key.record_text.encode(),))

    def look_up(self, name, kind):
        assert kind == "TXT"
        return self.answers.get(name, NOBODY)


def states():
    return {(key.selector, key.state) for key in SigningKey.objects.all()}


def signing_pair(domain, zone):
    keys = make_pair(domain, by=ADMIN)
    zone.publish(*keys)
    for _ in range(2):
        jobs.look_at_keys(timezone.now(), zone.look_up)
    return keys


def test_a_pair_signs_once_it_is_in_the_dns_and_nodes_can_open_it(domain, node):
    keys, zone = make_pair(domain, by=ADMIN), Zone()
    assert states() == {("ecluse-rsa-a", "created"), ("ecluse-ed25519-a", "created")}
    jobs.look_at_keys(timezone.now(), zone.look_up)
    assert node() is None
    zone.publish(*keys)
    for _ in range(2):
        jobs.look_at_keys(timezone.now(), zone.look_up)
    assert {state for _, state in states()} == {"active"}
    told = node()
    assert (told.client, told.domain) == ("One", "one.example")
    opened = [open_key(node_key(), "one.example", each) for each in told.keys]
    assert [each.algorithm for each in opened] == ["rsa-sha256", "ed25519-sha256"]


def test_a_private_half_stands_nowhere_in_the_clear(domain, node):
    keys = signing_pair(domain, Zone())
    with scopes_disabled():
        kept = [bytes(key.private_key) for key in SigningKey.objects.all()]
        kept += [bytes(each.body) for each in PublishedObject.objects.all() if each.body]
        trail = msgspec.json.encode([(entry.before, entry.after) for entry in Entry.objects.all()])
    for key in keys:
        secret = private_half(key).splitlines()[1]
        assert not any(secret in each for each in [*kept, trail])
        assert b"PRIVATE" not in trail


def test_a_change_of_keys_leaves_no_gap_and_takes_eight_days(domain, node):
    zone, now = Zone(), timezone.now()
    old = signing_pair(domain, zone)
    assert jobs.make_due_pairs(now + timedelta(days=200), timedelta(days=180)) == 1
    assert jobs.make_due_pairs(now + timedelta(days=200), timedelta(days=180)) == 0
    new = list(SigningKey.objects.filter(state="created"))
    zone.publish(*new)
    jobs.look_at_keys(timezone.now(), zone.look_up)
    jobs.look_at_keys(timezone.now() + SETTLES - timedelta(hours=1), zone.look_up)
    assert {each.selector for each in node().keys} == {key.selector for key in old}
    jobs.look_at_keys(timezone.now() + SETTLES + timedelta(hours=1), zone.look_up)
    assert {each.selector for each in node().keys} == {key.selector for key in new}
    assert all(SigningKey.objects.get(pk=key.pk).private_key is None for key in old)
    with pytest.raises(BothTaken):
        make_pair(domain, by=ADMIN)
    jobs.look_at_keys(timezone.now() + RETIRES_FOR + timedelta(hours=1), zone.look_up)
    assert {SigningKey.objects.get(pk=key.pk).state for key in old} == {"gone"}
    assert make_pair(domain, by=ADMIN)[0].selector == old[0].selector


def test_a_key_whose_record_is_lost_stops_signing_until_it_is_back(domain, node):
    zone, now = Zone(), timezone.now()
    keys = signing_pair(domain, zone)
    zone.answers = {key.record.name: Answer(DnsStatus.TIMEOUT, ()) for key in keys}
    jobs.look_at_keys(now + timedelta(days=2), zone.look_up)
    assert len(node().keys) == 2
    zone.answers = {}
    jobs.look_at_keys(now + timedelta(days=3), zone.look_up)
    assert len(node().keys) == 2
    jobs.look_at_keys(now + timedelta(days=3, hours=2), zone.look_up)
    assert node() is None
    zone.publish(*keys)
    for _ in range(2):
        jobs.look_at_keys(now + timedelta(days=4), zone.look_up)
    assert len(node().keys) == 2


def test_a_removed_domain_signs_no_more(domain, node):
    signing_pair(domain, Zone())
    assert node() is not None
    tenants.remove_domain(domain, by=ADMIN)
    assert node() is None


def test_a_claimed_domain_gets_no_keys(one):
    with pytest.raises(Impossible):
        make_pair(tenants.claim_domain(one, "claimed.example", [ROUTE], by=ADMIN), by=ADMIN)


def test_who_gives_up_a_key_that_signs_lets_it_retire(domain):
    rsa, ed25519 = make_pair(domain, by=ADMIN)
    assert give_up(rsa, by=ADMIN)
    assert states() == {("ecluse-rsa-a", "gone"), ("ecluse-ed25519-a", "created")}
    assert not give_up(rsa, by=ADMIN)  # As it was read before.
    with pytest.raises(Impossible):
        move(SigningKey.objects.get(pk=rsa.pk), KeyState.ACTIVE, by=ADMIN)
    with pytest.raises(Impossible):
        move(ed25519, KeyState.RETIRING, by=ADMIN)


def test_the_providers_zone_holds_what_clients_point_to(domain):
    keys = make_pair(domain, by=ADMIN)
    lines = list(zone_lines("dkim.provider.example"))
    names = set(aliases("one.example", "dkim.provider.example").values())
    assert len(names) == 4
    assert {line.split(". ")[0] for line in lines} < names
    assert all(any(key.record_text[-40:] in line for line in lines) for key in keys)
    assert (
        aliases("x" * 63 + "." + "y" * 63 + "." + "z" * 63 + "." + "v" * 20 + ".example", "dkim.provider.example") == {}
    )


def test_every_step_of_a_life_is_in_the_table():
    now = timezone.now()
    times = (now, now - LOST_AFTER, now - SETTLES, now - RETIRES_FOR)
    for state, since, standing, missing, elder in product(KeyState, times, Standing, (None, *times), (False, True)):
        found = next_state(Moment(state, since, standing, missing, elder), now)
        assert found is state or found in NEXT[state]
        if standing is Standing.UNKNOWN and state is not KeyState.RETIRING:
            assert found in {state, KeyState.CREATED}
