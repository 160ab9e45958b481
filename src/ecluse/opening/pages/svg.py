"""SVG drawings: scripts, foreign pages, links, pictures in them, and codes that are drawn as a path or squares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image

from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pages.payloads import data_uris
from ecluse.opening.pages.script import script_pieces
from ecluse.opening.pages.smuggling import is_smuggling
from ecluse.opening.pictures.qr import LEAST_MODULES, MAX_MODULES, qr_in_picture
from ecluse.opening.pieces import Broken, ExternalLink, File, Flagged, Piece, QrText, Text, Url
from ecluse.opening.urls import urls_in
from ecluse.opening.xml_events import DeclaresEntities, End, Start, xml_events

MAX_SQUARES = 40_000
MAX_PATH_CHARACTERS = 262_144
_STEP = re.compile(r"([MmHhVvLlZz])|(-?\d{0,6}(?:\.\d{1,6})?)[\s,]{0,4}")
_NUMBER = re.compile(r"-?\d{1,6}(?:\.\d{1,9})?")


@dataclass(slots=True)
class _Drawing:
    scripts: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    squares: list[tuple[float, float, float, float]] = field(default_factory=list)  # Left, top, width, height.
    is_in_script: bool = False


def open_svg(file: File, budget: Budget) -> Iterator[Piece]:
    """What the drawing does in a browser, and the codes in it."""
    drawing = _Drawing()
    try:
        for event in xml_events(file.content, budget):
            if isinstance(event, Start):
                yield from _element(event, drawing)
            elif isinstance(event, End):
                drawing.is_in_script &= event.name != "script"
            else:
                (drawing.scripts if drawing.is_in_script else drawing.words).append(event)
    except DeclaresEntities as problem:
        yield Broken(str(problem))
    script = "\n".join(drawing.scripts)
    if script.strip():
        yield Flagged(Flag.SVG_SCRIPT)
        if is_smuggling(script) or re.search(r"location[\w.]*\s*=\s*['\"]data:", script):
            yield Flagged(Flag.HTML_SMUGGLING)
        yield from script_pieces(script, budget)
    yield from data_uris(file.content.decode("utf-8", "replace"))
    yield from map(QrText, _codes(drawing.squares))
    text = "".join(drawing.words)
    yield from map(Url, urls_in(text))
    yield Text(text)


def _element(event: Start, drawing: _Drawing) -> Iterator[Piece]:
    drawing.is_in_script = event.name == "script"
    drawing.scripts += [value for name, value in event.attributes.items() if name.startswith("on")]
    target = event.attributes.get("href", "") or event.attributes.get("src", "")
    if target.lower().startswith("javascript:"):
        drawing.scripts.append(target[11:])
    elif event.name == "script" and target:
        drawing.scripts.append("//")
        yield ExternalLink(target[:2_048])
    elif target and not target.startswith(("#", "data:")):
        yield Url(target[:2_048])
    if event.name == "foreignObject":
        yield Flagged(Flag.HTML_SCRIPT)
    elif event.name == "rect":
        drawing.squares += _rectangle(event.attributes)
    elif event.name == "path" and len(drawing.squares) < MAX_SQUARES:
        drawing.squares += path_squares(event.attributes.get("d", "")[:MAX_PATH_CHARACTERS])


def _rectangle(attributes: dict[str, str]) -> Iterator[tuple[float, float, float, float]]:
    texts = [attributes.get(name, "0") for name in ("x", "y", "width", "height")]
    if all(_NUMBER.fullmatch(text.removesuffix("px")) for text in texts):
        left, top, width, height = (float(text.removesuffix("px")) for text in texts)
        fill = attributes.get("fill", "#000").lower()
        if width and height and fill not in {"#fff", "#ffffff", "white", "none"}:
            yield left, top, width, height


def path_squares(path: str) -> Iterator[tuple[float, float, float, float]]:
    """A path's horizontal strokes, one unit high, and the rectangles that it goes around."""
    x = y = 0.0
    command, start = "", (0.0, 0.0)
    corner: list[tuple[float, float]] = []
    numbers: list[float] = []
    for letter, number in _STEP.findall(path):
        if letter:
            if letter in "Zz" and len(corner) > 2:
                yield _around(corner)
                x, y = start
            command, numbers = letter, []
            continue
        if not command or not _NUMBER.fullmatch(number):
            continue
        numbers.append(float(number))
        if command in "MmLl" and len(numbers) < 2:
            continue
        before = (x, y)
        x, y = _moved(command, numbers, x, y)
        numbers = []
        if command in "Mm":
            start, corner = (x, y), [(x, y)]
            command = {"M": "L", "m": "l"}[command]
        else:
            corner.append((x, y))
            if command in "Hh" and len(corner) == 2:
                yield min(before[0], x), y - 0.5, abs(x - before[0]), 1.0


def _moved(command: str, numbers: list[float], x: float, y: float) -> tuple[float, float]:
    match command:
        case "M" | "L":
            return numbers[0], numbers[1]
        case "m" | "l":
            return x + numbers[0], y + numbers[1]
        case "H":
            return numbers[0], y
        case "h":
            return x + numbers[0], y
        case "V":
            return x, numbers[0]
        case "v":
            return x, y + numbers[0]
    return x, y


def _around(corners: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    return left, top, max(x for x, _ in corners) - left, max(y for _, y in corners) - top


def _codes(squares: list[tuple[float, float, float, float]]) -> list[str]:
    """What the squares draw, where they are many and of one size."""
    least = min((height for _, _, _, height in squares), default=0)
    if len(squares) < LEAST_MODULES * 2 or least <= 0:
        return []
    left, top = min(one[0] for one in squares), min(one[1] for one in squares)
    columns = (max(x + width for x, _, width, _ in squares) - left) / least
    rows = (max(y + height for _, y, _, height in squares) - top) / least
    if not (LEAST_MODULES <= columns <= 4 * MAX_MODULES and LEAST_MODULES <= rows <= 4 * MAX_MODULES):
        return []
    picture = Image.new("L", (int(columns * 4) + 32, int(rows * 4) + 32), 255)
    for x, y, width, height in squares[:MAX_SQUARES]:
        # What covers the whole drawing is its paper.
        if width < columns * least * 0.9 or height < rows * least * 0.9:
            x0, y0 = round((x - left) / least * 4) + 16, round((y - top) / least * 4) + 16
            picture.paste(0, (x0, y0, x0 + round(width / least * 4), y0 + round(height / least * 4)))
    return qr_in_picture(picture)
