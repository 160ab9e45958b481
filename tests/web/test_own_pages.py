"""A user's own pages: his mail and nobody else's, in the quarantine, in the log, in his lists; his wishes."""

from __future__ import annotations

import time

import pytest
from django_scopes import scope, scopes_disabled

from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.accounts.roles import Role
from ecluse.control.mail import quarantine
from ecluse.control.mail.declined import tell_declined
from ecluse.control.mail.digest_settings import set_digest_wish
from ecluse.control.mail.models import CopyState, DigestWish, HeldCopy, HeldMessage, NodeOrder, UsersMay
from ecluse.control.policies.models import FilterWish, ListEntry, PublishedObject
from ecluse.control.policies.queries import policies_under
from ecluse.control.policies.services import list_sender
from ecluse.control.tenants import services as tenants
from ecluse.control.tenants.address_import import AddressRow, import_addresses
from ecluse.control.tenants.queries import keys_of_user
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.domain.mass import MassAction
from ecluse.web import backends
from ecluse.web.own import senders
from ecluse.web.own.declined_mail import declined_mail
from ecluse.wire.wishes import Wishes
from tests.contract.message_log.contract import outcome, recipient
from tests.control import test_quarantine
from tests.control.cast import ADMIN, ROUTE
from tests.control.cast import client as make_client
from tests.web import conftest

pytestmark = pytest.mark.django_db(transaction=True)
database, orders, one, public_key, node = (
    test_quarantine.database,
    test_quarantine.orders,
    test_quarantine.one,
    test_quarantine.public_key,
    test_quarantine.node,
)


@pytest.fixture
def log(tmp_path):
    made = SqliteMessageLog(tmp_path / "log")
    backends.hand_over(backends.Backends(lambda *_: None, (), lambda: made, None, None, None, None))
    yield made
    made.close()


@pytest.fixture
def bob(one):
    """The mailbox that the other copy is for."""
    return tenants.add_address(one.domains.get(), "bob", by=ADMIN)


@pytest.fixture
def pages(node, bob, log, one):
    class Pages:
        base = f"/clients/{one.pk}/mine/"
        people = {  # noqa: RUF012 - made once for each test.
            "ann": conftest.person("ann@one.example", one, Role.USER),
            "bob": conftest.person("bob@one.example", one, Role.USER),
            "boss": conftest.person("boss@one.example", one, Role.ADMINISTRATOR),
            "sam": conftest.person("ann@two.example", make_client("Two"), Role.OWNER),
        }

        def browser(self, who="ann"):
            return conftest.signed_in(self.people[who])

        def copy(self, who="ann"):
            return HeldCopy.objects.get(recipient=f"{who}@one.example")

        def act(self, what, *copies, who="ann"):
            ids = [each.pk for each in copies or [self.copy()]]
            return self.browser(who).post(f"{self.base}act", {"act": what, "copy": ids}, follow=True)

    return Pages()


class TestWhoseItIs:
    def test_an_alias_counts_to_the_user_of_its_mailbox(self, one, bob):
        alias = tenants.add_address(one.domains.get(), "sales", is_alias=True, by=ADMIN)
        assert keys_of_user("Bob@one.example") == ("bob@one.example",)
        tenants.set_alias_of(alias, bob, by=ADMIN)
        assert keys_of_user("bob@one.example") == ("bob@one.example", "sales@one.example")
        assert keys_of_user("sales@one.example") == ("sales@one.example", "bob@one.example")
        assert keys_of_user("ann@one.example") == ("ann@one.example",)

    def test_an_alias_has_no_alias(self, one, bob):
        alias = tenants.add_address(one.domains.get(), "sales", is_alias=True, by=ADMIN)
        for wrong in (alias, tenants.add_address(one.domains.get(), "info", is_alias=True, by=ADMIN)):
            with pytest.raises(Impossible):
                tenants.set_alias_of(alias, wrong, by=ADMIN)

    def test_a_mailbox_with_aliases_becomes_none(self, one, bob):
        domain = one.domains.get()
        tenants.set_alias_of(tenants.add_address(domain, "sales", is_alias=True, by=ADMIN), bob, by=ADMIN)
        with pytest.raises(Impossible):
            tenants.set_alias_of(bob, domain.addresses.get(local="ann"), by=ADMIN)

    def test_an_alias_that_becomes_a_mailbox_leaves_the_one_it_led_to(self, one, bob):
        domain = one.domains.get()
        sales = tenants.add_address(domain, "sales", is_alias=True, by=ADMIN)
        tenants.set_alias_of(sales, bob, by=ADMIN)
        import_addresses([AddressRow(domain, "sales", "Sales", True)], by=ADMIN)
        assert keys_of_user("bob@one.example") == ("bob@one.example", "sales@one.example")
        import_addresses([AddressRow(domain, "sales", "Sales", False)], by=ADMIN)
        assert keys_of_user("sales@one.example") == ("sales@one.example",)
        assert keys_of_user("bob@one.example") == ("bob@one.example",)
        sales.refresh_from_db()
        assert sales.alias_of is None

    def test_what_an_older_release_left_of_an_alias_leads_nowhere(self, one, bob):
        sales = tenants.add_address(one.domains.get(), "sales", by=ADMIN)
        type(sales).objects.filter(pk=sales.pk).update(alias_of=bob)
        assert keys_of_user("sales@one.example") == ("sales@one.example",)
        assert keys_of_user("bob@one.example") == ("bob@one.example",)

    @pytest.mark.parametrize("email", ["eve@one.example", "ann@elsewhere.example", "", "ann"])
    def test_who_has_no_mailbox_has_no_mail(self, one, email):
        assert keys_of_user(email) == ()

    def test_where_every_local_part_exists_ones_own_is_ones_own(self, one):
        tenants.set_recipients(one.domains.get(), "any", by=ADMIN)
        assert keys_of_user("eve@one.example") == ("eve@one.example",)
        assert keys_of_user("eve@new.example") == ()


