"""`ecluse scan`."""

from __future__ import annotations

import pytest

from ecluse.adapters.lmdb.policies import publish
from ecluse.entrypoints.policy_file import load_policy
from tests.unit.filtering.samples import MESSAGE

# In pieces, so that no scanner takes this file for the test files themselves.
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*" + b"GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


@pytest.fixture
def ham(tmp_path):
    file = tmp_path / "ham.eml"
    file.write_bytes(MESSAGE)
    return file


@pytest.fixture
def spam(tmp_path):
    file = tmp_path / "spam.eml"
    file.write_bytes(MESSAGE + GTUBE + b"\r\n")
    return file


@pytest.fixture
def scan(run, monkeypatch, tmp_path):
    monkeypatch.setattr("ecluse.entrypoints.scan_command.DEFAULT_CONFIG", tmp_path / "none.toml")
    return lambda *arguments, **more: run("scan", *arguments, **more)


def test_a_message_that_would_be_delivered_is_fine(scan, ham):
    said = scan(ham)
    assert said.code == 0
    assert "deliver" in said.out


def test_one_message_that_would_not_be_delivered_is_no(scan, ham, spam):
    said = scan(ham, spam, "--json")
    assert said.code == 1
    assert [(each["file"], each["verdict"], each["symbols"]) for each in said.json] == [
        (str(ham), "deliver", []),
        (str(spam), "refuse", ["GTUBE"]),
    ]


def test_the_reason_and_the_category_are_told_to_people(scan, spam):
    printed = scan(spam).out
    assert "refuse Q" in printed
    assert "This message was judged to be spam." in printed


@pytest.mark.parametrize(
    ("option", "sentence"), [("en", "A text holds the line"), ("fr", "Un texte contient la ligne")]
)
def test_findings_are_explained_in_the_language_that_is_asked_for(scan, spam, option, sentence):
    assert sentence in scan(spam, "--lang", option).out


@pytest.mark.parametrize(
    ("variables", "word"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "constat"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "finding"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "fr_CA"}, "constat"),
        ({}, "finding"),
    ],
)
def test_without_a_choice_the_locale_decides(scan, spam, monkeypatch, variables, word):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert scan(spam).out.splitlines()[3].startswith(word)


def test_programs_get_both_languages(scan, spam):
    [report] = scan(spam, "--json").json
    assert report["meanings"]["GTUBE"]["en"].startswith("A text")
    assert report["meanings"]["GTUBE"]["fr"].startswith("Un texte")


def test_a_message_may_come_by_standard_input(scan, spam):
    assert scan("-", "--json", typed=spam.read_bytes().decode()).json[0]["verdict"] == "refuse"


def test_a_file_that_is_not_there_is_a_mistake(scan, tmp_path):
    said = scan(tmp_path / "none.eml")
    assert (said.code, said.out) == (2, "")


def test_the_policy_of_the_recipients_domain_applies(scan, data, ham):
    policy = data.config.with_name("policy.toml")
    policy.write_text(policy.read_text("utf-8").replace('name = "A"\n', 'name = "A"\nblock = ["e.example"]\n'), "utf-8")
    publish(data.paths.policy, load_policy(policy))
    envelope = ("--from", "eve@e.example", "--config", data.config)
    assert scan(ham, "--to", "ann@a.example", *envelope, "--json").json[0]["symbols"] == ["CLIENT_BLOCK"]
    foreign = scan(ham, "--to", "ann@b.example", *envelope)
    assert foreign.code == 0
    assert "b.example is no domain of a client" in foreign.err


def test_without_a_published_policy_the_defaults_apply_and_that_is_said(scan, data, ham):
    said = scan(ham, "--config", data.config, "--json")
    assert said.json[0]["verdict"] == "deliver"
    assert "no policy was published" in said.err


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_what_is_no_address_is_a_mistake(scan, ham, option):
    said = scan(ham, option, "nobody")
    assert said.code == 2
    assert option in said.err


def test_a_file_larger_than_any_message_is_not_read_whole(scan, tmp_path):
    file = tmp_path / "huge"
    with file.open("wb") as sparse:
        sparse.truncate(1 << 40)
    said = scan(file)
    assert said.code == 1
    assert "larger than" in said.err
