"""A secret is made once, also by processes that start at the same moment."""

from __future__ import annotations

import os
import secrets
import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from ecluse.control.secret_file import made_once, write_once

TOGETHER = 8


def test_of_many_that_come_at_once_one_makes_it(tmp_path):
    file, all_here = tmp_path / "keys" / "secret", Barrier(TOGETHER)

    def make():
        all_here.wait(20)  # Each has seen that there is none.
        return secrets.token_bytes(32)

    with ThreadPoolExecutor(TOGETHER) as pool:
        told = list(pool.map(lambda _: made_once(file, make), range(TOGETHER)))
    assert set(told) == {file.read_bytes()}
    assert file.stat().st_mode & 0o077 == 0
    assert [each.name for each in file.parent.iterdir()] == ["secret"]


def test_what_is_there_stays(tmp_path):
    write_once(tmp_path / "secret", b"first")
    with pytest.raises(FileExistsError):
        write_once(tmp_path / "secret", b"second")
    assert made_once(tmp_path / "secret", lambda: pytest.fail("asked for another")) == b"first"


def test_it_survives_a_power_cut_with_its_name(tmp_path, monkeypatch):
    file, synced, sync = tmp_path / "secret", [], os.fsync

    def seen(fd):
        synced.append((stat.S_ISDIR(os.fstat(fd).st_mode), file.exists()))
        sync(fd)

    monkeypatch.setattr(os, "fsync", seen)
    write_once(file, b"secret")
    assert synced == [(False, False), (True, True)]
