"""QR codes, in pictures, of block characters in text, and of the cells of an HTML table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

import turbohtml
import zxingcpp
from PIL import Image

from ecluse.opening.pictures.darkness import is_dark

MAX_CODES = 20  # In one picture.
MAX_SIDE = 2_400  # Pixels; larger pictures are made smaller first.
MAX_MODULES = 200  # Rows and columns of a code drawn without a picture; the largest QR code has 177.
LEAST_MODULES = 21  # A side of the smallest QR code.
MAX_TABLES = 50
MAX_TEXT_CHARACTERS = 262_144
# What has a mark that shows at once whether there is one; and what has none, whose search costs more than all others.
_MARKED = [
    zxingcpp.BarcodeFormat.QRCode,
    zxingcpp.BarcodeFormat.MicroQRCode,
    zxingcpp.BarcodeFormat.RMQRCode,
    zxingcpp.BarcodeFormat.Aztec,
]
_MARKED_KINDS = zxingcpp.BarcodeFormats(_MARKED)
_ALL_KINDS = zxingcpp.BarcodeFormats([*_MARKED, zxingcpp.BarcodeFormat.DataMatrix])
_TONES = 64  # Shades of grey from the darkest, and as many from the lightest, that are one tone.
_LEAST_SHARE = 0.7  # Of the pixels of a drawing or a page have one of its two tones; a photograph has all between.
_SAMPLED_SIDE = 512  # Pixels of a larger picture whose shades are counted, of each row and column.
_BANDS, _BAND, _BANDS_SHARE = 3, 16, 0.8  # Ground, dark and light: so many shades each, so much of the pixels together.
# Block characters -> their quarters: upper left, upper right, lower left, lower right.
_QUARTERS = {
    "█": 0b1111, "▓": 0b1111, "▇": 0b1111, "▆": 0b1111, "▀": 0b1100, "▄": 0b0011, "▌": 0b1010, "▐": 0b0101,
    "▘": 0b1000, "▝": 0b0100, "▖": 0b0010, "▗": 0b0001, "▚": 0b1001, "▞": 0b0110, "▙": 0b1011, "▛": 0b1110,
    "▜": 0b1101, "▟": 0b0111, "■": 0b1111, "⬛": 0b1111,
}  # fmt: skip
_LIGHT = " \u00a0\u2000\u2001\u2002\u2003\u2007\u3000░⬜□"
_BLOCK_LINE = re.compile(f"[{''.join(_QUARTERS)}{_LIGHT}]{{11,420}}")
# Width and height of a character in pixels: one module wide and two high, or square.
_SHAPES = ((4, 8), (8, 8))


def qr_in_picture(picture: Image.Image) -> list[str]:
    """What the codes in a picture say: light or dark, in any direction."""
    grey = picture.convert("L") if picture.mode != "L" else picture
    if max(grey.size) > MAX_SIDE:
        grey.thumbnail((MAX_SIDE, MAX_SIDE))
    found = _read(grey)
    if not found and max(grey.size) < 400:
        found = _read(_with_margin(grey))
    return found


def _read(grey: Image.Image) -> list[str]:
    kinds = _ALL_KINDS if _is_drawn(_sampled(grey).histogram()) else _MARKED_KINDS
    codes = zxingcpp.read_barcodes(grey, formats=kinds, text_mode=zxingcpp.TextMode.Plain)
    return [code.text for code in codes[:MAX_CODES] if code.text]


def _sampled(grey: Image.Image) -> Image.Image:
    """Single pixels of it, evenly: shares of shades are theirs, too."""
    width, height = (min(side, _SAMPLED_SIDE) for side in grey.size)
    return grey if (width, height) == grey.size else grey.resize((width, height), Image.Resampling.NEAREST)


def _is_drawn(counts: list[int]) -> bool:
    """Whether a picture of so many pixels of each shade may be one where a code was drawn and not photographed."""
    return _has_two_tones(counts) or _has_few_shades(counts)


def _has_two_tones(counts: list[int]) -> bool:
    """Whether nearly all of it is dark or light."""
    shades = [shade for shade, count in enumerate(counts) if count]
    light = max(shades[-1] + 1 - _TONES, shades[0])
    dark = min(shades[0] + _TONES, light)
    return sum(counts[shades[0] : dark]) + sum(counts[light:]) >= _LEAST_SHARE * sum(counts)


def _has_few_shades(counts: list[int]) -> bool:
    """Whether nearly all of it lies in a few narrow bands of shades, as a code on a coloured ground does."""
    left, found = list(counts), 0
    for _ in range(_BANDS):
        sums = [0, *accumulate(left)]
        fullest = max(range(len(left) - _BAND + 1), key=lambda start: sums[start + _BAND] - sums[start])
        found += sums[fullest + _BAND] - sums[fullest]
        left[fullest : fullest + _BAND] = [0] * _BAND
    return found >= _BANDS_SHARE * sum(counts)


def _with_margin(grey: Image.Image) -> Image.Image:
    """Twice as large and with the quiet zone that a code cut out too closely lacks."""
    width, height = grey.size
    canvas = Image.new("L", (width * 2 + 80, height * 2 + 80), 255)
    canvas.paste(grey.resize((width * 2, height * 2)), (40, 40))
    return canvas


def qr_in_text(text: str) -> list[str]:
    """What codes say that are drawn with block characters."""
    found: list[str] = []
    for rows in _block_areas(text[:MAX_TEXT_CHARACTERS]):
        for width, height in _SHAPES:
            codes = _read(_drawn(rows, width, height))
            found += codes
            if codes:
                break
    return list(dict.fromkeys(found))


def _block_areas(text: str) -> Iterator[list[str]]:
    """Runs of lines that are block characters and gaps, high enough for a code of half-height modules."""
    if text.isascii() or not any(character in text for character in _QUARTERS):
        return
    rows: list[str] = []
    for line in (*text.splitlines(), ""):
        found = _BLOCK_LINE.search(line)
        if found is not None and any(character in _QUARTERS for character in found[0]):
            rows.append(line[:420])
        elif rows:
            if 11 <= len(rows) <= MAX_MODULES:
                yield rows
            rows = []


def _drawn(rows: Sequence[str], width: int, height: int) -> Image.Image:
    columns = max(map(len, rows))
    picture = Image.new("L", ((columns + 8) * width, (len(rows) + 8) * height), 255)
    for y, row in enumerate(rows):
        for x, character in enumerate(row):
            quarters = _QUARTERS.get(character, 0)
            left, top = (x + 4) * width, (y + 4) * height
            for bit, (right, down) in zip((8, 4, 2, 1), ((0, 0), (1, 0), (0, 1), (1, 1)), strict=True):
                if quarters & bit:
                    x0, y0 = left + right * width // 2, top + down * height // 2
                    picture.paste(0, (x0, y0, x0 + width // 2, y0 + height // 2))
    return picture


def qr_in_html_table(html: str) -> list[str]:
    """What codes say whose modules are the cells of a table."""
    found: list[str] = []
    for rows in _tables(html):
        columns = max(map(len, rows))
        picture = Image.new("L", ((columns + 8) * 4, (len(rows) + 8) * 4), 255)
        for y, row in enumerate(rows):
            for x, dark in enumerate(row):
                if dark:
                    picture.paste(0, ((x + 4) * 4, (y + 4) * 4, (x + 5) * 4, (y + 5) * 4))
        found += _read(picture)
    return list(dict.fromkeys(found))


def _tables(html: str) -> Iterator[list[list[bool]]]:
    """The innermost tables that are large enough, as dark and light cells."""
    if html.count("<t") < LEAST_MODULES * LEAST_MODULES // 2 and html.count("<T") < LEAST_MODULES * LEAST_MODULES // 2:
        return
    rows: list[list[bool]] = []
    count = 0
    for token in turbohtml.tokenize(html):
        if token.type == turbohtml.TokenType.START_TAG:
            _cell(token, rows)
            if token.tag == "table":
                rows = []
        elif token.type == turbohtml.TokenType.END_TAG and token.tag == "table":
            count += 1
            if len(rows) >= LEAST_MODULES and any(len(row) >= LEAST_MODULES for row in rows):
                yield rows
            rows = []
            if count == MAX_TABLES:
                return


def _cell(token: turbohtml.Token, rows: list[list[bool]]) -> None:
    if token.tag == "tr" and len(rows) < MAX_MODULES:
        rows.append([])
    elif token.tag in {"td", "th"} and rows:
        attributes = dict(token.attrs or ())
        span = attributes.get("colspan") or "1"
        count = min(int(span), MAX_MODULES) if span.isdecimal() and len(span) < 4 else 1
        rows[-1] += [is_dark(attributes)] * min(count, MAX_MODULES - len(rows[-1]))
