"""What pages do: each act once, recorded, and told in words where it cannot be done."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from ecluse.control.policies.models import ListEntry, PublishedObject
from ecluse.control.tenants.models import Address, Domain
from ecluse.domain.dns import Answer, DnsStatus, Mx
from ecluse.domain.policy import Policy
from ecluse.web.spreadsheets import guarded, unguarded

ROUTE = {"host": "mail.one.example", "port": 25, "priority": 10, "tls": "may"}


@pytest.fixture
def ann(cast):
    return cast.browser(Role.ADMINISTRATOR)


def here(cast, path=""):
    return f"/clients/{cast.one.pk}/{path}"


def rows(model, cast, **which):
    with scope(client=cast.one):
        return list(model.objects.filter(**which))


def published(name):
    found = PublishedObject.objects.filter(kind="domain", key=name).first()
    return None if found is None or found.body is None else msgspec.msgpack.decode(bytes(found.body), type=Policy)


# --- Domains


def test_a_claimed_domain_is_served_once_the_record_is_there(cast, dns, ann):
    ann.post(here(cast, "domains/add"), {"name": "Fresh.Example", **ROUTE})
    (domain,) = rows(Domain, cast, name="fresh.example")
    assert published("fresh.example") is None
    prove = here(cast, f"domains/{domain.pk}/prove")
    assert "not there yet" in ann.post(prove, follow=True).text
    wrong = Answer(DnsStatus.OK, (b"ecluse-domain=of-somebody-else",))
    dns.records["_ecluse-challenge.fresh.example", "TXT"] = wrong
    ann.post(prove)
    assert published("fresh.example") is None
    right = Answer(DnsStatus.OK, (b"v=spf1 -all", f"ecluse-domain={domain.challenge}".encode()))
    dns.records["_ecluse-challenge.fresh.example", "TXT"] = right
    assert "The domain is yours" in ann.post(prove, follow=True).text
    assert published("fresh.example").client == "One"
    assert entries(cast.one.pk)[0].action == "domain.proven"


def test_a_claim_does_not_keep_the_owner_out_and_takes_nothing_from_him(cast, dns, ann):
    ann.post(here(cast, "domains/add"), {"name": "two.example", **ROUTE})
    (claim,) = rows(Domain, cast, name="two.example")
    record = Answer(DnsStatus.OK, (f"ecluse-domain={claim.challenge}".encode(),))
    dns.records["_ecluse-challenge.two.example", "TXT"] = record
    assert "Another client" in ann.post(here(cast, f"domains/{claim.pk}/prove"), follow=True).text
    assert published("two.example").client == "Two"
    ann.post(here(cast, f"domains/{claim.pk}/remove"))
    assert published("two.example").client == "Two"


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "localhost", "db"])
def test_a_client_cannot_route_into_the_providers_networks(cast, ann, host):
    page = ann.post(here(cast, "domains/add"), {"name": "fresh.example", **ROUTE, "host": host})
    assert page.status_code == 200
    assert rows(Domain, cast, name="fresh.example") == []


def test_a_name_that_a_client_routes_to_is_looked_at_by_the_node(cast, ann):
    """It may lead into the provider's networks tomorrow; only the provider vouches for such a route."""
    (domain,) = rows(Domain, cast, name="one.example")
    ann.post(here(cast, f"domains/{domain.pk}/routes/add"), {**ROUTE, "host": "mail.one.example"})
    cast.browser(Role.OPERATOR).post(here(cast, f"domains/{domain.pk}/routes/add"), {**ROUTE, "host": "10.0.0.8"})
    found = {route.host: route.is_vouched for route in published("one.example").routes}
    assert found == {"192.0.2.30": True, "mail.one.example": False, "10.0.0.8": True}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(DnsStatus.OK, (Mx(10, "mx.provider.example"),)), "All mail comes through us"),
        (Answer(DnsStatus.OK, (Mx(10, "mx.provider.example"), Mx(20, "old.example"))), "remove old.example"),
        (Answer(DnsStatus.OK, (Mx(10, "old.example"),)), "No mail comes through us yet"),
        (Answer(DnsStatus.NO_DATA), "no MX record"),
        (Answer(DnsStatus.TIMEOUT), "no answer"),
    ],
)
def test_the_mx_check_says_what_is_there_and_what_should_be(cast, dns, ann, answer, said):
    (domain,) = rows(Domain, cast, name="one.example")
    dns.records["one.example", "MX"] = answer
    page = ann.post(here(cast, f"domains/{domain.pk}/mx")).text
    assert said in page
    assert "one.example. MX 10 mx.provider.example." in page


