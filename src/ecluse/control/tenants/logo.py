"""A client's logo: whatever was uploaded, only pixels of it are kept; pure."""

from __future__ import annotations

import io

from PIL import Image

from ecluse.domain.errors import Impossible

MAX_UPLOAD_OCTETS = 524_288
MAX_SIDE = 4_000  # Of what is uploaded, in pixels.
WIDTH, HEIGHT = 320, 96  # What is kept fits into this.


class BadLogo(Impossible):
    """No PNG or JPEG of a reasonable size."""


def drawn_anew(content: bytes) -> bytes:
    """The same picture as a small PNG of our own writing: no metadata, no profile, nothing after its end. Raises `BadLogo`."""
    if len(content) > MAX_UPLOAD_OCTETS:
        raise BadLogo(f"more than {MAX_UPLOAD_OCTETS} octets")
    try:
        return _drawn(Image.open(io.BytesIO(content), formats=("PNG", "JPEG")))
    # Pillow's decoders raise whatever they stumble over.
    except (
        OSError,
        SyntaxError,
        ValueError,
        IndexError,
        KeyError,
        EOFError,
        Image.DecompressionBombError,
    ) as bad:
        raise BadLogo("no PNG or JPEG that can be read") from bad


def _drawn(picture: Image.Image) -> bytes:
    """What it says of its size is looked at before a pixel is read."""
    if max(picture.size) > MAX_SIDE or min(picture.size) < 1:
        raise BadLogo(f"more than {MAX_SIDE} pixels")
    small = picture.convert("RGBA")
    small.thumbnail((WIDTH, HEIGHT))
    clean = Image.new("RGBA", small.size)
    clean.paste(small)
    out = io.BytesIO()
    clean.save(out, "PNG", optimize=True)
    return out.getvalue()
