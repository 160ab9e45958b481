"""Pictures whose head is full of junk: skipped at once, and seen all the same."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from ecluse.opening.pictures.jpeg import MIN_JUNK, without_junk
from tests.unit.opening.asking import opened
from tests.unit.opening.pictures.test_codes import LINK, drawn, saved

PICTURE = saved(drawn(), "JPEG")
APP0_END = 20  # Behind the start of the image and JFIF's segment.


@pytest.mark.parametrize("junk", [b"j" * 5_000, b"\xff" * 5_000, b"\xff\x00" * 5_000, b"\x00j" * 5_000])
def test_a_code_behind_junk_is_read(junk):
    behind = PICTURE[:APP0_END] + junk + PICTURE[APP0_END:]
    assert opened(behind, "a.jpg").qr_texts == (LINK,)
    assert without_junk(behind) in {PICTURE, PICTURE[:APP0_END] + b"\xff" + PICTURE[APP0_END:]}


@pytest.mark.parametrize("content", [PICTURE, PICTURE[:APP0_END] + b"j" * (MIN_JUNK - 1) + PICTURE[APP0_END:], b""])
def test_what_has_little_junk_stays_as_it_is(content):
    assert without_junk(content) == content


def test_the_segments_of_the_picture_are_not_touched():
    out = io.BytesIO()
    note = b"\xff\xda" * 3_000  # Looks like a scan, and is a comment.
    Image.new("L", (40, 40)).save(out, "JPEG", comment=note)
    content = out.getvalue()
    assert without_junk(content[:2] + b"\xff" + b"j" * 2_000 + content[2:]).endswith(content[2:])


@pytest.mark.parametrize("head", [b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe0\0\0", b"\xff\xd8\xff\xe0\xff\xff", b"\xff"])
def test_a_head_that_is_cut_off_ends(head):
    assert without_junk(head + b"j" * 3_000).startswith(head[:1])
