"""What files do weighs, and what is everyday in offices never refuses."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from ecluse.domain.evidence import FileFacts, Unknown
from ecluse.filtering.checks.active_files import _FACTS, active_files
from ecluse.filtering.meanings import MEANINGS
from ecluse.filtering.weights import score
from ecluse.opening.flags import Flag
from tests.unit.filtering.samples import HARMLESS, POLICY


def findings_of(*flags: str):
    return tuple(active_files(replace(HARMLESS, files=FileFacts(flags=flags)), POLICY))


def score_of(*flags: str) -> float:
    return score(findings_of(*flags), POLICY)


def test_every_flag_that_is_asked_for_exists():
    assert {flag for _, flags in _FACTS for flag in flags} <= set(map(str, Flag))


def test_a_fact_is_stated_once_and_without_detail():
    found = findings_of("hidden-macro-sheet", "stomped-macros", "macros")
    assert [(one.code, one.detail) for one in found] == [("MACROS", ""), ("HIDDEN_MACROS", "")]


@pytest.mark.parametrize(
    "flags",
    [
        ("macros", "auto-macros"),
        ("macros", "auto-macros", "suspicious-macros"),
        ("pdf-javascript", "pdf-auto-action", "pdf-submit", "pdf-embedded-file"),
        ("html-script", "html-redirect"),
        ("onenote-embedded",),
        ("encrypted-document",),
        ("equation-object",),
        ("script",),
    ],
)
def test_what_offices_send_stays_below_a_refusal(flags):
    assert score_of(*flags) < POLICY.refuse_at


@pytest.mark.parametrize("flag", sorted(map(str, Flag)))
def test_no_single_flag_refuses(flag):
    assert score_of(flag) < POLICY.refuse_at


@pytest.mark.parametrize(
    "flags",
    [
        ("macros", "auto-macros", "suspicious-macros", "stomped-macros"),
        ("exploit-object", "remote-object", "object-update"),
        ("equation-object", "object-update", "exploit-object", "remote-template"),
        ("script", "shortcut-command", "suspicious-script"),
        ("script", "remote-shortcut", "remote-program"),
        ("html-smuggling", "html-script", "disguised", "script"),
    ],
)
def test_what_only_attacks_combine_is_refused(flags):
    assert score_of(*flags) >= POLICY.refuse_at


def test_files_that_nobody_saw_say_nothing():
    assert not tuple(active_files(replace(HARMLESS, files=Unknown("no answer")), POLICY))


def test_all_codes_have_a_meaning():
    assert all(0 < MEANINGS[code].weight < inf for code, _ in _FACTS)
