"""Rules of the house come and go while the room is open; a broken file changes nothing."""

from __future__ import annotations

import pytest

from ecluse.domain.opened import RuleMatch, Severity
from ecluse.opening.rules import rulebook
from ecluse.opening.rules.rulebook import Rulebook, broken_files

RULE = 'rule %s { meta: severity = "%s" strings: $a = "%s" condition: $a }'


@pytest.fixture(autouse=True)
def looks_each_time(monkeypatch):
    monkeypatch.setattr(rulebook, "LOOK_EVERY_S", 0)


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def matches(book: Rulebook, content: bytes) -> list[RuleMatch]:
    book.refresh()
    return list(book.match(content))


def test_a_rule_of_the_house_is_told_from_ours(folder):
    (folder / "a.yar").write_text(RULE % ("mine", "notice", "invoice"))
    assert matches(Rulebook(folder), b"an invoice") == [RuleMatch("local.mine", Severity.NOTICE)]


def test_rules_of_the_house_are_asked_of_what_is_packed_too(folder):
    (folder / "a.yar").write_text(RULE % ("mine", "notice", "invoice"))
    book = Rulebook(folder)
    book.refresh()
    assert [match.name for match in book.match(b"an invoice", is_packed=True)] == ["local.mine"]


@pytest.mark.parametrize("severity", ["", "terrible"])
def test_a_rule_that_does_not_say_how_grave_it_is_counts_as_a_hint(folder, severity):
    (folder / "a.yara").write_text(RULE % ("mine", severity, "invoice"))
    assert matches(Rulebook(folder), b"an invoice") == [RuleMatch("local.mine", Severity.SUSPICIOUS)]


def test_files_may_come_change_and_go(folder):
    book = Rulebook(folder)
    assert matches(book, b"invoice order") == []
    (folder / "a.yar").write_text(RULE % ("one", "severe", "invoice"))
    assert [match.name for match in matches(book, b"invoice order")] == ["local.one"]
    (folder / "a.yar").write_text(RULE % ("another", "severe", "order"))
    assert [match.name for match in matches(book, b"invoice order")] == ["local.another"]
    (folder / "a.yar").unlink()
    assert matches(book, b"invoice order") == []


def test_of_a_file_that_breaks_the_old_rules_stay(folder):
    book = Rulebook(folder)
    (folder / "a.yar").write_text(RULE % ("one", "severe", "invoice"))
    book.refresh()
    (folder / "a.yar").write_text("rule broken { condition: $a }")
    (broken,) = book.refresh()
    assert broken.path.name == "a.yar"
    assert "$a" in broken.reason
    assert book.refresh() == ()  # Told once.
    assert [match.name for match in matches(book, b"invoice")] == ["local.one"]


def test_a_broken_file_leaves_the_others_in_force(folder):
    (folder / "a.yar").write_text("no rule at all")
    (folder / "b.yar").write_text(RULE % ("one", "severe", "invoice"))
    assert [match.name for match in matches(Rulebook(folder), b"invoice")] == ["local.one"]
    assert [broken.path.name for broken in broken_files(folder)] == ["a.yar"]


def test_two_files_may_use_one_name(folder):
    (folder / "a.yar").write_text(RULE % ("one", "severe", "invoice"))
    (folder / "b.yar").write_text(RULE % ("one", "severe", "order"))
    assert {match.name for match in matches(Rulebook(folder), b"invoice order")} == {"local.one"}


@pytest.mark.parametrize(
    "text",
    ['include "/etc/passwd"', "\udcff", "rule a { condition: true } " * 400_000],
    ids=["include", "octets", "size"],
)
def test_what_is_no_file_of_rules_is_refused(folder, text):
    (folder / "a.yar").write_text(text, "utf-8", "surrogateescape")
    assert [broken.path.name for broken in broken_files(folder)] == ["a.yar"]


def test_a_folder_that_is_not_there_holds_no_rules(folder):
    book = Rulebook(folder / "none")
    assert book.refresh() == ()
    assert list(book.match(b"x")) == []


def test_a_page_of_brackets_costs_no_seconds():
    book = Rulebook()
    book.refresh()
    assert list(book.match(b"<script <input type=password value='" * 30_000)) == []
