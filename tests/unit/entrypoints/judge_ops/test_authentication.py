"""The questions about SPF, DMARC, MTA-STS, BIMI and names: the examples of the judge's manual, and bad requests."""

from __future__ import annotations

import pytest

from ecluse.entrypoints.judge_ops.bimi import bimi_lookup, bimi_svg
from ecluse.entrypoints.judge_ops.dmarc import dmarc_evaluate, dmarc_parse
from ecluse.entrypoints.judge_ops.mtasts import mtasts_match, mtasts_parse
from ecluse.entrypoints.judge_ops.names import domain_org
from ecluse.entrypoints.judge_ops.question import Refused
from ecluse.entrypoints.judge_ops.spf import spf_check

SPF = {
    "ip": "192.0.2.1",
    "helo": "a.test",
    "mailfrom": "x@b.test",
    "receiver": "r.test",
    "zone": {"b.test": {"TXT": [["v=spf1 -all"]]}},
}
DMARC = {
    "from": "A <a@b.test>",
    "spf": {"domain": "b.test", "result": "pass"},
    "dkim": [],
    "zone": {"_dmarc.b.test": {"TXT": [["v=DMARC1; p=reject"]]}},
}
BIMI = {
    "from_domain": "b.test",
    "selector": "default",
    "dmarc": {"result": "pass", "policy": "reject", "policy_domain": "b.test"},
    "dkim_aligned": True,
    "require_dkim": True,
    "zone": {"default._bimi.b.test": {"TXT": [["v=BIMI1; l=https://b.test/b.svg"]]}},
}


def test_spf_is_checked():
    reply = spf_check(SPF)
    assert (reply["result"], reply["explanation"], reply["lookups"]) == ("fail", None, 0)


def test_dmarc_is_evaluated():
    reply = dmarc_evaluate(DMARC)
    assert {name: reply[name] for name in reply if name != "reason"} == {
        "result": "pass",
        "from_domain": "b.test",
        "policy": "reject",
        "disposition": "none",
        "policy_domain": "b.test",
        "alignment": {"spf": {"aligned": True, "mode": "relaxed"}, "dkim": {"aligned": False, "mode": "relaxed"}},
        "queries": ("_dmarc.b.test",),
        "record": {"v": "DMARC1", "p": "reject"},
    }


def test_dmarc_records_are_parsed():
    assert dmarc_parse({"record": "v=DMARC1; p=none"}) == {"tags": {"v": "DMARC1", "p": "none"}}
    for record in ("", "v=BOB", "v=DMARC1; pct=100;"):
        with pytest.raises(Refused, match="syntax"):
            dmarc_parse({"record": record})


def test_sts_policies_are_parsed_and_matched():
    reply = mtasts_parse({"text": "version: STSv1\nmode: testing\nmx: m.b.test\nmax_age: 1"})
    assert reply == {"version": "STSv1", "mode": "testing", "mx": ("m.b.test",), "max_age": 1}
    match = {"mx": "m.b.test", "patterns": ["*.b.test"], "mode": "enforce"}
    assert mtasts_match(match) == {"match": True, "allowed": True}
    with pytest.raises(Refused, match="syntax"):
        mtasts_parse({"text": ""})


def test_pictures_are_found_and_looked_at():
    assert bimi_lookup(BIMI) == {"result": "pass", "location": "https://b.test/b.svg", "domain": "b.test"}
    assert bimi_lookup(BIMI | {"dkim_aligned": False})["result"] == "skipped"
    assert bimi_svg({"svg": "<svg/>"})["valid"] is False


def test_an_organisation_is_named():
    assert domain_org({"domain": "www.example.co.uk"}) == {"domain": "example.co.uk"}


@pytest.mark.parametrize(
    ("function", "question"),
    [
        (spf_check, SPF | {"ip": "x"}),
        (spf_check, SPF | {"zone": None}),
        (spf_check, SPF | {"zone": {"b.test": []}}),
        (dmarc_evaluate, DMARC | {"dkim": [1]}),
        (dmarc_evaluate, DMARC | {"from": 1}),
        (mtasts_match, {"mx": "a", "patterns": [1], "mode": "enforce"}),
        (mtasts_match, {"mx": "a", "patterns": [], "mode": "x"}),
        (bimi_lookup, BIMI | {"dmarc": {"result": "x"}}),
        (bimi_lookup, BIMI | {"require_dkim": None}),
    ],
)
def test_a_bad_request_is_told_from_an_answer(function, question):
    with pytest.raises(Refused, match="bad-request"):
        function(question)
