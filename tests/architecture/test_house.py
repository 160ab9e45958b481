"""What holds for the house itself: its decisions, verbs, locks and exceptions."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
VERBS = {
    "help",
    "run",
    "demo",
    "test",
    "check",
    "browser",
    "api",
    "bench",
    "judge",
    "late",
    "crash",
    "simulate",
    "outbound",
    "fuzz",
    "sizes",
}
SOURCES = sorted(path for folder in ("src", "tests", "bench") for path in (ROOT / folder).rglob("*.py"))

PIN = re.compile(r"^([a-z0-9-]+)==(\S+) \\$", re.MULTILINE)
HOST = re.compile(r"[a-z][a-z0-9+.-]*://|\b[a-z0-9-]+\.(?:org|com|net|io|dev)\b|--(?:extra-)?index-url|--find-links")
EXCEPTION = re.compile(r"#\s*(?:type:\s*ignore|noqa)\b.*")
NAMED_RULES = re.compile(r"#\s*(?:type:\s*ignore\[[\w, -]+\]|noqa:\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)")


def test_decisions_are_numbered_from_one_without_gap_or_double():
    pages = sorted(path.name for path in (ROOT / "docs/decisions").glob("[0-9]*.md"))
    numbers = [int(name[:4]) for name in pages]
    assert numbers == list(range(1, len(pages) + 1)), pages


@pytest.mark.parametrize("page", sorted((ROOT / "docs/decisions").glob("[0-9]*.md")), ids=lambda page: page.stem)
def test_a_decision_has_its_number_status_and_four_sections(page: Path):
    text = page.read_text("utf-8")
    assert text.startswith(f"# {page.name[:4]}: ")
    assert re.search(r"^Date: \d{4}-\d\d-\d\d\. Status: (proposed|accepted|superseded by \d{4})\.$", text, re.MULTILINE)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences", "Alternatives"]


def test_make_help_lists_every_verb_and_nothing_else():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^ {2}make ([a-z]+) ", listed, re.MULTILINE)) == VERBS


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_can_be_planned(verb: str):
    """`make --dry-run` fails where a rule or a prerequisite is missing."""
    plan = subprocess.run(["make", "--dry-run", verb], cwd=ROOT, capture_output=True, text=True, check=False)
    assert plan.returncode == 0, plan.stderr


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_has_a_hash_for_every_pin_and_names_no_host(lock: Path):
    text = re.sub(r"^ *#.*\n", "", lock.read_text("utf-8"), flags=re.MULTILINE)
    for entry in re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]:
        assert PIN.match(entry), entry
        assert "--hash=sha256:" in entry, entry
    assert not HOST.search(lock.read_text("utf-8"))


@pytest.mark.parametrize(
    ("lock", "groups"),
    [("run", ()), ("invoices", ("invoices",)), ("dev", ("invoices", "test", "check")), ("fuzz", None), ("build", None)],
)
def test_a_lock_pins_what_pyproject_asks_for(lock: str, groups: tuple[str, ...] | None):
    """Who adds a dependency runs `make lock`."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = settings["project"]["optional-dependencies"]
    if groups is None:
        asked = {"fuzz": extras["fuzz"], "build": settings["build-system"]["requires"]}[lock]
    else:
        asked = settings["project"]["dependencies"] + [name for group in groups for name in extras[group]]
    pins = pins_of(lock)
    for requirement in asked:
        name, relation, version = re.fullmatch(
            r"([a-z0-9-]+)(?:\[[a-z,]+])?(==|>=)([\d.]+)(?:,<\d+)?", requirement
        ).groups()
        assert name in pins, f"{name} is not in requirements/{lock}.txt: make lock"
        assert numbers(pins[name]) == numbers(version) or (relation == ">=" and numbers(pins[name]) > numbers(version))


def test_what_runs_is_what_was_tested():
    assert pins_of("run").items() <= pins_of("invoices").items() <= pins_of("dev").items()


def test_every_exception_to_a_rule_names_the_rule_and_its_reason():
    offences = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in SOURCES
        if path != Path(__file__)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if not is_reasoned(line)
    ]
    assert not offences, "\n".join(offences)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("delay = random()", True),
        ("delay = random()  # noqa: S311 - jitter needs no secret", True),
        ("value: int = f()  # type: ignore[assignment]  # the stub forgets None", True),
        ("value: int = f()  # type: ignore[assignment]  # noqa: S301  # our own file, checksummed", True),
        ("delay = random()  # noqa: S311", False),
        ("delay = random()  # noqa", False),
        ("delay = random()  # noqa - it is fine here", False),
        ("value: int = f()  # type: ignore", False),
        ("value: int = f()  # type: ignore[assignment]  # noqa: S301", False),
    ],
)
def test_an_exception_without_rule_or_reason_is_found(line: str, expected: bool):
    assert is_reasoned(line) is expected


def test_the_version_is_the_same_everywhere():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    version = settings["project"]["version"]
    assert f'__version__ = "{version}"' in (ROOT / "src/ecluse/__init__.py").read_text("utf-8")
    assert version in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_what_the_program_reads_beside_its_code_is_installed_with_it():
    """An editable install finds every file; only a node that was installed by the howto would miss one."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["ecluse"]
    package = ROOT / "src/ecluse"
    installed = {path for pattern in patterns for path in package.glob(pattern)} | set(package.rglob("*.py"))
    left_out = {path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"} - installed
    assert not left_out


def test_every_link_between_our_pages_leads_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken, "\n".join(broken)


def test_no_import_contract_buys_an_exception():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert all("ignore_imports" not in contract for contract in settings["tool"]["importlinter"]["contracts"])


def pins_of(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / f"requirements/{lock}.txt").read_text("utf-8")))


def numbers(version: str) -> tuple[int, ...]:
    parts = [int(part) for part in version.split(".")]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def is_reasoned(line: str) -> bool:
    """Whether a line lets off no rule, or names each one and says why, in two words at least."""
    exception = EXCEPTION.search(line)
    if exception is None:
        return True
    rest, rules = NAMED_RULES.subn("", exception[0])
    return rules > 0 and not EXCEPTION.search(rest) and len(re.findall(r"\w+", rest)) > 1
