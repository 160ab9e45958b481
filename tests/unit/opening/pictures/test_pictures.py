"""Pictures that arrive damaged: their readers show what there is of them, and nothing else lies in them."""

from __future__ import annotations

import io

import pytest
import qrcode
from PIL import Image

from tests.unit.opening.asking import opened


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "bmp", "tiff", "webp"])
def test_a_picture_that_is_cut_short_is_broken_and_no_fault_of_ours(kind):
    out = io.BytesIO()
    Image.effect_noise((200, 200), 50).convert("RGB").save(out, kind)
    answer = opened(out.getvalue()[: len(out.getvalue()) // 2], f"photo.{kind}")
    assert answer.flags == ()
    assert "unreadable" not in answer.error


@pytest.mark.parametrize(("kind", "missing"), [("png", 90), ("jpeg", 20), ("gif", 20), ("bmp", 20), ("tiff", 20)])
def test_codes_are_read_in_what_there_is_of_a_picture_that_is_cut_short(kind, missing):
    code = qrcode.make("https://far.example/login").convert("RGB")
    page = Image.new("RGB", (code.width, code.height * 2), "white")
    page.paste(code)
    out = io.BytesIO()
    page.save(out, kind)
    assert opened(out.getvalue()[:-missing], f"photo.{kind}").qr_texts == ("https://far.example/login",)
