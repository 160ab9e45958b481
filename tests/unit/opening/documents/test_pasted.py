from __future__ import annotations

import io

from PIL import Image

from tests.unit.opening.asking import opened
from tests.unit.opening.makers import compound


def test_pictures_in_a_binary_document_are_members():
    pictures = []
    for kind in ("PNG", "JPEG"):
        out = io.BytesIO()
        Image.new("RGB", (40, 40), "red").save(out, kind)
        pictures.append(out.getvalue())
    file = opened(
        compound({"WordDocument": b"\0", "Data": b"\1" * 90 + pictures[0] + b"\2" * 30 + pictures[1] + b"\0" * 4_000})
    )
    assert [(member.type, member.size) for member in file.members] == [
        ("png", len(pictures[0])),
        ("jpeg", len(pictures[1])),
    ]
