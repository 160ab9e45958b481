from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecluse.domain.address import Address
from ecluse.domain.errors import BadConfig
from ecluse.domain.mass import MassAction
from ecluse.domain.person import Person
from ecluse.domain.policy import BANNED_SUFFIXES, Policy, Route, ServiceState, Tls, Unscannable
from ecluse.domain.published import ListEntry, PublishedPolicy
from ecluse.domain.sending_rule import RuleAction, SendingRule
from ecluse.entrypoints.policy_file import load_policy

JUDGES = """\
[[clients]]
name = "Protected"

[[clients.domains]]
name = "protected.test"
addresses = ["user", "victim"]
routes = ["smtp://127.0.0.1:40003"]
"""

FULL = """\
[[clients]]
name = "Société"
state = "suspended"
state_since = 2026-11-25T08:00:00+01:00
filtered = false
refuse_at = 12
weights = { GTUBE = 0, NO_DATE = 2.5 }
banned_suffixes = [".EXE", "bat"]
extra_banned_suffixes = ["iso"]
unscannable = "hold"
encrypted = "refuse"
bare_newlines_from = ["192.0.2.7"]
buffer_rcpt_4xx = true
trusted_sealers = ["List.example", "bücher.example"]
report_addresses = ["DMARC@any.example"]
allow = ["Friend@Elsewhere.example", "192.0.2.0/24"]
block = ["*.Spam.example"]

[[clients.domains]]
name = "Bücher.example"
addresses = ["Ann"]
routes = [
  { url = "smtp://second.example", priority = 20 },
  "smtp://first.example:2525",
  { url = "smtp://also-first.example", tls = "verify" },
]

[[clients.domains.users]]
address = "ann"
allow = ["two.example"]
block = ["2001:db8::7"]

[[clients.domains]]
name = "any.example"
addresses = "any"
routes = ["smtp://first.example"]

[[clients.domains.users]]
address = "whoever@any.example"
block = ["x@y.example"]
"""


def load(tmp_path: Path, text: str) -> PublishedPolicy:
    path = tmp_path / "policy.toml"
    path.write_text(text, "utf-8")
    return load_policy(path)


def test_the_judges_policy_works_as_written(tmp_path):
    assert load(tmp_path, JUDGES) == PublishedPolicy(
        policies=(Policy("Protected", "protected.test", (Route("127.0.0.1", 40003),)),),
        addresses=(Address("user", "protected.test"), Address("victim", "protected.test")),
        entries=(),
    )


def test_every_key_reaches_the_policy(tmp_path):
    first, second = load(tmp_path, FULL).policies
    assert first == Policy(
        client="Société",
        domain="xn--bcher-kva.example",
        routes=(
            Route("first.example", 2525),
            Route("also-first.example", 25, 10, Tls.VERIFY),
            Route("second.example", 25, 20),
        ),
        state=ServiceState.SUSPENDED,
        state_since=datetime(2026, 11, 25, 7, tzinfo=UTC).timestamp(),
        is_filtered=False,
        refuse_at=12.0,
        weights={"GTUBE": 0.0, "NO_DATE": 2.5},
        banned_suffixes=frozenset({"exe", "bat", "iso"}),
        unscannable=Unscannable.HOLD,
        encrypted=Unscannable.REFUSE,
        allows_bare_newlines_from=("192.0.2.7/32",),
        buffers_rcpt_4xx=True,
        report_addresses=frozenset({"dmarc@any.example"}),
        trusted_sealers=frozenset({"list.example", "xn--bcher-kva.example"}),
    )
    assert (second.domain, second.accepts_any_address, second.client) == ("any.example", True, "Société")


def test_entries_keep_what_was_written_beside_what_is_compared(tmp_path):
    assert load(tmp_path, FULL).entries == (
        ListEntry("client", "Société", "allow", "Friend@Elsewhere.example", "friend@elsewhere.example"),
        ListEntry("client", "Société", "allow", "192.0.2.0/24", "192.0.2.0/24"),
        ListEntry("client", "Société", "block", "*.Spam.example", "*.spam.example"),
        ListEntry("user", "ann@xn--bcher-kva.example", "allow", "two.example", "two.example"),
        ListEntry("user", "ann@xn--bcher-kva.example", "block", "2001:db8::7", "2001:db8::7/128"),
        ListEntry("user", "whoever@any.example", "block", "x@y.example", "x@y.example"),
    )


