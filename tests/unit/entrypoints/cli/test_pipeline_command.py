"""`ecluse pipeline`."""

from __future__ import annotations

from ecluse.filtering import inbound, outbound
from ecluse.filtering.meanings import MEANINGS


def test_programs_get_both_directions_in_their_order(run):
    printed = run("pipeline", "--json").json
    for direction, tables in (("inbound", inbound), ("outbound", outbound)):
        checks = [row["name"] for row in printed[direction] if row["step"] == "check"]
        assert checks == [check.__name__ for check in tables.CHECKS]
    assert {each["code"] for each in printed["findings"]} == set(MEANINGS)


def test_people_get_one_direction_when_they_ask_for_it(run):
    said = run("pipeline", "outbound")
    assert said.code == 0
    assert "outbound, in this order" in said.out
    assert "inbound, in this order" not in said.out
    assert "EICAR" in said.out


def test_a_third_direction_is_a_mistake(run):
    assert run("pipeline", "sideways").code == 2
