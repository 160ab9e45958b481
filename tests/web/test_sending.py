"""A client makes its keys, publishes what the page says, and sees what the DNS has now."""

from __future__ import annotations

import pytest
from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.signing import watch as watching
from ecluse.control.signing.models import SendingRecord, SigningKey
from ecluse.control.signing.records import Provider
from ecluse.control.tenants import services as tenants
from ecluse.control.tenants.models import Domain
from ecluse.domain.dns import Answer, DnsStatus
from ecluse.domain.policy import Route
from tests.control.cast import OPERATOR
from tests.web.programs import program_in_role

PROVIDER = Provider(
    "dkim.provider.example", "spf.provider.example", "dmarc@provider.example", "tls@p.example", ("mx.provider.example",)
)


@pytest.fixture(autouse=True)
def _provider(settings):
    settings.ECLUSE_SENDING = PROVIDER


@pytest.fixture
def domain(cast):
    with scope(client=cast.one):
        return Domain.objects.get(name="one.example")


@pytest.fixture
def page(cast, domain):
    return f"/clients/{cast.one.pk}/domains/{domain.pk}/sending"


@pytest.fixture
def one(cast):
    with scope(client=cast.one):
        yield cast.one


def published(dns, name, text):
    dns.records[name, "TXT"] = Answer(DnsStatus.OK, (text.encode(),))


def test_keys_are_made_published_as_the_page_says_and_sign(cast, dns, page, one):
    browser = cast.browser(Role.ADMINISTRATOR)
    assert "leaves unsigned" in browser.get(page).text
    text = browser.post(f"{page}/keys", follow=True).text
    keys = list(SigningKey.objects.all())
    assert len(keys) == 2
    for key in keys:
        assert key.record.name in text
        assert key.record.text in text
        published(dns, key.record.name, key.record.text)
    assert "PRIVATE" not in text
    text = browser.post(f"{page}/look", follow=True).text
    assert text.count("<td>signs</td>") == 2
    assert "ecluse-rsa-b._domainkey.one.example. CNAME ecluse-rsa-b.one.example.dkim.provider.example." in text
    assert Entry.objects.filter(action="signing-key.made", client_id=one.pk).count() == 2


def test_what_the_dns_has_is_told_and_what_should_be_there(cast, dns, page, one):
    published(dns, "one.example", "v=spf1 mx <b> -all")
    published(dns, "_dmarc.one.example", "v=DMARC1; p=reject")
    text = cast.browser(Role.ADMINISTRATOR).post(f"{page}/look", follow=True).text
    assert "v=spf1 mx &lt;b&gt; include:spf.provider.example -all" in text
    assert "something else stands there" in text
    assert "v=DMARC1; p=reject" in text
    assert "_smtp._tls.one.example. TXT" in text
    assert "mx: mx.provider.example" in text


def test_who_may_only_read_makes_no_keys(cast, page, one):
    browser = cast.browser(Role.HELP_DESK)
    assert "Make the keys" not in browser.get(page).text
    assert browser.post(f"{page}/keys").status_code == 403
    assert not SigningKey.objects.exists()


def test_a_record_that_changes_is_noticed_and_silence_is_no_change(dns, domain, one):
    now = timezone.now()
    assert watching.look_now(domain, dns.look_up, now) == 0
    published(dns, "_dmarc.one.example", "v=DMARC1; p=none")
    assert watching.look_now(domain, dns.look_up, now) == 1
    dns.records["_dmarc.one.example", "TXT"] = Answer(DnsStatus.TIMEOUT)
    assert watching.look_now(domain, dns.look_up, now) == 0
    assert SendingRecord.objects.get(purpose="dmarc").standing == "published"
    dns.records.clear()
    assert watching.look_now(domain, dns.look_up, now) == 1


def test_domains_with_keys_are_watched_once_a_day(cast, dns, page, domain, one):
    now = timezone.now()
    cast.browser(Role.ADMINISTRATOR).post(f"{page}/keys")
    assert watching.watch(now, dns.look_up) == 0
    published(dns, "_dmarc.one.example", "v=DMARC1; p=none")
    assert watching.watch(now, dns.look_up) == 0
    assert watching.watch(now + watching.EVERY, dns.look_up) == 1


def test_a_domain_without_an_answer_holds_no_other_one_up(cast, dns, page, domain, one, monkeypatch):
    monkeypatch.setattr(watching, "MOST_AT_ONCE", 1)
    browser, now = cast.browser(Role.ADMINISTRATOR), timezone.now()
    other = tenants.add_domain(one, "other.example", (Route("192.0.2.9"),), by=OPERATOR)
    for each in (domain, other):
        browser.post(f"/clients/{one.pk}/domains/{each.pk}/sending/keys")
    silence = lambda *_: Answer(DnsStatus.TIMEOUT)  # noqa: E731 - a resolver.
    for later in (now, now, now + watching.EVERY, now + watching.EVERY):
        watching.watch(later, silence)
    seen = SendingRecord.objects.filter(looked_at=now + watching.EVERY)
    assert set(seen.values_list("domain__name", flat=True)) == {"one.example", "other.example"}


def test_what_is_proposed_no_longer_makes_no_domain_due(cast, dns, page, domain, one, settings):
    cast.browser(Role.ADMINISTRATOR).post(f"{page}/keys")
    now = timezone.now()
    watching.watch(now, dns.look_up)
    settings.ECLUSE_SENDING = Provider()
    watching.watch(now + watching.EVERY, dns.look_up)
    asked = []
    watching.watch(now + watching.EVERY, lambda *name: asked.append(name) or dns.look_up(*name))
    assert asked == []


def test_a_key_that_is_not_wanted_goes(cast, page, one):
    browser = cast.browser(Role.ADMINISTRATOR)
    browser.post(f"{page}/keys")
    key = SigningKey.objects.first()
    assert key.record.text not in browser.post(f"{page}/keys/{key.pk}/give-up", follow=True).text
    assert SigningKey.objects.get(pk=key.pk).private_key is None


def test_a_program_makes_keys_reads_the_records_and_looks(cast, dns, domain, one):
    program = program_in_role(cast, Role.ADMINISTRATOR)
    where = f"clients/{cast.one.pk}/domains/{domain.pk}"
    made = program.post(f"{where}/signing-keys")
    assert made.status_code == 201
    assert "PRIVATE" not in made.text
    for key in made.json()["keys"]:
        published(dns, key["name"], key["text"])
    found = program.post(f"{where}/sending/look").json()
    assert {key["state"] for key in found["keys"]} == {"active"}
    assert {each["purpose"]: each["dns"] for each in found["records"]}["spf"] == "missing"
    key_id = found["keys"][0]["id"]
    assert program.call("DELETE", f"{where}/signing-keys/{key_id}").status_code == 204
    assert program.call("DELETE", f"{where}/signing-keys/{key_id}").status_code == 409
    assert program.get(f"{where}/sending").json()["keys"][0]["state"] in {"active", "retiring"}