def test_extra_suffixes_come_beside_our_own_list(tmp_path):
    text = JUDGES.replace('name = "Protected"', 'name = "Protected"\nextra_banned_suffixes = ["iso"]')
    assert load(tmp_path, text).policies[0].banned_suffixes == {*BANNED_SUFFIXES.split(), "iso"}


def test_an_empty_list_of_suffixes_bans_none(tmp_path):
    text = JUDGES.replace('name = "Protected"', 'name = "Protected"\nbanned_suffixes = []')
    assert load(tmp_path, text).policies[0].banned_suffixes == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "expected"),
    [
        ('name = "Protected"', "", 1, "clients[0].name", "this key is required"),
        ('name = "Protected"', 'name = "Prot\\u0000"', 2, "clients[0].name", "without control characters"),
        ('name = "Protected"', 'name = ""', 2, "clients[0].name", "expected a text in quotes of length >= 1"),
        ('name = "Protected"', 'nam = "Protected"', 2, "clients[0].nam", "did you mean 'name'?"),
        ('name = "Protected"', 'name = "P"\nstate = "gone"', 3, "clients[0].state", "expected 'active' or 'suspended' or 'ended', found 'gone'"),
        ('name = "Protected"', 'name = "P"\nstate = "ended"', 1, "clients[0].state_since", "required when ended"),
        ('name = "Protected"', 'name = "P"\nstate_since = 2026-11-25T08:00:00', 3, "clients[0].state_since", "expected a date and time with a timezone"),
        ('name = "Protected"', 'name = "P"\nrefuse_at = nan', 3, "clients[0].refuse_at", "expected a number >= 0.1"),
        ('name = "Protected"', 'name = "P"\nweights = {GTUB = 1}', 3, "clients[0].weights.GTUB", "expected a finding code"),
        ('name = "Protected"', 'name = "P"\nweights = {GTUBE = nan}', 3, "clients[0].weights", "expected a number >= -1000"),
        ('name = "Protected"', 'name = "P"\nbanned_suffixes = ["exe",\n"a b"]', 4, "clients[0].banned_suffixes[1]", "expected the suffix of a file name"),
        ('name = "Protected"', 'name = "P"\nextra_banned_suffixes = [""]', 3, "clients[0].extra_banned_suffixes[0]", "expected the suffix"),
        ('name = "Protected"', 'name = "P"\nreport_addresses = ["r@else.test"]', 3, "clients[0].report_addresses[0]", "expected an address of one of the client's domains"),
        ('name = "Protected"', 'name = "P"\nreport_addresses = ["r@protected.test"]', 3, "clients[0].report_addresses", "r@protected.test does not"),
        ('name = "Protected"', 'name = "P"\nspam_reports_to = ["r@else.test"]', 3, "clients[0].spam_reports_to[0]", "expected an address of one of the client's domains"),
        ('name = "Protected"', 'name = "P"\ntrusted_sealers = ["-"]', 3, "clients[0].trusted_sealers[0]", "expected a domain name"),
        ('name = "Protected"', 'name = "P"\nbare_newlines_from = ["x"]', 3, "clients[0].bare_newlines_from[0]", "expected an IP address or a network"),
        ('name = "Protected"', 'name = "P"\nallow = ["a.example", "a b"]', 3, "clients[0].allow[1]", "expected an address, a domain"),
        ('name = "Protected"', 'name = "P"\nallow = ["A.example"]\nblock = ["a.example"]', 4, "clients[0].block[0]", "'a.example' is allowed and blocked"),
        ('"protected.test"', '"-"', 5, "clients[0].domains[0].name", "expected a domain name"),
        ('addresses = ["user", "victim"]', "", 4, "clients[0].domains[0].addresses", "this key is required"),
        ('["user", "victim"]', '"all"', 6, "clients[0].domains[0].addresses", "expected a list in brackets or 'any' or 'verify', found 'all'"),
        ('["user", "victim"]', '["user", "a b"]', 6, "clients[0].domains[0].addresses[1]", "expected the local part of an address"),
        ('["user", "victim"]', '["user", "USER"]', 6, "clients[0].domains[0].addresses[1]", "user@protected.test stands there already"),
        ('["user", "victim"]', '["user@else.test"]', 6, "clients[0].domains[0].addresses[0]", "expected an address of protected.test"),
        ('["smtp://127.0.0.1:40003"]', "[]", 7, "clients[0].domains[0].routes", "of length >= 1"),
        ('["smtp://127.0.0.1:40003"]', '["127.0.0.1"]', 7, "clients[0].domains[0].routes[0]", "expected smtp://host:port"),
        ('["smtp://127.0.0.1:40003"]', '[{url = "127.0.0.1"}]', 7, "clients[0].domains[0].routes[0].url", "expected smtp://host:port"),
        ('["smtp://127.0.0.1:40003"]', '[{url = "smtp://a.example", prio = 1}]', 7, "clients[0].domains[0].routes[0].prio", "did you mean 'priority'?"),
        ('["smtp://127.0.0.1:40003"]', '[{url = "smtp://a.example", tls = "yes"}]', 7, "clients[0].domains[0].routes[0].tls", "'verify'"),
        ('["smtp://127.0.0.1:40003"]', '["smtp://a.example"]\n[[clients.domains.users]]\naddress = "nobody"', 9, "clients[0].domains[0].users[0].address", "expected one of the addresses of protected.test"),
        ('["smtp://127.0.0.1:40003"]', '["smtp://a.example"]\n[[clients.domains.users]]\naddress = "user"\nblock = ["*"]', 10, "clients[0].domains[0].users[0].block[0]", "expected an address, a domain"),
    ],
)  # fmt: skip
def test_a_fault_names_line_key_and_what_was_expected(tmp_path, old, new, line, key, expected):
    with pytest.raises(BadConfig) as caught:
        load(tmp_path, JUDGES.replace(old, new, 1))
    assert (caught.value.file, caught.value.line, caught.value.key) == (str(tmp_path / "policy.toml"), line, key)
    assert expected in caught.value.expected


