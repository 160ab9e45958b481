import tomllib
from pathlib import Path

import pytest

from ecluse.entrypoints.policy_file import load_policy
from ecluse.entrypoints.reference import (
    dns_lists_page,
    files_page,
    findings_page,
    metrics_page,
    policy_page,
    settings_page,
    write_pages,
)

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("settings.md", settings_page),
        ("policy.md", policy_page),
        ("metrics.md", metrics_page),
        ("dns-lists.md", dns_lists_page),
        ("findings.md", findings_page),
        ("files.md", files_page),
    ],
)
def test_the_reference_page_is_what_the_code_says(name, page):
    """A stale page is made new by `python -m ecluse.entrypoints.reference`."""
    assert (ROOT / "docs/reference" / name).read_text("utf-8") == page()


@pytest.mark.parametrize("page", [settings_page(), policy_page()])
def test_every_key_has_its_sentence(page):
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) > 20
    assert all(len(row) == 4 and row[3].removesuffix(" |") for row in rows)


def test_every_figure_and_every_label_has_its_row():
    rows = [line.split(" | ") for line in metrics_page().splitlines() if line.startswith("| `")]
    figures = {row[0].strip("| `"): row for row in rows if len(row) == 4}
    labels = {row[0].strip("| `"): row[1].removesuffix(" |") for row in rows if len(row) == 2}
    assert figures["ecluse_internal_errors_total"][1:3] == ["counter", ""]
    assert figures["ecluse_answer_seconds"][1:3] == ["histogram", "`direction`"]
    assert figures["ecluse_rows_put_off"][1:3] == ["gauge", "`work`"]
    assert all(row[3].removesuffix(" |") for row in figures.values())
    assert labels["direction"] == "inbound, outbound"
    assert all(labels.values())


def test_the_example_of_the_page_is_a_policy(tmp_path):
    example = policy_page().partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "policy.toml").write_text(example, "utf-8")
    assert [policy.domain for policy in load_policy(tmp_path / "policy.toml").policies] == ["example.com"]
    assert tomllib.loads(example)["clients"][0]["name"] == "Example"


def test_the_pages_are_written_where_they_are_asked_for(tmp_path):
    write_pages(tmp_path / "reference")
    assert sorted(path.name for path in (tmp_path / "reference").iterdir()) == [
        "dns-lists.md",
        "files.md",
        "findings.md",
        "metrics.md",
        "policy.md",
        "settings.md",
    ]
