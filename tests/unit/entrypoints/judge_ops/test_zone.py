"""The DNS that a question brings along."""

from __future__ import annotations

import pytest

from ecluse.domain.dns import Answer, DnsStatus, Mx
from ecluse.entrypoints.judge_ops.question import Refused
from ecluse.entrypoints.judge_ops.zone import lookup_in

ZONE = {
    "b.test": {"TXT": [["v=spf1 ", "-all\u00ff"], ["x"]], "MX": [[10, "Mx.B.test."]], "A": []},
    "alias.test": {"CNAME": ["b.test"]},
    "loop.test": {"CNAME": ["loop.test"]},
    "dead.test": {"error": "TIMEOUT", "A": ["192.0.2.1"]},
    "half.test": {"TXT": {"error": "SERVFAIL"}, "AAAA": ["2001:db8::1"]},
    "x.deep.test": {"A": ["192.0.2.2"]},
}


@pytest.mark.parametrize(
    ("name", "kind", "status", "records"),
    [
        ("B.Test.", "TXT", "ok", (b"v=spf1 -all\xff", b"x")),
        ("b.test", "MX", "ok", (Mx(10, "mx.b.test"),)),
        ("b.test", "A", "no-data", ()),
        ("b.test", "AAAA", "no-data", ()),
        ("alias.test", "MX", "ok", (Mx(10, "mx.b.test"),)),
        ("alias.test", "CNAME", "ok", ("b.test",)),
        ("loop.test", "A", "servfail", ()),
        ("dead.test", "A", "ok", ("192.0.2.1",)),
        ("dead.test", "TXT", "timeout", ()),
        ("half.test", "TXT", "servfail", ()),
        ("half.test", "A", "no-data", ()),
        ("deep.test", "A", "no-data", ()),
        ("nowhere.test", "A", "nxdomain", ()),
        ("a..test", "A", "bad-name", ()),
        ("a" * 64 + ".test", "A", "bad-name", ()),
        ("", "A", "bad-name", ()),
    ],
)
async def test_a_question_is_answered_from_its_zone(name: str, kind: str, status: str, records: tuple[object, ...]):
    answer: Answer = await lookup_in(ZONE)(name, kind)
    assert (answer.status, answer.records) == (status, records)


async def test_a_star_answers_for_all_that_is_not_listed():
    lookup = lookup_in({"*": {"TXT": [["all"]]}, "x.b.test": {}})
    assert (await lookup("b.test", "TXT")).octets == (b"all",)
    assert (await lookup("x.b.test", "TXT")).status is DnsStatus.NO_DATA


@pytest.mark.parametrize(
    ("types", "kind"),
    [
        ({"A": [1]}, "A"),
        ({"A": "x"}, "A"),
        ({"TXT": [[1]]}, "TXT"),
        ({"TXT": [["\u0100"]]}, "TXT"),
        ({"MX": [["a"]]}, "MX"),
        ({"A": {"error": "X"}}, "A"),
        ({"error": 1}, "A"),
    ],
)
async def test_a_broken_zone_is_a_bad_request(types: dict[str, object], kind: str):
    lookup = lookup_in({"b.test": types})
    with pytest.raises(Refused, match="bad-request"):
        await lookup("b.test", kind)