class TestSeeing:
    def test_he_lands_on_his_own_page(self, pages):
        page = pages.browser().get("/", follow=True)
        assert page.redirect_chain[-1][0] == pages.base
        assert "The offer" in page.text
        assert "bob@one.example" not in page.text

    def test_another_user_of_the_same_client_sees_nothing_of_his(self, pages):
        browser, copy = pages.browser("bob"), pages.copy("ann")
        order = pages.browser().post(f"{pages.base}{copy.pk}/look").headers["Location"].partition("?look=")[2]
        for path in ("", f"look/{order}", f"content/{order}"):
            assert browser.get(f"{pages.base}{copy.pk}/{path}").status_code == 404
            assert pages.browser("boss").get(f"{pages.base}{copy.pk}/{path}").status_code == 404
        assert browser.post(f"{pages.base}{copy.pk}/look").status_code == 404
        pages.act("delete", copy, who="bob")
        pages.act("release", copy, who="boss")
        assert pages.copy("ann").state == CopyState.HELD
        assert NodeOrder.objects.count() == 1  # The look that is his own.

    def test_a_stranger_finds_nothing(self, pages):
        assert pages.browser("sam").get(pages.base).status_code == 404

    @pytest.mark.parametrize("codes", ["VIRUS", "GTUBE, KNOWN_BAD_FILE"])
    def test_what_is_harmful_is_for_administrators_alone(self, pages, codes):
        HeldMessage.objects.update(codes=codes)
        assert "The offer" not in pages.browser().get(pages.base).text
        assert pages.browser().get(f"{pages.base}{pages.copy().pk}/").status_code == 404
        quarantine_page = pages.base.replace("/mine/", "/quarantine/")
        assert "The offer" in pages.browser("boss").get(quarantine_page).text

    def test_a_look_is_in_the_same_closed_frame(self, pages, node):
        browser, copy = pages.browser(), pages.copy()
        order = browser.post(f"{pages.base}{copy.pk}/look").headers["Location"].partition("?look=")[2]
        node.look()
        assert f"{pages.base}{copy.pk}/content/{order}" in browser.get(f"{pages.base}{copy.pk}/look/{order}").text
        shown = browser.get(f"{pages.base}{copy.pk}/content/{order}")
        assert "hello" in shown.text
        assert "<script" not in shown.text
        assert "sandbox" in shown.headers["Content-Security-Policy"]

    def test_the_log_tells_him_of_his_mail_and_of_no_other_recipient(self, pages, log):
        both = outcome(time.time() - 60, recipient("ann@one.example"), recipient("bob@one.example"), client="One")
        other = outcome(time.time() - 30, recipient("bob@one.example"), client="One")
        log.append([both, other])
        page = pages.browser().get(f"{pages.base}log/").text
        assert f"{pages.base}log/{both.id}" in page
        assert other.id not in page
        shown = pages.browser().get(f"{pages.base}log/{both.id}").text
        assert "ann@one.example" in shown
        assert "bob@one.example" not in shown
        assert pages.browser().get(f"{pages.base}log/{other.id}").status_code == 404

    def test_a_log_that_is_away_is_said(self, pages):
        class Away:
            def search(self, *_):
                raise Unavailable("away")

            events = search

        backends.hand_over(backends.Backends(None, (), Away, None, None, None, None))
        for rest in ("", "0" * 32):
            assert pages.browser().get(f"{pages.base}log/{rest}").status_code == 503

    def test_a_search_holds_no_nul(self, pages):
        """PostgreSQL takes none."""
        assert pages.browser().get(f"{pages.base}log/?q=a%00b@x.example").context["search"] == "ab@x.example"

    def test_aliases_are_one_list_page_by_page(self, pages, log, one):
        alias = tenants.add_address(one.domains.get(), "sales", is_alias=True, by=ADMIN)
        with scope(client=one):
            tenants.set_alias_of(alias, alias.domain.addresses.get(local="ann"), by=ADMIN)
        at = time.time() - 10_000
        made = [
            outcome(at + n, recipient(("ann" if n % 3 else "sales") + "@one.example"), client="One") for n in range(120)
        ]
        log.append(made)
        browser, seen, query = pages.browser(), [], ""
        while True:
            page = browser.get(f"{pages.base}log/?{query}")
            seen += [each["row"].id for each in page.context["rows"]]
            query = page.context["older"]
            if not query:
                break
        assert seen == [each.id for each in reversed(made)]