def test_the_last_next_hop_stays(cast, ann):
    (domain,) = rows(Domain, cast, name="one.example")
    with scope(client=cast.one):
        only = domain.routes.get()
    ann.post(here(cast, f"domains/{domain.pk}/routes/{only.pk}/remove"))
    ann.post(here(cast, f"domains/{domain.pk}/routes/add"), {**ROUTE, "priority": 20})
    assert [route.host for route in published("one.example").routes] == ["192.0.2.30", "mail.one.example"]
    with scope(client=cast.one):
        first = domain.routes.get(host="192.0.2.30")
    ann.post(here(cast, f"domains/{domain.pk}/routes/{first.pk}/remove"))
    assert [route.host for route in published("one.example").routes] == ["mail.one.example"]


# --- Addresses


def test_a_users_filter_can_be_switched_off(cast, ann):
    (paul,) = rows(Address, cast, local="paul")
    ann.post(here(cast, f"addresses/{paul.pk}/filter"), {"filter": "off"})
    assert published("one.example").unfiltered == {"paul@one.example"}
    ann.post(here(cast, f"addresses/{paul.pk}/filter"), {"filter": "on"})
    assert published("one.example").unfiltered == frozenset()


def test_what_was_exported_is_imported_as_it_was(cast, ann):
    evil = '=HYPERLINK("http://evil.example","click")'
    ann.post(here(cast, "addresses/add"), {"address": "eve@one.example", "name": evil, "is_alias": "on"})
    sheet = ann.get(here(cast, "addresses/export")).content
    cells = [cell for row in csv.reader(io.StringIO(sheet.decode("utf-8-sig"))) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    (eve,) = rows(Address, cast, local="eve")
    ann.post(here(cast, f"addresses/{eve.pk}/remove"))
    ann.post(here(cast, "addresses/import"), {"file": SimpleUploadedFile("a.csv", sheet)})
    (again,) = rows(Address, cast, local="eve")
    assert (again.name, again.is_alias) == (evil, True)


def led_to(cast):
    """Alias -> the mailbox that it leads to."""
    with scope(client=cast.one):
        return {each.local: str(each.alias_of or "") for each in Address.objects.filter(is_alias=True)}


def test_aliases_come_with_their_mailbox_wherever_it_stands_in_the_file(cast, ann):
    head = b"address,name,alias,mailbox\n"
    sheet = (
        head
        + b"sales@one.example,,yes,NEW@one.example\nnew@one.example,New,no,\ninfo@one.example,,yes,paul@one.example\n"
    )
    ann.post(here(cast, "addresses/import"), {"file": SimpleUploadedFile("a.csv", sheet)})
    assert led_to(cast) == {"sales": "new@one.example", "info": "paul@one.example"}
    exported = ann.get(here(cast, "addresses/export")).content.decode("utf-8-sig")
    assert "sales@one.example,,yes,new@one.example" in exported
    older = b"address,name,alias\nsales@one.example,Sales,yes\n"
    ann.post(here(cast, "addresses/import"), {"file": SimpleUploadedFile("a.csv", older)})
    assert led_to(cast)["sales"] == "new@one.example"
    without = head + b"sales@one.example,Sales,yes,\n"
    ann.post(here(cast, "addresses/import"), {"file": SimpleUploadedFile("a.csv", without)})
    assert led_to(cast)["sales"] == ""


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (b"a@one.example,,yes,nobody@one.example\n", "There is no mailbox of this name"),
        (b"a@one.example,,no,paul@one.example\n", "for what is no alias"),
        (
            b"a@one.example,,yes,b@one.example\nb@one.example,,yes,paul@one.example\n",
            "There is no mailbox of this name",
        ),
        (b"b@one.example,,yes,paul@one.example\npaul@one.example,,yes,c@one.example\nc@one.example,,no,\n", "alias"),
    ],
)
def test_an_alias_that_leads_to_no_mailbox_changes_nothing(cast, ann, lines, says):
    sheet = b"address,name,alias,mailbox\n" + lines
    before = len(rows(Address, cast))
    page = ann.post(here(cast, "addresses/import"), {"file": SimpleUploadedFile("a.csv", sheet)}, follow=True)
    assert says in page.text
    assert len(rows(Address, cast)) == before


