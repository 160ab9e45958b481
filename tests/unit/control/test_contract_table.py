"""Contracts without a database: the table of states, and prices."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import product

import pytest

from ecluse.control.contracts.amendment_states import NEXT as AMENDMENT_NEXT
from ecluse.control.contracts.amendment_states import AmendmentState, AmendmentStep, amended, amendment_steps
from ecluse.control.contracts.price_grid import Bundle, Wanted, plain_grid, read_grid
from ecluse.control.contracts.states import IN_FORCE, NEXT, SERVED, ContractState, OutOfTurn, Step, after
from ecluse.domain.errors import Impossible
from ecluse.domain.policy import ServiceState
from tests.price_list import GRID


@pytest.mark.parametrize(("state", "step"), [*product(ContractState, Step)], ids=str)
def test_each_step_leads_somewhere_or_is_out_of_turn(state, step):
    if (state, step) in NEXT:
        assert after(state, step) is NEXT[state, step]
    else:
        with pytest.raises(OutOfTurn):
            after(state, step)


def test_every_state_is_reached_and_the_last_ones_are_left_by_nothing():
    assert {*NEXT.values()} | {ContractState.DRAFTED} == {*ContractState}
    left = {state for state, _ in NEXT}
    assert {*ContractState} - left == {ContractState.ENDED, ContractState.TERMINATED, ContractState.WITHDRAWN}
    assert {state for state in SERVED if SERVED[state] is not ServiceState.ENDED} == {*IN_FORCE}


@pytest.mark.parametrize(
    ("wanted", "services_price", "options_price"),
    [
        (Wanted(Bundle.BOTH, 10, 1, 12), "300.00", "0.00"),
        (Wanted(Bundle.BOTH, 10, 2, 12), "336.00", "0.00"),
        (Wanted(Bundle.INBOUND, 50, 1, 12), "1200.00", "0.00"),
        (Wanted(Bundle.INBOUND, 51, 1, 12), "918.00", "0.00"),
        (Wanted(Bundle.OUTBOUND, 10, 1, 24), "228.00", "0.00"),
        (Wanted(Bundle.OUTBOUND, 10, 1, 36), "324.00", "0.00"),
        (Wanted(Bundle.BOTH, 7, 1, 36, ("archive",)), "567.00", "83.16"),
    ],
)
def test_6_1_the_price_depends_on_addresses_domains_and_first_term_options_apart(wanted, services_price, options_price):
    price = GRID.price(wanted)
    assert (price.services, price.options) == (Decimal(services_price), Decimal(options_price))
    assert read_grid(json.loads(json.dumps(plain_grid(GRID)))).price(wanted) == price


@pytest.mark.parametrize("plain", [{}, {"tiers": 1, "domain": "1", "reductions": {}, "options": {}}, {"tiers": [[]]}])
def test_what_is_no_price_list_is_none(plain):
    with pytest.raises(Impossible):
        read_grid(plain)


@pytest.mark.parametrize(("state", "step"), [*product(AmendmentState, AmendmentStep)], ids=str)
def test_each_step_of_an_amendment_leads_somewhere_or_is_out_of_turn(state, step):
    if (state, step) in AMENDMENT_NEXT:
        assert amended(state, step) is AMENDMENT_NEXT[state, step]
        assert step in amendment_steps(state)
    else:
        with pytest.raises(OutOfTurn):
            amended(state, step)