class TestActing:
    @pytest.mark.parametrize(
        ("what", "expected", "listed"),
        [
            ("release", CopyState.RELEASED, []),
            ("release-report", CopyState.RELEASED, []),
            ("release-allow", CopyState.RELEASED, ["allow"]),
            ("delete", CopyState.DELETED, []),
            ("block", CopyState.DELETED, ["block"]),
            ("nonsense", CopyState.HELD, []),
        ],
    )
    def test_an_act(self, pages, node, what, expected, listed):
        assert pages.act(what).status_code == 200
        node.look()
        assert (pages.copy().state, pages.copy("bob").state) == (expected, CopyState.HELD)
        assert [each.kind for each in ListEntry.objects.filter(address__key="ann@one.example")] == listed
        if expected == CopyState.RELEASED:
            assert pages.copy().channel == "recipient"
            assert pages.copy().is_reported == (what == "release-report")

    def test_where_an_administrator_decides_he_is_asked(self, pages, one):
        quarantine.set_rules(one, spam_users_may=UsersMay.ASK, by=ADMIN)
        assert "An administrator is asked" in pages.act("release").text
        assert pages.copy().state == CopyState.ASKED

    def test_who_is_declined_is_told_why_once(self, pages, one):
        quarantine.set_rules(one, spam_users_may=UsersMay.ASK, by=ADMIN)
        pages.act("release")
        boss = pages.browser("boss")
        listed = pages.base.replace("/mine/", "/quarantine/")
        assert "The offer" in boss.get(f"{listed}?state=asked").text
        boss.post(f"{listed}act", {"act": "decline", "copy": [pages.copy().pk], "reason": "It is\0 a <b>fraud</b>."})
        assert pages.copy().state == CopyState.HELD
        assert "It is a &lt;b&gt;fraud" in pages.browser().get(f"{pages.base}{pages.copy().pk}/").text
        made = []

        def away(_declined):
            raise Unavailable("the mail server is away")

        assert tell_declined(away) == 0
        assert tell_declined(lambda each: made.append(declined_mail(each))) == 1
        assert tell_declined(lambda each: made.append(declined_mail(each))) == 0
        [mail] = made
        assert (mail.recipient, mail.subject) == ("ann@one.example", "Votre message retenu le reste")
        assert "It is a <b>fraud</b>." in mail.text
        assert f"{pages.base}{pages.copy().pk}/" in mail.text

    def test_where_users_may_only_look_nothing_is_done(self, pages, one):
        quarantine.set_rules(one, spam_users_may=UsersMay.LOOK, by=ADMIN)
        assert "nothing was done" in pages.act("release").text
        assert pages.copy().state == CopyState.HELD

    def test_his_senders_are_his(self, pages, bob, one):
        other = list_sender(one, "block", "x.example", "x.example", address=bob, by=ADMIN)
        browser = pages.browser()
        browser.post(f"{pages.base}senders/", {"entry": "Friend@far.example", "kind": "allow"})
        mine = ListEntry.objects.get(address__key="ann@one.example")
        assert (mine.kind, mine.pattern, mine.added_by) == ("allow", "friend@far.example", "ann@one.example")
        page = browser.get(f"{pages.base}senders/").text
        assert "Friend@far.example" in page
        assert "x.example" not in page
        assert browser.post(f"{pages.base}senders/{other.pk}/remove").status_code == 404
        assert browser.post(f"{pages.base}senders/{mine.pk}/remove").status_code == 302
        assert list(ListEntry.objects.all()) == [other]

    def test_one_sender_too_many_is_said_and_one_that_moves_is_none(self, pages, monkeypatch):
        monkeypatch.setattr(senders, "MOST", 1)
        browser, page = pages.browser(), f"{pages.base}senders/"
        for kind in ("allow", "block"):
            assert browser.post(page, {"entry": "friend@far.example", "kind": kind}).status_code == 302
        assert "too many senders" in browser.post(page, {"entry": "eve@far.example", "kind": "block"}).text
        assert [(each.entry, each.kind) for each in ListEntry.objects.all()] == [("friend@far.example", "block")]

    def test_who_has_no_listed_address_is_told(self, pages, one):
        tenants.set_recipients(one.domains.get(), "any", by=ADMIN)
        eve = conftest.signed_in(conftest.person("eve@one.example", one, Role.USER))
        page = eve.post(f"{pages.base}senders/", {"entry": "friend@far.example", "kind": "allow"})
        assert "has not listed your address" in page.text
        assert not ListEntry.objects.exists()

    def test_his_wishes_are_for_all_his_addresses(self, pages, bob, one):
        alias = tenants.add_address(one.domains.get(), "sales", is_alias=True, by=ADMIN)
        tenants.set_alias_of(alias, bob, by=ADMIN)
        form = {"is_on": "on", "hours": ["7"], "days": ["0", "1"], "within_minutes": "30", "language": "fr"}
        page = pages.browser("bob").post(f"{pages.base}digests/", form, follow=True).text
        assert "Saved." in page
        assert 'value="7" id="id_hours_7" checked' in page
        wishes = DigestWish.objects.all()
        assert sorted(each.recipient for each in wishes) == ["bob@one.example", "sales@one.example"]
        assert {(each.is_on, each.within_minutes, each.language) for each in wishes} == {(True, 30, "fr")}

    def test_his_filter_is_as_he_wants_it_at_all_his_addresses(self, pages, bob, one):
        alias = tenants.add_address(one.domains.get(), "sales", is_alias=True, by=ADMIN)
        tenants.set_alias_of(alias, bob, by=ADMIN)
        url = f"{pages.base}filter/"
        page = pages.browser("bob").post(url, {"mass_mail": "digest"}, follow=True).text
        assert "Saved." in page
        policy = policies_under(Wishes(greylist=True))["one.example"]
        assert policy.greylists_not == {"bob@one.example", "sales@one.example"}
        assert policy.mass_mail_of == dict.fromkeys(["bob@one.example", "sales@one.example"], MassAction.DIGEST)
        published = PublishedObject.objects.get(kind="domain", key="one.example")
        assert b"bob@one.example" in bytes(published.body)
        pages.browser("bob").post(url, {"mass_mail": "", "is_greylisted": "on"})
        policy = policies_under(Wishes())["one.example"]
        assert (policy.greylists_not, policy.mass_mail_of) == (frozenset(), {})
        assert pages.browser("bob").post(url, {"mass_mail": "nonsense"}).status_code == 200
        assert policies_under(Wishes())["one.example"].mass_mail_of == {}

    def test_what_he_wished_goes_with_his_address_also_where_nodes_read_it(self, pages, bob):
        pages.browser("bob").post(f"{pages.base}filter/", {"mass_mail": "digest"})
        pages.browser("bob").post(f"{pages.base}digests/", {"is_on": "on"})
        with scopes_disabled():
            assert (FilterWish.objects.count(), DigestWish.objects.count()) == (1, 1)
            tenants.remove_address(bob, by=ADMIN)
            assert (FilterWish.objects.count(), DigestWish.objects.count()) == (0, 0)
        published = PublishedObject.objects.get(kind="domain", key="one.example")
        assert b"bob@one.example" not in bytes(published.body)

    def test_what_users_wished_goes_with_their_domain_and_others_keep_theirs(self, pages, bob, one):
        other = tenants.add_domain(one, "other.example", [ROUTE], by=ADMIN)
        set_digest_wish(one, ["bob@one.example", "new@one.example", "bob@other.example"], is_on=True, by=ADMIN)
        tenants.remove_domain(bob.domain, by=ADMIN)
        assert [each.recipient for each in DigestWish.objects.all()] == ["bob@other.example"]
        tenants.remove_domain(other, by=ADMIN)
        assert not DigestWish.objects.exists()

    def test_a_digest_at_once(self, pages):
        pages.browser().post(f"{pages.base}digests/now")
        assert DigestWish.objects.get().wanted_at is not None


@pytest.mark.parametrize("path", ["", "{copy}/", "log/", "senders/", "filter/", "digests/"])
def test_each_page_in_french(pages, path):
    browser = pages.browser()
    browser.cookies["language"] = "fr"
    page = browser.get(pages.base + path.format(copy=pages.copy().pk))
    assert page.status_code == 200
    assert "Mon propre courrier" in page.text
