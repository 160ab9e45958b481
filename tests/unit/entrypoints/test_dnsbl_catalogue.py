from __future__ import annotations

from pathlib import Path

import pytest

from ecluse.domain.dnsbl import ListKind, Meaning
from ecluse.domain.errors import BadConfig
from ecluse.entrypoints.dnsbl_catalogue import as_dns_list, catalogue, chosen_lists
from ecluse.entrypoints.dnsbl_tables import Dnsbl
from ecluse.entrypoints.settings import Settings, effective, load_settings

OWN = """
[dnsbl]
lists = ["psbl", "spamhaus-zen"]
keys = {spamhaus-zen = "zen.key"}

[[dnsbl.list]]
name = "ours"
zone = "BL.Provider.example."
publisher = "Provider"
kinds = ["ip", "name-server"]
ipv6 = true
quota_per_day = 1001

[dnsbl.list.codes]
"127.0.0.2" = {text = "complaints", weight = 2.5}
"127.0.*.9" = {meaning = "policy"}
"""


def load(folder: Path, text: str) -> Settings:
    (folder / "zen.key").write_text("Secret0Key\n", "ascii")
    path = folder / "ecluse.toml"
    path.write_text(f'hostname = "gateway.test"\ndata_dir = "{folder}"\n{text}', "utf-8")
    return load_settings(path)


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(BadConfig) as caught:
        load(folder, text)
    return f"{caught.value.key}: {caught.value.expected}"


def own_list(**changes: str) -> str:
    lines = {"name": '"ours"', "zone": '"bl.example"', "publisher": '"Us"', "kinds": '["ip"]', **changes}
    return "[[dnsbl.list]]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())


@pytest.mark.parametrize("name", catalogue())
def test_every_list_of_the_catalogue_can_be_asked_and_says_its_terms(tmp_path, name):
    (tmp_path / "key").write_text("abc", "ascii")
    table = catalogue()[name]
    dns_list = as_dns_list(table, Dnsbl(keys={name: tmp_path / "key"}))
    assert "{" not in dns_list.zone
    assert table.terms.endswith(".")
    assert dns_list.codes
    assert all(code.weight < 5 for code in dns_list.codes)


def test_dial_up_zones_are_told_apart():
    codes = catalogue()["spamhaus-zen"].codes
    assert {code for code, one in codes.items() if one.meaning is Meaning.POLICY} == {"127.0.0.10", "127.0.0.11"}


def test_no_list_is_asked_unless_it_is_named(tmp_path):
    assert chosen_lists(load(tmp_path, "").dnsbl, workers=4) == ()


def test_named_and_own_lists_are_asked_with_their_keys_and_their_share_of_the_quota(tmp_path):
    psbl, zen, ours = chosen_lists(load(tmp_path, OWN).dnsbl, workers=4)
    assert (psbl.name, psbl.zone) == ("psbl", "psbl.surriel.com")
    assert zen.zone == "secret0key.zen.dq.spamhaus.net"
    assert (ours.zone, ours.has_ipv6, ours.quota_per_day) == ("bl.provider.example", True, 251)
    assert ours.kinds == {ListKind.IP, ListKind.NAME_SERVER}
    assert [(code.code, code.text, code.weight, code.meaning) for code in ours.codes] == [
        ("127.0.0.2", "complaints", 2.5, Meaning.BAD),
        ("127.0.*.9", "listed", 1.0, Meaning.POLICY),
    ]


def test_canaries_follow_what_a_list_knows(tmp_path):
    domains = load(tmp_path, own_list(kinds='["helo"]')).dnsbl
    (dns_list,) = chosen_lists(domains, workers=1)
    assert (dns_list.listed_canary, dns_list.unlisted_canary) == ("test", "invalid")


def test_the_effective_settings_name_the_lists_and_hide_the_keys(tmp_path):
    settings = load(tmp_path, OWN)
    text = effective(settings)
    assert "Secret0Key" not in text
    assert "BL.Provider.example" in text
    (tmp_path / "again.toml").write_text(text, "utf-8")
    assert load_settings(tmp_path / "again.toml") == settings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[dnsbl]\nlists = ["psbll"]\n', "dnsbl.lists[0]: expected a list of the catalogue, spamhaus-zen, "),
        ('[dnsbl]\nlists = ["psbl", "psbl"]\n', "dnsbl: expected a name for one list, 'psbl' stands for two"),
        ('[dnsbl]\nlists = ["spamhaus-zen"]\n', "dnsbl.lists: spamhaus-zen: expected a file with its key in dnsbl.keys"),
        (
            '[dnsbl]\nlists = ["spamhaus-zen"]\nkeys = {spamhaus-zen = "none"}\n',
            "dnsbl.keys.spamhaus-zen: expected a file that can be read: No such file",
        ),
        (own_list(zone='"no zone"'), "dnsbl.list: ours: expected a domain name as zone"),
        (own_list(kinds='["ip", "helo"]'), "dnsbl.list: ours: expected kinds about addresses"),
        (own_list(kinds='["ips"]'), "dnsbl.list[0].kinds[0]: expected 'ip' or 'helo' or"),
        (own_list(codes='{"192.0.2.1" = {}}'), "dnsbl.list: ours: expected an answer such as 127.0.0.2"),
        (own_list(codes='{"3" = {}}', bit_mask="true"), "dnsbl.list: ours: expected a bit of 1 to 128, found '3'"),
        (own_list(weight="50"), "dnsbl.list[0].weight: "),
        (own_list(wait="1"), "dnsbl.list[0].wait: unknown key"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(tmp_path, text, expected):
    assert complaint(tmp_path, text).startswith(expected)
