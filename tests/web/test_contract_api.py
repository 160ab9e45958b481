"""Contracts and amendments by the API: read, and accepted by nobody there (3-1, 17-1)."""

from __future__ import annotations

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.billing import invoice_days
from ecluse.control.contracts import amendments, offers
from ecluse.control.contracts.amendments import Wish
from ecluse.control.contracts.price_grid import Bundle
from ecluse.control.contracts.prices import Ordered
from ecluse.web.api.api import api
from tests.control.billed import begun_contract
from tests.control.cast import ADMIN, OPERATOR
from tests.web.programs import operations, program_in_role, program_of


@pytest.fixture
def contract(cast, monkeypatch):
    monkeypatch.setattr("tests.control.billed.client", lambda _: cast.one)
    return begun_contract("one")


def amended(cast, contract, *, is_sent=True):
    with scope(client=cast.one):
        made = amendments.draft_amendment(contract, Wish(Ordered(Bundle.BOTH, 20, ("archive",))), by=OPERATOR)
        if is_sent:
            amendments.send_amendment(made, today=invoice_days.today(), by=OPERATOR)
        return made


def test_a_contract_is_read_with_its_prices_domains_and_proof(cast, contract):
    program = program_in_role(cast, Role.OWNER)
    answer = program.get(f"clients/{cast.one.pk}/contracts").json()
    assert [each["reference"] for each in answer["items"]] == [contract.reference]
    told = program.get(f"clients/{cast.one.pk}/contracts/{contract.pk}").json()
    assert told == answer["items"][0]
    assert (told["state"], told["services"], told["price"], told["price_now"]) == ("active", "both", "339.60", "339.60")
    assert told["domains"] == [{"name": "one.example", "approval": "granted", "reason": ""}]
    assert told["period"]["starts_on"] == str(invoice_days.today())
    assert len(told["accepted"][0]["sha256"]) == 64


def test_amendments_are_read_and_count_in_the_price(cast, contract):
    made = amended(cast, contract)
    program = program_in_role(cast, Role.OWNER)
    path = f"clients/{cast.one.pk}/contracts/{contract.pk}"
    [told] = program.get(f"{path}/amendments").json()["items"]
    assert (told["state"], told["price_month"], told["months"], told["accepted"]) == ("sent", "28.30", 0, [])
    with scope(client=cast.one):
        seen = offers.sum_of(amendments.amendment_document(made))
        amendments.accept_amendment(made, seen, today=invoice_days.today(), by=ADMIN)
        amendments.begin_amendment(made, by=OPERATOR)
    [told] = program.get(f"{path}/amendments").json()["items"]
    assert (told["state"], told["months"], len(told["accepted"])) == ("begun", 12, 1)
    told = program.get(path).json()
    assert (told["addresses"], told["price"], told["price_now"]) == (20, "339.60", "679.20")
    assert len(told["accepted"]) == 1  # The contract's own.


def test_drafts_are_the_providers_alone(cast, contract):
    amended(cast, contract, is_sent=False)
    with scope(client=cast.one):
        draft = offers.draft(cast.one, contract.wanted(1), ["two.one.example"], agreed=offers.Agreed(1), by=OPERATOR)
    path = f"clients/{cast.one.pk}/contracts"
    for role, sees in ((Role.OWNER, False), (Role.BILLING, True)):
        program = program_in_role(cast, role)
        assert (draft.reference in program.get(path).content.decode()) is sees
        assert (program.get(f"{path}/{draft.pk}").status_code == 200) is sees
        assert bool(program.get(f"{path}/{contract.pk}/amendments").json()["items"]) is sees


def test_it_takes_the_scope(cast, contract):
    program = program_of(cast.people[Role.OWNER], cast.one, Permission.SEE_CLIENT)
    for path in ("", f"/{contract.pk}", f"/{contract.pk}/amendments"):
        assert program.get(f"clients/{cast.one.pk}/contracts{path}").status_code == 403
    assert program_in_role(cast, Role.ADMINISTRATOR).get(f"clients/{cast.one.pk}/contracts").status_code == 403


def test_3_1_nothing_is_accepted_by_a_program():
    """The client's yes: what a client's key may change of a contract is that it leaves, or ends it, by a right of its.

    As what it is invoiced its owner corrects as well (3-6). A paper that was signed by hand is evidence, and moves nothing (3-1).
    Where letters go besides binds nobody.
    """
    told = api.get_openapi_schema(path_prefix="/api/v1/")["paths"].values()
    acts = [each for path in told for method, each in path.items() if method != "get"]
    binding = {each["operationId"] for each in acts if "`accept-contracts`" in each["description"]}
    assert binding == {"choose_remedy", "leave_contract", "correct_buyer", "add_contract_paper", "set_notice_address"}
    of_contracts = {each.name for each in operations() if "contracts" in each.path and each.method != "GET"}
    assert of_contracts - binding <= {
        each["operationId"] for each in acts if "Scope: `change-contracts`." in each["description"]
    }
    assert not [each.path for each in operations() if "accept" in each.path]
