"""Writing aggregate reports by RFC 9990."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.reports import aggregate_reader
from ecluse.wire.reports.aggregate import (
    MAX_SIGNATURES,
    NAMESPACE,
    DkimResult,
    Override,
    SpfResult,
    accumulate,
    build,
    write,
)
from tests.unit.wire.reports.samples import ORGANISATION, PERIOD, POLICY, REPORTS, ROW, ROWS


def names(element: ET.Element) -> list[str]:
    return [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in element]


def elements(row):
    return ET.fromstring(build([row], ORGANISATION, PERIOD, POLICY, "id"))


@given(REPORTS)
@settings(derandomize=True, deadline=None)
def test_what_was_written_is_read_again(report):
    assert aggregate_reader.read(write(report)) == report


@given(st.lists(ROWS, max_size=8))
@settings(derandomize=True, deadline=None)
def test_no_message_is_lost_or_counted_twice(rows):
    summed = accumulate(rows)
    assert sum(row.count for row in summed) == sum(row.count for row in rows)
    assert {replace(row, count=0) for row in summed} == {replace(row, count=0) for row in rows}
    assert len(summed) == len({replace(row, count=0) for row in rows})
    assert accumulate(reversed(rows)) == accumulate(accumulate(rows))


def test_equal_rows_become_one_and_the_largest_comes_first():
    other = replace(ROW, source_ip="192.0.2.2", count=5)
    assert accumulate([ROW, other, replace(ROW, count=2)]) == (other, replace(ROW, count=3))


def test_the_elements_stand_in_the_order_of_rfc_9990():
    row = replace(ROW, overrides=(Override("mailing_list", "known"),), spf_results=(SpfResult("a.example", "pass"),))
    root = elements(replace(row, dkim_results=(DkimResult("a.example", "s", "pass"),)))
    assert root.tag == f"{{{NAMESPACE}}}feedback"
    assert names(root) == ["version", "report_metadata", "policy_published", "record"]
    assert root[0].text == "1.0"
    assert names(root[1]) == ["org_name", "email", "report_id", "date_range"]
    assert names(root[2]) == ["domain", "discovery_method", "p", "sp", "adkim", "testing"]
    record = root[3]
    assert names(record) == ["row", "identifiers", "auth_results"]
    assert names(record[0]) == ["source_ip", "count", "policy_evaluated"]
    assert names(record[0][2]) == ["disposition", "dkim", "spf", "reason"]
    assert names(record[2]) == ["dkim", "spf"]
    assert names(record[2][0]) == ["domain", "selector", "result"]
    assert names(record[2][1]) == ["domain", "scope", "result"]


def test_words_that_rfc_9990_does_not_have_are_not_written():
    row = replace(
        ROW,
        overrides=(Override("sampled_out", "by pct"),),
        spf_results=(SpfResult("helo.example", "pass", "helo"), SpfResult("a.example", "fail")),
    )
    root = elements(row)
    assert root.find(f".//{{{NAMESPACE}}}type").text == "other"
    assert [scope.text for scope in root.iter(f"{{{NAMESPACE}}}scope")] == ["mfrom"]


def test_at_most_a_hundred_signatures_are_told():
    root = elements(replace(ROW, dkim_results=(DkimResult("a.example", "s", "fail"),) * (MAX_SIGNATURES + 1)))
    assert len(root.findall(f"{{{NAMESPACE}}}record/{{{NAMESPACE}}}auth_results/{{{NAMESPACE}}}dkim")) == MAX_SIGNATURES


def test_names_of_strangers_cannot_become_markup():
    root = elements(replace(ROW, header_from="</header_from><count>9</count>&\x00\x1b\n"))
    assert [count.text for count in root.iter(f"{{{NAMESPACE}}}count")] == ["1"]
    assert root.find(f".//{{{NAMESPACE}}}header_from").text == "</header_from><count>9</count>&\u2400\u241b"


@pytest.mark.parametrize("report_id", ["", "a b", "<a>", "\xe9"])
def test_a_report_id_beyond_its_grammar_is_our_bug(report_id):
    with pytest.raises(ValueError, match="report id"):
        build([ROW], ORGANISATION, PERIOD, POLICY, report_id)


def test_a_report_without_rows_is_our_bug():
    with pytest.raises(ValueError, match="record"):
        build([], ORGANISATION, PERIOD, POLICY, "id")
