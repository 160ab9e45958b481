"""Pictures that arrive damaged: their readers show what there is of them, and nothing else lies in them."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.unit.opening.asking import opened


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "bmp", "tiff", "webp"])
def test_a_picture_that_is_cut_short_is_broken_and_no_fault_of_ours(kind):
    out = io.BytesIO()
    Image.effect_noise((200, 200), 50).convert("RGB").save(out, kind)
    answer = opened(out.getvalue()[: len(out.getvalue()) // 2], f"photo.{kind}")
    assert answer.flags == ()
    assert "unreadable" not in answer.error
