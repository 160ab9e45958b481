"""Real mail from the shared folder, read one message after the other; nothing of it is kept."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
import zstandard

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "data" / "corpora"


def messages(corpus: str, kind: str, most: int) -> Iterator[bytes]:
    """The first so many messages of a kind ("ham", "spam", "phish"); skips the test where the corpus is not there."""
    archive = CORPORA / f"{corpus}.tar.zst"
    if not archive.exists():
        pytest.skip(f"{archive} is not there")
    return islice(_read(archive, f"/{kind}/"), most)


def _read(archive: Path, folder: str) -> Iterator[bytes]:
    with (
        archive.open("rb") as packed,
        zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader(packed) as stream,
        tarfile.open(fileobj=io.BufferedReader(stream), mode="r|") as files,
    ):
        for entry in files:
            if entry.isfile() and folder in f"/{entry.name}":
                file = files.extractfile(entry)
                assert file is not None
                yield file.read()
