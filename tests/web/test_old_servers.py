"""A client asks whether its old server takes mail from everybody, and is told what was heard, when, and what to do."""

from __future__ import annotations

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.tenants import old_servers
from ecluse.control.tenants.models import Domain
from ecluse.domain.dns import Answer, DnsStatus
from ecluse.domain.reply import Reply
from ecluse.domain.stranger import Ending, Heard
from tests.control.cast import ADMIN

OK = Reply(250, "1.5", "Recipient ok <b>\0</b>")


@pytest.fixture
def page(cast):
    with scope(client=cast.one):
        domain = Domain.objects.get(name="one.example")
    return f"/clients/{cast.one.pk}/domains/{domain.pk}/old-server"


@pytest.fixture
def gateways(dns):
    dns.records["mx.provider.example", "A"] = Answer(DnsStatus.OK, ("192.0.2.1",))
    dns.records["mx.provider.example", "AAAA"] = Answer(DnsStatus.NO_DATA)


def asked(browser, page, host="old.one.example"):
    return browser.post(page, {"host": host}, follow=True).text


def test_a_server_that_takes_a_strangers_mail_is_open_and_the_page_says_how_to_close_it(cast, dns, page, gateways):
    dns.old_server.heard = Heard(Ending.ANSWERED, OK, "198.51.100.9")
    text = asked(cast.browser(Role.ADMINISTRATOR), page)
    assert "open to everybody" in text
    assert "Recipient ok &lt;b&gt;" in text
    assert "mx.provider.example" in text
    host, port, address = dns.old_server.asked
    assert (host, port, str(address)) == ("old.one.example", 25, "paul@one.example")
    assert Entry.objects.get(action="domain.old-server-asked").after["openness"] == "open"


def test_from_a_gateways_address_an_open_door_cannot_be_told(cast, dns, page, gateways):
    dns.old_server.heard = Heard(Ending.ANSWERED, OK, "192.0.2.1")
    assert "cannot be told from here" in asked(cast.browser(Role.ADMINISTRATOR), page)


def test_while_nobody_knows_the_gateways_addresses_nothing_is_called_open(cast, dns, page, gateways):
    dns.records["mx.provider.example", "AAAA"] = Answer(DnsStatus.SERVFAIL)
    dns.old_server.heard = Heard(Ending.ANSWERED, OK, "198.51.100.9")
    text = asked(cast.browser(Role.ADMINISTRATOR), page)
    assert "cannot be told from here" in text
    assert "open to everybody" not in text


def test_the_last_answer_of_each_server_stands_there_with_few_servers_in_all(cast, dns, page, gateways):
    with scope(client=cast.one):
        domain = Domain.objects.get(name="one.example")
        for number in range(old_servers.MOST_SERVERS + 3):
            old_servers.note_answer(domain, f"s{number}.example", 25, dns.old_server.heard, frozenset(), by=ADMIN)
        old_servers.note_answer(domain, "s12.example", 25, Heard(Ending.NO_CONNECTION), frozenset(), by=ADMIN)
        kept = domain.old_servers.all()
        assert kept.count() == old_servers.MOST_SERVERS
        assert (kept[0].host, kept[0].openness) == ("s12.example", "unknown")


def test_a_next_hop_is_asked_at_its_own_port_and_no_other_host_at_one_that_was_chosen(cast):
    with scope(client=cast.one):
        domain = Domain.objects.get(name="one.example")
        domain.routes.update(port=2525)
        assert old_servers.port_of(domain, "192.0.2.30") == 2525
        assert old_servers.port_of(domain, "old.one.example") == 25


def test_a_domain_that_is_only_claimed_is_nobodys_to_have_servers_asked_about(cast, dns, page):
    with scope(client=cast.one):
        claim = Domain.objects.get(name="new.one.example")
    url = f"/clients/{cast.one.pk}/domains/{claim.pk}/old-server"
    assert cast.browser(Role.ADMINISTRATOR).post(url, {"host": "old.one.example"}).status_code == 404
    assert dns.old_server.asked is None


def test_somebody_elses_server_is_not_asked_all_day(cast, dns, page, gateways):
    browser = cast.browser(Role.ADMINISTRATOR)
    for _ in range(10):
        asked(browser, page)
    dns.old_server.asked = None
    assert "try again in an hour" in asked(browser, page)
    assert dns.old_server.asked is None
