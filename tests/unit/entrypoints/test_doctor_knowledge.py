"""The doctor reads the operator's rules and hash lists, and says where a mistake is."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import pytest

from ecluse.entrypoints.doctor.diagnosis import State
from ecluse.entrypoints.doctor.knowledge import hash_lists, rules


@pytest.fixture
def found(tmp_path):
    def look(check, folder=tmp_path):
        settings = SimpleNamespace(
            opening=SimpleNamespace(rule_folder=folder), scanners=SimpleNamespace(hash_lists=folder)
        )
        return [(one.state, one.found) for one in check(SimpleNamespace(settings=settings))]

    return look


def test_what_is_not_configured_is_not_looked_at(found):
    assert found(rules, None) == found(hash_lists, None) == []


@pytest.mark.parametrize("check", [rules, hash_lists])
def test_a_folder_that_is_none_fails(found, tmp_path, check):
    [(state, text)] = found(check, tmp_path / "none")
    assert (state, "no folder" in text) == (State.FAIL, True)


def test_a_broken_file_of_rules_fails_with_its_place(found, tmp_path):
    (tmp_path / "good.yar").write_text("rule a { condition: false }")
    assert found(rules)[0][0] is State.OK
    (tmp_path / "bad.yar").write_text("rule b { condition: $x }")
    [(state, text)] = found(rules)
    assert state is State.FAIL
    assert "bad.yar" in text
    assert "$x" in text


def test_a_line_that_is_no_digest_is_a_warning(found, tmp_path):
    (tmp_path / "kits.txt").write_text(f"{hashlib.sha256(b'x').hexdigest()}\nnonsense\n")
    assert found(hash_lists) == [
        (State.WARN, f"{tmp_path / 'kits.txt'}, line 2: no SHA-256 or MD5 at its beginning"),
        (State.OK, f"1 digests in 1 lists of {tmp_path}"),
    ]
