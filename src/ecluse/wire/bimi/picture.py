"""Which pictures are SVG Tiny Portable/Secure: nothing that runs, moves or loads."""

from __future__ import annotations

from collections.abc import Mapping
from xml.parsers import expat

from ecluse.domain.errors import EcluseError

MAX_CHARACTERS = 65_536  # Twice of what the profile recommends.
MAX_DEPTH = 64

_SVG = "http://www.w3.org/2000/svg"
_ELEMENTS = frozenset(
    [
        "svg",
        "g",
        "defs",
        "use",
        "title",
        "desc",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "linearGradient",
        "radialGradient",
        "stop",
        "solidColor",
        "text",
        "tspan",
        "textArea",
        "tbreak",
    ]
)


class PictureSyntax(EcluseError):
    """A picture that is not of the profile."""


def require_tiny_ps(svg: str) -> None:
    """Read a picture; raises `PictureSyntax` with the first reason why it may not be shown."""
    if len(svg) > MAX_CHARACTERS:
        raise PictureSyntax(f"more than {MAX_CHARACTERS} characters")
    reader = _Reader()
    try:
        reader.parser.Parse(svg.encode("utf-8", "surrogatepass"), True)  # noqa: FBT003 - expat takes it by position.
    except expat.ExpatError as problem:
        raise PictureSyntax(f"no XML: {problem}") from None
    if not reader.has_title:
        raise PictureSyntax("no title")


class _Reader:
    """Looks at each element as the parser comes by."""

    def __init__(self) -> None:
        self.has_title = False
        self._depth = 0
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.ProcessingInstructionHandler = self._refuse_instruction

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        namespace, _, element = name.rpartition(" ")
        if namespace != _SVG or element not in _ELEMENTS:
            raise PictureSyntax(f"an element that is not of the profile: {element[:40]}")
        if self._depth == 0:
            _require_root(element, attributes)
        elif element == "svg":
            raise PictureSyntax("a picture in the picture")
        for attribute, value in attributes.items():
            _require_still(attribute, value)
        self.has_title |= element == "title" and self._depth == 1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise PictureSyntax(f"nested more than {MAX_DEPTH} deep")

    def _end(self, _name: str) -> None:
        self._depth -= 1

    def _refuse_doctype(self, *_declaration: object) -> None:
        raise PictureSyntax("a DOCTYPE")

    def _refuse_instruction(self, *_instruction: object) -> None:
        raise PictureSyntax("a processing instruction")


def _require_root(element: str, attributes: Mapping[str, str]) -> None:
    if element != "svg":
        raise PictureSyntax("its root is not svg")
    if attributes.get("baseProfile") != "tiny-ps":
        raise PictureSyntax("its baseProfile is not tiny-ps")
    if attributes.get("version", "1.2") != "1.2":
        raise PictureSyntax("its version is not 1.2")
    if "x" in attributes or "y" in attributes:
        raise PictureSyntax("its root has a place")


def _require_still(attribute: str, value: str) -> None:
    """No handler, no link out of the picture."""
    name = attribute.rpartition(" ")[2].lower()
    if name.startswith("on"):
        raise PictureSyntax("an event handler")
    if name in ("href", "src") and not value.startswith("#"):
        raise PictureSyntax("a link to something else")
    # `fill="url(#a)"` is a gradient of the picture itself; anything else would be fetched.
    paints = value.lower().replace(" ", "").replace("'", "").replace('"', "")
    if "url(" in paints.replace("url(#", "") or "javascript:" in paints:
        raise PictureSyntax("a link to something else")
