from __future__ import annotations

import hashlib
import io

import pytest
import zxingcpp
from PIL import Image, ImageOps, PngImagePlugin

from ecluse.opening.budget import Limits
from ecluse.opening.flags import Flag
from ecluse.opening.opening import open_file
from ecluse.opening.pictures import memory, picture
from ecluse.opening.pictures.qr import qr_in_html_table, qr_in_text
from ecluse.opening.pieces import File, QrText
from tests.unit.opening.asking import opened

LINK = "https://x.example/pay"


def modules() -> list[list[bool]]:
    """The code, one value a module."""
    code = zxingcpp.create_barcode(LINK, zxingcpp.BarcodeFormat.QRCode)
    image = memoryview(code.to_image(scale=1, add_quiet_zones=False))
    height, width = image.shape[:2]
    return [[image[y, x] < 128 for x in range(width)] for y in range(height)]


def drawn(scale: int = 6, margin: int = 4) -> Image.Image:
    rows = modules()
    side = len(rows)
    image = Image.new("L", (side, side), 255)
    image.putdata([0 if dark else 255 for row in rows for dark in row])
    return ImageOps.expand(image.resize((side * scale, side * scale), Image.Resampling.NEAREST), margin * scale, 255)


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_a_code_is_read_in_every_kind_of_picture(kind):
    assert opened(saved(drawn(), kind)).qr_texts == (LINK,)


@pytest.mark.parametrize("turn", [0, 90, 30, 180])
def test_a_code_is_read_in_any_direction(turn):
    assert opened(saved(drawn(margin=12).rotate(turn, fillcolor=255))).qr_texts == (LINK,)


def test_a_light_code_on_dark_ground_is_read():
    assert opened(saved(ImageOps.invert(drawn()))).qr_texts == (LINK,)


def test_a_code_without_margin_is_read():
    assert opened(saved(drawn(scale=4, margin=0))).qr_texts == (LINK,)


@pytest.mark.parametrize(("kind", "text"), [("DataMatrix", LINK), ("Aztec", LINK), ("MicroQRCode", "12345")])
@pytest.mark.parametrize("ground", [255, 200, 128, 100])
def test_a_code_of_every_kind_is_read_in_a_drawing(kind, text, ground):
    image = memoryview(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat[kind]).to_image(scale=6))
    page = Image.new("L", (700, 500), ground)
    page.paste(Image.frombytes("L", image.shape[1::-1], image.tobytes()), (150, 60))
    assert opened(saved(page)).qr_texts == (text,)


def test_a_picture_that_comes_again_says_the_same():
    octets = saved(drawn(scale=7))
    assert opened(octets).qr_texts == opened(octets, "another.png").qr_texts == (LINK,)


def test_a_picture_that_was_left_out_is_looked_at_when_it_comes_again():
    octets = saved(drawn(scale=9))
    few_pixels = open_file(File(octets), Limits(pixels=10))
    assert Flag.CODES_UNREAD in few_pixels.flags
    assert opened(octets).qr_texts == (LINK,)


def test_a_picture_in_which_no_code_is_found_is_named_each_time():
    octets = saved(Image.new("L", (60, 50), 77))
    digest = hashlib.sha256(octets).digest()
    assert opened(octets).silent_pictures == opened(octets).silent_pictures == (digest,)
    assert not opened(saved(drawn(scale=8))).silent_pictures
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Software", LINK)
    noted = saved(Image.new("L", (60, 50), 77), pnginfo=notes)
    assert opened(noted).urls == opened(noted).urls == (LINK,)
    assert opened(noted).silent_pictures


def test_what_others_have_found_nothing_in_is_not_looked_at_again(monkeypatch):
    octets = saved(drawn(scale=5))
    pictures = memory.PictureMemory()
    pictures.take_over([hashlib.sha256(octets).digest()])
    monkeypatch.setattr(picture, "MEMORY", pictures)
    assert opened(octets).qr_texts == ()
    assert opened(saved(drawn(scale=6))).qr_texts == (LINK,)


def test_what_was_not_asked_for_the_longest_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(memory, "MAX_PICTURES", 2)
    pictures = memory.PictureMemory()
    for digest in ("a", "b", "", "a", "c"):
        if pictures.recall(digest) is None:
            pictures.keep(digest, (QrText(digest),))
    assert [pictures.recall(digest) for digest in ("a", "b", "c", "")] == [(QrText("a"),), None, (QrText("c"),), None]


def test_a_picture_that_unpacks_to_too_much_is_left_alone():
    assert Flag.CODES_UNREAD in opened(saved(Image.new("1", (9_000, 9_000)))).flags


def test_links_in_the_notes_of_a_picture_are_urls():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", f"see {LINK}!")
    assert opened(saved(Image.new("L", (30, 30)), pnginfo=notes)).urls == (LINK,)


def test_a_program_behind_a_picture_is_found():
    program = b"MZ" + b"\0" * 58 + b"\x40\0\0\0PE\0\0" + b"\0" * 90
    assert {Flag.POLYGLOT, Flag.EXECUTABLE} <= set(opened(saved(Image.new("L", (30, 30))) + program, "a.png").flags)


@pytest.mark.parametrize("cut", range(0, 400, 37))
def test_no_cut_raises(cut):
    assert opened(saved(drawn())[:cut], "a.png").type


def in_half_blocks() -> str:
    rows = [*modules(), []]
    blocks = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
    side = len(rows[0])
    return "\n".join(
        "".join(blocks[rows[y][x], bool(rows[y + 1]) and rows[y + 1][x]] for x in range(side))
        for y in range(0, side, 2)
    )


def test_a_code_of_half_blocks_is_read():
    assert qr_in_text("scan this\n\n" + in_half_blocks() + "\n\nthank you") == [LINK]


def test_a_code_of_double_blocks_is_read():
    text = "\n".join("".join("██" if dark else "  " for dark in row) for row in modules())
    assert qr_in_text(text) == [LINK]
    assert opened(text.encode(), "a.txt").qr_texts == (LINK,)


def test_text_without_a_code_says_nothing():
    assert qr_in_text("██████████████ 100 %\n" * 30) == []


@pytest.mark.parametrize(
    "dark", ['bgcolor="#000"', 'style="background:#101010"', 'style="background-color: rgb(0, 0, 90)"']
)
def test_a_code_of_table_cells_is_read(dark):
    rows = "".join(
        "<tr>" + "".join(f"<td {dark if module else ''}></td>" for module in row) + "</tr>" for row in modules()
    )
    html = f"<table><tr><td>pay here <table>{rows}</table></td></tr></table>"
    assert qr_in_html_table(html) == [LINK]
    assert opened(b"<html>" + html.encode(), "a.html").qr_texts == (LINK,)


def test_a_table_of_figures_is_no_code():
    assert qr_in_html_table("<table>" + "<tr>" + "<td bgcolor=black>1</td>" * 30 + "</tr>" * 30 + "</table>") == []
