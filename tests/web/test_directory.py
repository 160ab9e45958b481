"""Addresses from a client's directory: shown first, then done, and never emptied by a wrong filter."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.directories import jobs
from ecluse.control.directories.difference import difference
from ecluse.control.directories.jobs import read_due
from ecluse.control.directories.models import Directory
from ecluse.control.directories.services import (
    DirectorySettings,
    PasswordNeeded,
    apply,
    directory_of,
    question_for,
    remove_directory,
    set_directory,
)
from ecluse.control.tenants import services as tenants
from ecluse.control.tenants.models import Address, Domain
from ecluse.domain.directory import DirectoryFailed, DirectoryTrouble
from ecluse.web.console import directory as page_of_directory
from tests.control.cast import ADMIN

SETTINGS = DirectorySettings(
    host="ldap.one.example",
    port=636,
    starts_tls=False,
    authority="",
    bind_dn="cn=reader",
    base="dc=one",
    filter="(mail=*)",
    address_attribute="mail",
    alias_attributes=("proxyAddresses",),
    name_attribute="cn",
    every_hours=1,
)
FORM = {
    "host": "ldap.one.example",
    "port": "636",
    "bind_dn": "cn=reader",
    "password": "hush",
    "base": "dc=one",
    "filter": "(mail=*)",
    "address_attribute": "mail",
    "alias_attributes": "proxyAddresses",
    "name_attribute": "cn",
    "every_hours": "24",
}


def people(*names):
    return tuple({"mail": (f"{name}@one.example",), "cn": (name.title(),)} for name in names)


MANY = people(*(f"u{number}" for number in range(20)))


@pytest.fixture
def one(cast):
    with scope(client=cast.one):
        yield cast.one


@pytest.fixture
def directory(one):
    return set_directory(one, SETTINGS, "hush", by=ADMIN)


def listed():
    return {row.key: (row.name, row.alias_of.key if row.alias_of else "") for row in Address.objects.all()}


class TestDifference:
    def test_the_first_value_is_the_mailbox_and_all_others_lead_to_it(self, directory):
        entry = {
            "mail": ("Ann@one.example", "a.nn@one.example"),
            "cn": ("Ann\0A", "x"),
            "proxyaddresses": ("SMTP:ann@one.example", "smtp:sales@ONE.example", "X500:/o=One", "sip:ann@one.example"),
        }
        found = difference(directory, [entry, {"cn": ("Nobody",)}])
        assert [(row.key, row.name, row.mailbox) for row in found.added] == [
            ("a.nn@one.example", "Ann A", "ann@one.example"),
            ("ann@one.example", "Ann A", None),
            ("sales@one.example", "Ann A", "ann@one.example"),
        ]
        assert found.passed_over == 2

    def test_other_peoples_domains_and_mere_claims_are_passed_over(self, directory):
        entries = [{"mail": (each,)} for each in ("x@two.example", "x@new.one.example", "none", "@one.example")]
        found = difference(directory, entries)
        assert (found.added, found.passed_over) == ((), 4)

    def test_what_is_a_mailbox_is_nobodys_alias(self, directory):
        bob = {"mail": ("bob@one.example", "ann@one.example")}
        found = difference(directory, [bob, *people("ann")])
        assert {row.key: row.is_alias for row in found.added} == {"bob@one.example": False, "ann@one.example": False}


class TestApply:
    def test_who_leaves_the_directory_goes_and_who_was_added_by_hand_stays(self, directory):
        apply(directory, people("ann", "bob"), may_go=None, by=ADMIN)
        assert listed() == {
            "ann@one.example": ("Ann", ""),
            "bob@one.example": ("Bob", ""),
            "paul@one.example": ("Paul One", ""),
        }
        apply(directory, people("bob"), may_go=None, by=ADMIN)
        assert set(listed()) == {"bob@one.example", "paul@one.example"}
        assert difference(directory, people("bob")).kept == 1

    def test_whom_the_directory_names_is_the_directorys_from_then_on(self, directory):
        apply(directory, people("paul", "ann"), may_go=None, by=ADMIN)
        apply(directory, people("ann"), may_go=None, by=ADMIN)
        assert set(listed()) == {"ann@one.example"}

    def test_many_do_not_go_without_somebodys_word_and_the_rest_is_done(self, directory):
        apply(directory, MANY, may_go=None, by=ADMIN)
        found = apply(directory, (*MANY[:10], *people("new")), may_go=None, by=ADMIN)
        assert found.is_much
        assert (directory.outcome, len(listed())) == ("waits", 22)
        assert "new@one.example" in listed()
        apply(directory, (*MANY[:10], *people("new")), may_go=9, by=ADMIN)
        assert len(listed()) == 22
        apply(directory, (*MANY[:10], *people("new")), may_go=10, by=ADMIN)
        assert (directory.outcome, len(listed())) == ("done", 12)

    def test_an_empty_answer_takes_nobody_away(self, directory):
        apply(directory, people("ann"), may_go=None, by=ADMIN)
        apply(directory, (), may_go=None, by=ADMIN)
        assert "ann@one.example" in listed()

    def test_the_trail_tells_each_address_and_what_it_came_to(self, directory):
        apply(directory, people("ann"), may_go=None, by=ADMIN)
        apply(directory, people("ann"), may_go=None, by=ADMIN)  # Nothing to tell.
        assert [row.after for row in Entry.objects.filter(action="directory.applied")] == [
            {"added": 1, "changed": 0, "gone": 0, "outcome": "done"}
        ]
        assert Entry.objects.filter(action="address.added", after__address="ann@one.example").count() == 1


class TestPassword:
    def test_it_is_kept_sealed_and_stays_until_another_is_given(self, one, directory):
        assert b"hush" not in bytes(directory.secret)
        set_directory(one, SETTINGS, "", by=ADMIN)
        question = question_for(directory_of(one))
        assert question.password == "hush"
        assert "hush" not in repr(question)
        assert "hush" not in str(list(Entry.objects.values_list("before", "after")))

    @pytest.mark.parametrize("other", [{"host": "evil.example"}, {"bind_dn": "cn=other"}, {"port": 637}])
    def test_it_goes_to_no_other_server_and_under_no_other_name(self, one, directory, other):
        with pytest.raises(PasswordNeeded):
            set_directory(one, replace(SETTINGS, **other), "", by=ADMIN)


class TestJob:
    def due(self, directory, entries):
        Directory.objects.filter(pk=directory.pk).update(due_at=time.time() - 1)
        return read_due(time.time(), entries if callable(entries) else lambda _question: entries)

    def test_what_is_due_is_read_once_and_again_in_its_time(self, directory):
        assert read_due(time.time(), lambda _question: people("ann")) == 0
        assert self.due(directory, people("ann")) == 1
        assert "ann@one.example" in listed()
        assert read_due(time.time(), lambda _question: people("bob")) == 0
        directory.refresh_from_db()
        assert time.time() + 3_000 < directory.due_at < time.time() + 3_700

    def test_what_was_changed_or_removed_while_it_was_read_is_left(self, one, directory):
        asked = directory_of(one)
        set_directory(one, replace(SETTINGS, base="o=other"), "", by=ADMIN)
        assert not jobs._settle(asked, people("ann"))
        remove_directory(directory_of(one), by=ADMIN)
        assert not jobs._settle(asked, people("ann"))
        assert "ann@one.example" not in listed()

    def test_one_that_fails_changes_nothing_and_says_why(self, directory):
        def fail(_question):
            raise DirectoryFailed(DirectoryTrouble.CREDENTIALS, "49 no")

        apply(directory, people("ann"), may_go=None, by=ADMIN)
        assert self.due(directory, fail) == 0
        directory.refresh_from_db()
        assert (directory.outcome, directory.trouble, directory.said) == ("failed", "credentials", "49 no")
        assert "ann@one.example" in listed()

    def test_a_list_that_cannot_be_is_none(self, one, directory):
        domain = Domain.objects.get(name="one.example")
        alias = tenants.add_address(domain, "info", is_alias=True, by=ADMIN)
        tenants.set_alias_of(alias, Address.objects.get(key="paul@one.example"), by=ADMIN)
        # Paul has another name, and can be none himself.
        entry = {"mail": ("ann@one.example", "paul@one.example")}
        assert self.due(directory, (entry,)) == 0
        directory.refresh_from_db()
        assert directory.outcome == "failed"
        assert "ann@one.example" not in listed()


class TestPage:
    @pytest.fixture
    def base(self, cast):
        return f"/clients/{cast.one.pk}/addresses/directory"

    @pytest.fixture
    def ann(self, cast):
        return cast.browser(Role.ADMINISTRATOR)

    def test_it_is_set_shown_and_done(self, cast, dns, ann, base):
        assert "Saved." in ann.post(base, FORM, follow=True).text
        page = ann.get(base).text
        assert "ldaps://ldap.one.example:636" in page
        assert "hush" not in page
        dns.entries = people("ann", "<b>")
        shown = ann.post(f"{base}/preview").text
        assert "ann@one.example (Ann)" in shown
        assert "1 values were passed over" in shown
        with scope(client=cast.one):
            assert "ann@one.example" not in listed()
        assert "1 added, 0 changed." in ann.post(f"{base}/apply", {"gone": "0"}, follow=True).text

    def test_no_more_go_than_were_shown(self, cast, dns, ann, base):
        ann.post(base, FORM)
        dns.entries = people("ann", "bob")
        ann.post(f"{base}/apply", {"gone": "0"})
        dns.entries = people("ann")
        for gone in ("0", "", "-1", "²", "9" * 30):
            assert "none did" in ann.post(f"{base}/apply", {"gone": gone}, follow=True).text
        ann.post(f"{base}/apply", {"gone": "1"})
        with scope(client=cast.one):
            assert "bob@one.example" not in listed()

    def test_what_went_wrong_is_said(self, dns, ann, base):
        ann.post(base, FORM)
        dns.entries = DirectoryFailed(DirectoryTrouble.NOT_ENCRYPTED, "self-signed <b>")
        page = ann.post(f"{base}/preview", follow=True).text
        assert "a certificate that does not vouch" in page
        assert "self-signed &lt;b&gt;" in page

    @pytest.mark.parametrize(
        ("field", "text", "says"),
        [
            ("filter", "mail=*", "This is no filter"),
            ("authority", "-----BEGIN CERTIFICATE-----\nx\n", "This is no certificate"),
            ("authority", "é", "This is no certificate"),
            ("password", "", "A password is needed"),
            ("address_attribute", "mail)(x=*", "not written as it should be"),
        ],
    )
    def test_what_is_not_right_is_said_beside_the_field(self, ann, base, field, text, says):
        assert says in ann.post(base, {**FORM, field: text}).text

    @pytest.mark.parametrize("act", ["preview", "apply"])
    def test_whoever_reads_too_often_waits(self, dns, ann, base, act, monkeypatch):
        monkeypatch.setattr(page_of_directory, "READINGS", replace(page_of_directory.READINGS, most=1))
        ann.post(base, FORM)
        ann.post(f"{base}/preview")
        dns.entries = DirectoryFailed(DirectoryTrouble.REFUSED, "it was read")
        page = ann.post(f"{base}/{act}", follow=True).text
        assert "try again in an hour" in page
        assert "it was read" not in page

    @pytest.mark.parametrize("act", ["preview", "apply"])
    def test_without_the_master_key_it_is_not_read(self, ann, base, act, settings):
        ann.post(base, FORM)
        settings.ECLUSE_MASTER_KEY = ""
        assert "no master key" in ann.post(f"{base}/{act}", follow=True).text

    def test_removed_it_leaves_the_addresses(self, cast, dns, ann, base):
        ann.post(base, FORM)
        dns.entries = people("ann")
        ann.post(f"{base}/apply", {"gone": "0"})
        ann.post(f"{base}/remove")
        with scope(client=cast.one):
            assert directory_of(cast.one) is None
            assert "ann@one.example" in listed()