def test_a_domain_belongs_to_one_client_only(tmp_path):
    with pytest.raises(BadConfig, match=r"protected\.test belongs to 'Protected' already") as caught:
        load(tmp_path, JUDGES + JUDGES.replace("Protected", "Another").replace("protected.test", "Protected.Test"))
    assert (caught.value.line, caught.value.key) == (12, "clients[1].domains[0].name")


def test_a_name_belongs_to_one_client_only(tmp_path):
    with pytest.raises(BadConfig, match="another client's") as caught:
        load(tmp_path, JUDGES + JUDGES.replace("protected.test", "other.test"))
    assert (caught.value.line, caught.value.key) == (9, "clients[1].name")


def test_a_file_without_clients_is_refused(tmp_path):
    with pytest.raises(BadConfig) as caught:
        load(tmp_path, "")
    assert (caught.value.line, caught.value.key) == (0, "clients")


def test_greylisting_is_off_unless_the_client_wants_it_and_a_user_may_want_none(tmp_path):
    assert load(tmp_path, JUDGES).policies[0].greylists is False
    wanting = JUDGES.replace('name = "Protected"', 'name = "Protected"\ngreylist = true\ngreylist_at = 4.5')
    users = (
        '[[clients.domains.users]]\naddress = "User"\ngreylist = false\n[[clients.domains.users]]\naddress = "victim"'
    )
    policy = load(tmp_path, f"{wanting}\n{users}\n").policies[0]
    assert (policy.greylists, policy.greylist_at) == (True, 4.5)
    assert policy.greylists_not == {"user@protected.test"}


def test_the_next_hop_may_be_asked_for_addresses(tmp_path):
    text = JUDGES.replace('["user", "victim"]', '"verify"')
    users = '[[clients.domains.users]]\naddress = "anybody"\nallow = ["a.example"]'
    published = load(tmp_path, f"{text}\n{users}\n")
    assert (published.policies[0].verifies_addresses, published.policies[0].accepts_any_address) == (True, False)
    assert published.addresses == ()


@pytest.mark.parametrize("beside", ['addresses = ["user"]', 'addresses = "verify"', ""])
def test_addresses_may_come_from_a_file(tmp_path, beside):
    (tmp_path / "list.csv").write_text("mail\nuser@protected.test\nmore@protected.test\n", "utf-8")
    text = JUDGES.replace('addresses = ["user", "victim"]', f'addresses_file = "list.csv"\n{beside}')
    published = load(tmp_path, text)
    assert [str(address) for address in published.addresses] == ["user@protected.test", "more@protected.test"]
    assert published.policies[0].verifies_addresses is ("verify" in beside)


def test_a_fault_in_that_file_is_told_with_its_own_name_and_line(tmp_path):
    (tmp_path / "list.csv").write_text("user@protected.test\na b@protected.test\n", "utf-8")
    with pytest.raises(BadConfig) as caught:
        load(tmp_path, JUDGES.replace('addresses = ["user", "victim"]', 'addresses_file = "list.csv"'))
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "list.csv"), 2)