def test_a_file_with_one_wrong_line_changes_nothing(cast, ann):
    sheet = b"address;name;alias\nnew@one.example;New;no\nx@two.example;X;no\n"
    page = ann.post(here(cast, "addresses/import"), {"file": SimpleUploadedFile("a.csv", sheet)})
    assert page.status_code == 400
    assert "Line 3" in page.text
    assert rows(Address, cast, local="new") == []


def test_a_claimed_domain_has_no_addresses_yet(cast, ann):
    assert ann.post(here(cast, "addresses/add"), {"address": "x@new.one.example"}).status_code == 200
    assert rows(Address, cast, local="x") == []


@pytest.mark.parametrize(
    "cell",
    [
        *("=1+1", "+1", "-1", "@x", "\t=1", " =1", "'=1", "plain", "", "O'Neil", "\uff1d1", "''", "'", ";'", "a;'b"),
        *(
            "a;=1",
            'a;"=1"',
            "a; =1",
            "a;'=1",
            ";;=1;+2",
            "a\t=1",
            "a\n=1",
            "a|@x",
            "a;\uff0b1",
            "a;'' =1",
            "a; b",
            ";\t;=",
        ),
    ],
)
@pytest.mark.parametrize("separator", ["\0", ";", "\t", "|", "\n"])
def test_a_guarded_cell_is_no_formula_and_reads_back(cell, separator):
    """Nor where a spreadsheet splits our cells once more, at the separator of its own country."""
    assert unguarded(guarded(cell)) == cell
    for part in guarded(cell).split(separator):
        assert not part.lstrip(' "').startswith(("=", "+", "-", "@", "\t", "\uff1d", "\uff0b"))


# --- Lists


def test_an_entry_is_listed_with_who_and_until_when(cast, ann):
    form = {"kind": "block", "entry": "*.Spam.example", "note": "tiresome", "until": "2099-12-31"}
    ann.post(here(cast, "lists/add"), form)
    (row,) = rows(ListEntry, cast, kind="block")
    assert (row.pattern, row.added_by, row.expires_at.year) == ("*.spam.example", "ann@one.example", 2099)
    page = ann.get(here(cast, "lists/?kind=block")).text
    assert "tiresome" in page
    ann.post(here(cast, f"lists/{row.pk}/remove"))
    assert rows(ListEntry, cast, kind="block") == []


@pytest.mark.parametrize("entry", ["not a sender", "*@one.example", "192.0.2.1/8", "a" * 2000])
def test_what_is_no_sender_is_told(cast, ann, entry):
    page = ann.post(here(cast, "lists/add"), {"kind": "allow", "entry": entry})
    assert page.status_code == 200
    assert "is-invalid" in page.text


# --- The trail


def test_the_trail_is_searched_and_exported_and_is_the_clients_own(cast, ann):
    ann.post(here(cast, "lists/add"), {"kind": "allow", "entry": "friend.example"})
    page = ann.get(here(cast, "audit/?q=list.entry-added")).text
    assert "friend.example" in page
    assert "domain.added" not in page
    sheet = list(csv.DictReader(io.StringIO(ann.get(here(cast, "audit/export")).content.decode("utf-8-sig"))))
    assert sheet[0]["act"] == "list.entry-added"
    assert sheet[0]["actor"] == "ann@one.example"
    assert sheet[0]["ip"] == "127.0.0.1"
    assert len(sheet) == entries(cast.one.pk).count()


# --- What is no address


@pytest.mark.parametrize("path", ["/brand/\0.png", "/brand/\0.css", "/account/organisation/\0/", "/provider/nodes/\0/"])
def test_a_nul_in_an_address_leads_nowhere(cast, path):
    """PostgreSQL takes none."""
    assert cast.browser(Role.OPERATOR).get(path).status_code == 404


# --- Clients


def test_only_the_provider_makes_clients(cast, ann):
    assert ann.post("/clients/add", {"name": "Mine"}).status_code == 404
    assert cast.browser(Role.SUPPORT).post("/clients/add", {"name": "Mine"}).status_code == 404
    made = cast.browser(Role.OPERATOR).post("/clients/add", {"name": "Three"})
    assert made.status_code == 302
    assert "exists already" in cast.browser(Role.OPERATOR).post("/clients/add", {"name": "Three"}).text
