"""The rules that files are held against: ours and the house's, compiled once, looked at again when a file changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import yara_x

from ecluse.domain.errors import Impossible
from ecluse.domain.opened import RuleMatch, Severity

SHIPPED = Path(__file__).parent / "shipped"
SUFFIXES = frozenset({".yar", ".yara"})
MAX_FILES = 1_000  # Of a folder.
MAX_FILE_OCTETS = 8_388_608
MAX_MATCHES = 1_000  # Of one pattern in one file: a page of a million brackets must not cost seconds.
MAX_RULES = 100  # That one file may match; more say nothing more.
LOOK_EVERY_S = 2.0

_LOCAL = "local/"  # Begins the namespaces of the house's rules.
_Stamp: TypeAlias = tuple[tuple[str, int, int, int], ...]  # Name, inode, size and time of change of each file.
_Scan: TypeAlias = Callable[[bytes], tuple[yara_x.Rule, ...]]


def _no_rules(_content: bytes) -> tuple[yara_x.Rule, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class BrokenRules:
    """A file of rules that is not used, and why."""

    path: Path
    reason: str


class Rulebook:
    """Not to be used by two threads at once."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` holds the rules of the house; None for ours alone."""
        self._folder = folder
        self._stamp: _Stamp | None = None
        self._look_at = 0.0  # Monotonic.
        self._texts: dict[str, str] = {}  # What compiled last, by the name of the file.
        self._ours: _Scan = _no_rules
        self._disguises: _Scan = _no_rules
        self._local: _Scan = _no_rules

    def refresh(self) -> tuple[BrokenRules, ...]:
        """Compile what has changed since the last time; which files are broken, told once for each change.

        Of a broken file the text that compiled last stays. Looks every `LOOK_EVERY_S` at most. Raises `Impossible`.
        """
        if time.monotonic() < self._look_at:
            return ()
        self._look_at = time.monotonic() + LOOK_EVERY_S
        files = rule_files(self._folder)
        stamp = tuple((path.name, *_stamp_of(path)) for path in files)
        if stamp == self._stamp:
            return ()
        self._stamp = stamp
        texts, broken = _read_all(files)
        self._texts = {path.name: text for path in files if (text := texts.get(path.name, self._texts.get(path.name)))}
        if self._ours is _no_rules:
            self._ours, self._disguises = _scanner(shipped_rules()), _scanner(_shipped("disguises.yar"))
        self._local = _scanner(_compiled({_LOCAL + name: text for name, text in self._texts.items()}))
        return broken

    def match(self, content: bytes, *, is_packed: bool = False) -> Iterator[RuleMatch]:
        """The rules that fit, ours first; none before the first `refresh`.

        `is_packed` says that nothing in it can be read before it is unpacked: then of ours only those are asked that are
        about files which are two things at once. All others are about words, and to look for them is dear.
        """
        ours = self._disguises if is_packed else self._ours
        found = (rule for scan in (ours, self._local) for rule in scan(content))
        for rule in islice(found, MAX_RULES):
            yield RuleMatch(_name(rule), _severity(rule))


def rule_files(folder: Path | None) -> list[Path]:
    """The files of rules in a folder, by name; none where it cannot be read."""
    if folder is None:
        return []
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)[:MAX_FILES]
    except OSError:
        return []


def broken_files(folder: Path | None) -> tuple[BrokenRules, ...]:
    """What is wrong with the files of a folder, for those who wrote them."""
    return _read_all(rule_files(folder))[1]


def shipped_rules() -> yara_x.Rules:
    """Our own rules."""
    return _shipped("*.yar")


def _shipped(pattern: str) -> yara_x.Rules:
    return _compiled({f"ecluse/{path.stem}": path.read_text("utf-8") for path in sorted(SHIPPED.glob(pattern))})


def _stamp_of(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def _read_all(files: list[Path]) -> tuple[dict[str, str], tuple[BrokenRules, ...]]:
    texts, broken = {}, []
    for path in files:
        try:
            text = _read(path)
            _compile_one(text)
        except (OSError, ValueError, yara_x.CompileError) as problem:
            broken.append(BrokenRules(path, str(problem).strip()))
        else:
            texts[path.name] = text
    return texts, tuple(broken)


def _read(path: Path) -> str:
    """Raises `OSError`, and `ValueError` for what is no text of a reasonable size."""
    with path.open("rb") as file:
        octets = file.read(MAX_FILE_OCTETS + 1)
    if len(octets) > MAX_FILE_OCTETS:
        raise ValueError(f"larger than {MAX_FILE_OCTETS:,} octets")
    return octets.decode("utf-8")


def _compile_one(text: str) -> yara_x.Rules:
    compiler = _compiler()
    compiler.add_source(text)
    return _built(compiler)


def _compiled(texts: dict[str, str]) -> yara_x.Rules:
    """A namespace for each file, so that each may import and name its own."""
    compiler = _compiler()
    for namespace, text in texts.items():
        compiler.new_namespace(namespace)
        compiler.add_source(text)
    return _built(compiler)


def _compiler() -> yara_x.Compiler:
    compiler = yara_x.Compiler()
    compiler.enable_includes(False)  # noqa: FBT003 - the library's signature.
    return compiler


def _built(compiler: yara_x.Compiler) -> yara_x.Rules:
    """Raises `Impossible` where the system forbids what a compiler does."""
    try:
        return compiler.build()
    except (Exception, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as panic:
        # The library's own kind of end, which is no Exception: a hardened service may make no code.
        raise Impossible("rules cannot be compiled here: does MemoryDenyWriteExecute forbid it?") from panic


def _scanner(rules: yara_x.Rules) -> _Scan:
    """Without a time limit of its own, for which it would start a thread: the room has one."""
    if not list(rules):
        return _no_rules
    scanner = yara_x.Scanner(rules)
    scanner.fast_scan(True)  # noqa: FBT003 - the library's signature.
    scanner.max_matches_per_pattern(MAX_MATCHES)
    return lambda content: scanner.scan(content).matching_rules


def _name(rule: yara_x.Rule) -> str:
    """Rules of the house are told from ours."""
    return f"local.{rule.identifier}" if rule.namespace.startswith(_LOCAL) else rule.identifier


def _severity(rule: yara_x.Rule) -> Severity:
    """As the rule says of itself; a rule of others that says nothing is a hint."""
    said = dict(rule.metadata).get("severity")
    return Severity(said) if said in set(Severity) else Severity.SUSPICIOUS
