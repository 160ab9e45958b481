"""Indexes of labelled messages."""

from __future__ import annotations

import pytest

from ecluse.domain.errors import BadConfig
from ecluse.entrypoints.evaluation.index import read_index


@pytest.fixture
def folder(tmp_path):
    for name in ("index", "ham", "spam"):
        (tmp_path / name).mkdir()
    (tmp_path / "ham/1").write_bytes(b"Subject: a\n\nb")
    return tmp_path


@pytest.mark.parametrize("written", ["../ham/1", "ham/1"])
def test_paths_start_at_the_index_or_at_the_folder_above_it(folder, written):
    index = folder / "index/full"
    index.write_text(f"ham {written}\nSpam {written}\nphish {written}\n")
    entries = read_index(index)
    assert [entry.is_spam for entry in entries] == [False, True, True]
    assert entries[0].read() == b"Subject: a\n\nb"
    assert entries[0].name == written


@pytest.mark.parametrize(
    ("text", "line"), [("ham ham/1\nbacon ham/1\n", 2), ("ham\n", 1), ("", 0), ("ham ham/9\n", 1)], ids=repr
)
def test_what_is_no_index_is_told_with_its_line(folder, text, line):
    index = folder / "index/full"
    index.write_text(text)
    with pytest.raises(BadConfig) as told:
        read_index(index)
    assert told.value.line == line