def test_a_file_beside_any_address_is_a_mistake(tmp_path):
    text = JUDGES.replace('["user", "victim"]', '"any"\naddresses_file = "list.csv"')
    with pytest.raises(BadConfig, match="expected no file"):
        load(tmp_path, text)


def test_people_come_from_the_executives_and_from_the_address_file(tmp_path):
    (tmp_path / "list.csv").write_text("name,mail\nAnn Lee,ann@one.example\nSales,sales@one.example\n", "utf-8")
    published = load(
        tmp_path,
        """
        [[clients]]
        name = "One"
        executives = ["Lee Ann <ann@home.example>", "Zoé Roy <zoe@one.example>"]

        [[clients.domains]]
        name = "one.example"
        addresses_file = "list.csv"
        routes = ["smtp://127.0.0.1"]
        """,
    )
    assert published.people == (
        Person("One", "ann lee", frozenset({"ann@home.example", "ann@one.example"}), is_executive=True),
        Person("One", "roy zoe", frozenset({"zoe@one.example"}), is_executive=True),
    )


def test_a_name_that_very_many_bear_is_no_persons(tmp_path):
    lines = "".join(f"Canon Printer <p{number}@one.example>\n" for number in range(30))
    (tmp_path / "list.txt").write_text(lines, "utf-8")
    text = """
        [[clients]]
        name = "One"
        [[clients.domains]]
        name = "one.example"
        addresses_file = "list.txt"
        routes = ["smtp://127.0.0.1"]
        """
    published = load(tmp_path, text)
    assert (len(published.addresses), published.people) == (30, ())


@pytest.mark.parametrize(
    "text", ["ann@one.example", "Ann <ann@one.example>", "Ann Lee", "Ann Lee <ann>", "Ann Lee <a b@c>"]
)
def test_an_executive_needs_a_full_name_and_an_address(tmp_path, text):
    with pytest.raises(BadConfig, match=r"the full name of a person and an address|expected the local part"):
        load(
            tmp_path,
            f"""
            [[clients]]
            name = "One"
            executives = ["{text}"]
            [[clients.domains]]
            name = "one.example"
            addresses = "any"
            routes = ["smtp://127.0.0.1"]
            """,
        )


def test_a_user_may_want_newsletters_otherwise_than_his_client(tmp_path):
    published = load(
        tmp_path,
        """
        [[clients]]
        name = "One"
        mass_mail = "tag"
        [[clients.domains]]
        name = "one.example"
        addresses = ["ann", "bob"]
        routes = ["smtp://127.0.0.1"]
        [[clients.domains.users]]
        address = "ann"
        mass_mail = "digest"
        [[clients.domains.users]]
        address = "bob"
        """,
    )
    [policy] = published.policies
    assert (policy.mass_mail, policy.mass_mail_of) == (MassAction.TAG, {"ann@one.example": MassAction.DIGEST})


RULE = """
[[clients.outbound_rules]]
name = "Lists"
action = "refuse"
types = ["zip"]
"""


def test_rules_for_outbound_mail_reach_every_domain(tmp_path):
    (policy,) = load(tmp_path, JUDGES + RULE).policies
    assert policy.sending_rules == (SendingRule("Lists", RuleAction.REFUSE, types=frozenset({"zip"})),)


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        ('["zip"]', '["zop"]', "clients[0].outbound_rules[0].types", "expected types of files, found 'zop'"),
        ('["zip"]', '["zip"]\nwords = ["("]', "clients[0].outbound_rules[0].words[0]", "expected a pattern of RE2"),
        ('["zip"]', '["zip"]\nlarger = 1', "clients[0].outbound_rules[0].larger", "did you mean 'larger_than'?"),
    ],
)
def test_a_fault_in_a_rule_names_its_place(tmp_path, old, new, key, expected):
    with pytest.raises(BadConfig) as bad:
        load(tmp_path, JUDGES + RULE.replace(old, new))
    assert (bad.value.key, expected in bad.value.expected) == (key, True)


@pytest.mark.parametrize(
    ("said", "services"),
    [("", (True, True)), ("inbound = false", (False, True)), ("outbound = false", (True, False))],
)
def test_2_5_a_client_has_both_services_unless_the_file_says_otherwise(tmp_path, said, services):
    file = tmp_path / "policy.toml"
    file.write_text(JUDGES.replace('name = "Protected"', f'name = "Protected"\n{said}'), "utf-8")
    [policy] = load_policy(file).policies
    assert (policy.receives_inbound, policy.sends_outbound) == services
