"""The style sheets of a message, with the simple selectors that hide text: `p`, `.a`, `p.a`, `#a`, `*`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ecluse.wire.html.declarations import Declaration, declarations, plain

MAX_CHARACTERS = 131_072  # Of all sheets of a message.
MAX_RULES = 4_000

_COMPOUND = re.compile(r"(\*|[a-z][a-z0-9]{0,20})?((?:[.#][\w-]{1,100}){0,4})", re.IGNORECASE)
_NAME = re.compile(r"([.#])([\w-]+)")
# A sheet that holds whatever the screen is; one for small or dark screens hides what most readers see.
_ALWAYS = re.compile(r"@media\s+(?:only\s+)?(?:all|screen)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one selector declares."""

    tag: str  # "" for any.
    classes: frozenset[str]
    id: str  # "" for any.
    declared: tuple[Declaration, ...]
    order: int

    @property
    def needs_more(self) -> bool:
        """Whether more than one thing has to fit."""
        return len(self.classes) + bool(self.tag) + bool(self.id) > 1

    def specificity(self) -> tuple[int, int, int, int]:
        """By what rules are sorted: the last one wins."""
        return bool(self.id), len(self.classes), bool(self.tag), self.order

    def fits(self, tag: str, classes: frozenset[str], name: str) -> bool:
        """Whether it holds for an element."""
        return self.tag in {"", tag} and self.classes <= classes and self.id in {"", name}


@dataclass(slots=True)
class Sheet:
    """All rules of a message, found by what an element must have."""

    _by_key: dict[str, list[Rule]] = field(default_factory=dict)
    _count: int = 0
    _left: int = MAX_CHARACTERS

    @property
    def is_read(self) -> bool:
        """Whether it holds any rule."""
        return self._count > 0

    def add(self, css: str) -> bool:
        """Read one more sheet; whether it says anything about being seen. Linear; never raises."""
        css, before = plain(css[: self._left]), self._count
        self._left -= len(css)
        for selectors, body in _blocks(css):
            if declared := declarations(body):
                for selector in selectors.split(",")[:100]:
                    self._note(selector.strip(), declared)
        return self._count > before

    def is_about(self, tag: str) -> bool:
        """Whether elements have to be asked about that have neither class nor id."""
        return tag in self._by_key or "*" in self._by_key

    def fitting(self, tag: str, classes: str, name: str) -> list[Rule]:
        """The rules for an element with this `class` and this `id`, the weakest first."""
        given = classes[:500].split()
        found = [
            *self._by_key.get("*", ()),
            *self._by_key.get(tag, ()),
            *(self._by_key.get(f"#{name}", ()) if name else ()),
        ]
        for each in given:
            found += self._by_key.get(f".{each}", ())
        if len(found) > 1 or (found and found[0].needs_more):
            owned = frozenset(given)
            found = [rule for rule in found if rule.fits(tag, owned, name)]
            found.sort(key=Rule.specificity)
        return found

    def _note(self, selector: str, declared: tuple[Declaration, ...]) -> None:
        found = _COMPOUND.fullmatch(selector)
        if not found or not selector or self._count >= MAX_RULES:
            return
        self._count += 1
        tag = "" if found[1] in {None, "*"} else found[1].lower()
        names = _NAME.findall(found[2])
        classes = frozenset(name for mark, name in names if mark == ".")
        ids = [name for mark, name in names if mark == "#"]
        rule = Rule(tag, classes, ids[0] if ids else "", declared, self._count)
        key = f"#{rule.id}" if ids else f".{min(classes)}" if classes else tag or "*"
        self._by_key.setdefault(key, []).append(rule)


def _blocks(css: str) -> Iterator[tuple[str, str]]:
    """Selectors and body of each rule that always holds."""
    at = 0
    while (opened := css.find("{", at)) >= 0:
        head = css[at:opened].strip()
        if head.startswith("@"):
            is_wrapper = _ALWAYS.fullmatch(head) is not None
            at = opened + 1 if is_wrapper else _end_of_block(css, opened)
            continue
        closed = css.find("}", opened)
        closed = len(css) if closed < 0 else closed
        # A wrapper's own closing brace stands before the next selector.
        yield head.lstrip("} \t\r\n"), css[opened + 1 : closed]
        at = closed + 1


_BRACE = re.compile(r"[{}]")


def _end_of_block(css: str, opened: int) -> int:
    depth = 0
    for brace in _BRACE.finditer(css, opened):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.end()
    return len(css)
