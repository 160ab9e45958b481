"""Papers, quotes and the desk's own facts by the API: what the pages show of a contract beside itself (3-1, 6-1, 13-2)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.audit.models import Entry
from ecluse.control.billing import invoice_days
from ecluse.control.billing.registers import set_seller
from ecluse.control.contracts import catalogue, consents, offers, papers
from ecluse.control.contracts.models import Contract, ContractPaper
from ecluse.control.contracts.price_grid import Bundle, Wanted
from ecluse.control.programs.models import KeptAnswer
from ecluse.control.tenants.models import Domain, Recipients
from ecluse.domain.errors import Impossible
from ecluse.domain.evidence import ScanState
from ecluse.web.backends import backends, hand_over
from tests.control.billed import begun_contract
from tests.control.cast import OPERATOR
from tests.parties import SELLER
from tests.price_list import GRID
from tests.web.programs import program_in_role, program_of
from tests.web.test_contract_api import amended
from tests.web.things import offered

SIGNED = b"%PDF-1.7\nsigned\n%%EOF\n"
QUOTED = {
    "name": "Prospect <SARL>",
    "services": "both",
    "addresses": 10,
    "domains": ["A.example", "b.example", "a.example"],
    "months": 24,
    "options": ["archive"],
}


@pytest.fixture
def contract(cast, monkeypatch):
    monkeypatch.setattr("tests.control.billed.client", lambda _: cast.one)
    return begun_contract("one")


def paper(octets=SIGNED, **more):
    return {"pdf": b64encode(octets).decode(), **more}


def test_either_side_hands_in_what_was_signed_and_both_fetch_it(cast, contract):
    amendment = amended(cast, contract)
    where = f"clients/{cast.one.pk}/contracts/{contract.pk}/papers"
    owner, desk = (program_in_role(cast, each) for each in (Role.OWNER, Role.BILLING))
    once = {"Idempotency-Key": "signed-1"}
    first, again = (owner.post(where, paper(), **once) for _ in "ab")
    made = first.json()
    assert (first.status_code, again.json(), made["kind"], made["amendment_id"]) == (201, made, "signed", None)
    assert (made["name"], made["sha256"]) == (
        f"{contract.reference}-signed-{made['id']}.pdf",
        sha256(SIGNED).hexdigest(),
    )
    other = desk.post(where, paper(SIGNED + b"\n", amendment_id=amendment.pk)).json()
    assert (other["amendment_id"], other["document_sha256"] != made["document_sha256"]) == (amendment.pk, True)
    for program in (owner, desk):
        assert program.get(where).json()["items"] == [made, other]
        assert b64decode(program.get(f"{where}/{other['id']}").json()["pdf"]) == SIGNED + b"\n"
    history = desk.get(where.replace("papers", "history")).json()["items"]
    assert [each["what"] for each in history][-2:] == ["paper-signed"] * 2
    with scope(client=cast.one):
        ContractPaper.objects.filter(pk=other["id"]).update(body=b"changed")
    assert owner.get(f"{where}/{other['id']}").status_code == 404


def test_what_is_no_paper_of_it_is_refused_at_its_place(cast, contract):
    where = f"clients/{cast.one.pk}/contracts/{contract.pk}/papers"
    owner, desk = (program_in_role(cast, each) for each in (Role.OWNER, Role.BILLING))
    hidden = amended(cast, contract, is_sent=False)
    with scope(client=cast.one):
        draft = offers.draft(cast.one, Wanted(Bundle.BOTH, 5, 1, 12), ["one.example"], by=OPERATOR)
    for wrong, status in (
        (paper(b"<script>"), 422),
        (paper(b""), 422),
        ({"pdf": "%"}, 422),
        ({"pdf": "A" * 1_000_001}, 422),
        (paper(amendment_id=999_999), 404),
        (paper(amendment_id=hidden.pk), 404),
    ):
        assert owner.post(where, wrong).status_code == status, wrong["pdf"][:20]
    assert desk.post(where, paper(amendment_id=hidden.pk)).status_code == 409  # It was never sent.
    unsent = f"clients/{cast.one.pk}/contracts/{draft.pk}/papers"
    assert [each.post(unsent, paper()).status_code for each in (desk, owner)] == [409, 404]
    with scope(client=cast.one):
        other = offered(cast.one)
        row = papers.upload_signed(other, SIGNED, by=OPERATOR)
    assert owner.get(f"{where}/{row.pk}").status_code == 404  # It is of another.
    where = f"clients/{cast.one.pk}/contracts/{other.pk}/papers"
    for scopes, reads, writes in (
        ((Permission.SEE_BILLING,), 200, 403),
        ((Permission.ACCEPT_CONTRACTS,), 403, 201),
        ((Permission.SEE_CLIENT,), 403, 403),
    ):
        key = program_of(cast.people[Role.OWNER], cast.one, *scopes)
        assert [key.get(path).status_code for path in (where, f"{where}/{row.pk}")] == [reads] * 2
        assert key.post(where, paper()).status_code == writes
    offer = owner.get(where.removesuffix("/papers")).json()
    assert (offer["state"], offer["accepted"]) == ("sent", [])  # It moves nothing: the yes is a person's click.
    with scope(client=cast.one):
        offers.revise(other, by=OPERATOR)  # Papers of a draft are the provider's alone.
    assert [each.get(f"{where}/{row.pk}").status_code for each in (owner, desk)] == [404, 200]


def test_the_scanner_looks_as_it_comes_and_each_time_it_goes(cast, contract):
    where = f"clients/{cast.one.pk}/contracts/{contract.pk}/papers"
    owner, says = program_in_role(cast, Role.OWNER), [ScanState.INFECTED]
    hand_over(replace(backends(), scan=lambda _octets: says[0]))
    for state, status in (
        (ScanState.INFECTED, 409),
        (ScanState.TOO_LARGE, 409),
        (ScanState.UNAVAILABLE, 201),  # It is asked again before it is given out.
    ):
        says[0] = state
        answer = owner.post(where, paper())
        assert answer.status_code == status, state
    made = answer.json()["id"]
    assert [each["id"] for each in owner.get(where).json()["items"]] == [made]
    for state, status in ((ScanState.UNAVAILABLE, 409), (ScanState.INFECTED, 409), (ScanState.CLEAN, 200)):
        says[0] = state
        assert owner.get(f"{where}/{made}").status_code == status, state


def test_6_1_who_is_no_client_is_quoted_what_an_offer_would_say_and_nothing_is_kept(cast):
    catalogue.publish_prices(GRID, by=OPERATOR)
    set_seller(SELLER, by=OPERATOR)
    desk, drawn = program_in_role(cast, Role.BILLING), []
    before = Entry.objects.count()
    price = GRID.price(Wanted(Bundle.BOTH, 10, 2, 24, ("archive",)))
    told = desk.post("quotes", QUOTED, **{"Idempotency-Key": "quote-1"})
    assert (told.status_code, told.json()) == (
        200,
        {
            "services": str(price.services),
            "options": str(price.options),
            "net": str(price.net),
            "valid_until": str(invoice_days.today() + timedelta(days=30)),
        },
    )
    assert desk.post("quotes", {**QUOTED, "agreed": {"services": "1234.50"}}).json()["net"] == "1234.50"
    assert desk.post("quotes/file", QUOTED).status_code == 409  # Nothing draws here.
    hand_over(replace(backends(), draw_pdf=lambda page: drawn.append(page) or b"%PDF"))
    file = desk.post("quotes/file", QUOTED).json()
    assert (file["name"], b64decode(file["pdf"])) == ("devis.pdf", b"%PDF")
    for words in ("Devis", SELLER.name, "Prospect &lt;SARL&gt;", "a.example, b.example", "24 mois"):
        assert words in drawn[0], words

    def cannot(_page):
        raise Impossible("it cannot be drawn")

    hand_over(replace(backends(), draw_pdf=cannot))
    assert desk.post("quotes/file", QUOTED).status_code == 409
    for wrong, status in (({"name": " "}, 422), ({"options": ["gold"]}, 422), ({"domains": []}, 422)):
        assert desk.post("quotes", {**QUOTED, **wrong}).status_code == status, wrong
    with scopes_disabled():
        assert not Contract.objects.exists()
        assert (Entry.objects.count(), KeptAnswer.objects.count()) == (before, 0)
    seeing = program_of(cast.people[Role.BILLING], None, Permission.SEE_BILLING)
    for path in ("quotes", "quotes/file"):
        assert [each.post(path, QUOTED).status_code for each in (seeing, program_in_role(cast, Role.OWNER))] == [
            403,
            404,
        ]


def test_13_2_the_desk_sees_signs_of_sharing_and_what_no_contract_granted(cast, contract):
    desk, owner = (program_in_role(cast, each) for each in (Role.BILLING, Role.OWNER))
    where = f"clients/{cast.one.pk}/contracts/{contract.pk}"
    nothing = {
        "served_not_granted": [],
        "sharing_is_allowed": False,
        "sharing_signs": [],
        "may_be_cited": False,
        "received": "0.00",
    }
    assert desk.get(f"{where}/desk").json() == nothing
    with scope(client=cast.one):
        Domain.objects.filter(name="one.example").update(recipients=Recipients.ANY)
        contract.domains.update(approval="asked")
    told = desk.get(f"{where}/desk").json()
    assert told["served_not_granted"] == ["one.example"]
    assert told["sharing_signs"] == [{"kind": "any-address", "what": "one.example"}]
    with scope(client=cast.one):
        consents.allow_sharing(contract, allows=True, by=OPERATOR)
    told = desk.get(f"{where}/desk").json()
    assert (told["sharing_is_allowed"], told["sharing_signs"]) == (True, [])
    assert owner.get(f"{where}/desk").status_code == 404
    for each in (desk, owner):  # Both pages show it.
        assert each.get(where).json()["users"] == {"counted": 1, "free": 2, "excess": 0}
