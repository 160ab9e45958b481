"""Files that are put in the place of the last one."""

from __future__ import annotations

import os

import pytest

from ecluse.adapters.folder.disk import FOR_ALL, write_durably


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_what_fails_leaves_the_last_one_and_no_draft(tmp_path, monkeypatch, call):
    path = tmp_path / "file"
    write_durably(path, b"first")

    def broken(*_):
        raise OSError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, broken)
        with pytest.raises(OSError, match="broken"):
            write_durably(path, b"second")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"first"


def test_it_is_for_us_alone_unless_it_is_for_all(tmp_path):
    umask = os.umask(0o022)
    try:
        write_durably(tmp_path / "ours", b"x")
        write_durably(tmp_path / "everybodys", b"x", mode=FOR_ALL)
    finally:
        os.umask(umask)
    assert {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {
        "ours": 0o600,
        "everybodys": 0o644,
    }
