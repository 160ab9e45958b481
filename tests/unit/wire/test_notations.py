import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecluse.domain.policy import Route, Tls
from ecluse.wire.notations import (
    ClamdSocket,
    DomainName,
    Endpoint,
    NameServer,
    Network,
    NextHop,
    OptionalEndpoint,
    list_pattern,
    local_part,
)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:25", "127.0.0.1", 25), ("[::]:25", "::", 25), ("[2001:db8::1]:0", "2001:db8::1", 0)],
)
def test_an_endpoint_is_an_ip_and_a_port(text, host, port):
    endpoint = Endpoint(text)
    assert (str(endpoint), endpoint.host, endpoint.port) == (text, host, port)


@pytest.mark.parametrize(
    "text", ["", "25", ":25", "127.0.0.1", "::1:25", "localhost:25", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:٢٥",
             "[127.0.0.1]:25", "[fe80::1%eth0]:25", "127.0.0.1: 25", "127.0.0.1:000025"]
)  # fmt: skip
def test_other_endpoints_are_refused(text):
    with pytest.raises(ValueError, match="expected an IP address and a port"):
        Endpoint(text)


def test_an_empty_optional_endpoint_is_off():
    assert not OptionalEndpoint("")
    assert OptionalEndpoint("127.0.0.1:9825").port == 9825


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1", "127.0.0.1", 53),
        ("::1", "::1", 53),
        ("127.0.0.1:5353", "127.0.0.1", 5353),
        ("[::1]:54", "::1", 54),
    ],
)
def test_a_name_server_listens_on_53_unless_told(text, host, port):
    assert (NameServer(text).host, NameServer(text).port) == (host, port)


@pytest.mark.parametrize("text", ["dns.example", "127.0.0.1:0", "127.0.0.1:x", ""])
def test_other_name_servers_are_refused(text):
    with pytest.raises(ValueError, match="expected the IP address of a name server"):
        NameServer(text)


def test_clamd_listens_on_a_path_or_a_port():
    assert ClamdSocket("unix:/run/clamd.ctl").path == "/run/clamd.ctl"
    tcp = ClamdSocket("tcp:clamd.example:3310")
    assert (tcp.path, tcp.host, tcp.port) == ("", "clamd.example", 3310)


@pytest.mark.parametrize("text", ["/run/clamd.ctl", "unix:run/clamd", "unix:", "tcp:host", "udp:1.2.3.4:5", ""])
def test_other_clamd_sockets_are_refused(text):
    with pytest.raises(ValueError, match="expected unix:/absolute/path or tcp:host:port"):
        ClamdSocket(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("127.0.0.1", "127.0.0.1/32"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
    ],
)
def test_a_network_is_kept_in_one_spelling(text, kept):
    assert Network(text) == kept


def test_a_network_with_host_bits_is_refused_and_the_network_named():
    with pytest.raises(ValueError, match=r"its network is 192\.0\.2\.0/24"):
        Network("192.0.2.1/24")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Example.COM.", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("under_score.example", "under_score.example"),
    ],
)
def test_a_domain_is_kept_in_lower_case_and_a_labels(text, kept):
    assert DomainName(text) == kept


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "-a.b", "a-.b", "a b.c", "a\n.b", "1.2.3.4", "a@b.c", "a" * 64 + ".b", "a." * 127 + "b", "*.b", "ü" * 250]
)  # fmt: skip
def test_other_domains_are_refused(text):
    with pytest.raises(ValueError, match="expected a domain name"):
        DomainName(text)


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("smtp://MX.example", Route("mx.example", 25)),
        ("smtp://mx.example:2525/", Route("mx.example", 2525)),
        ("smtp://[2001:db8::1]", Route("2001:db8::1", 25)),
        ("smtp://[2001:db8::1]:26", Route("2001:db8::1", 26)),
        ("smtp://192.0.2.1:1", Route("192.0.2.1", 1)),
    ],
)
def test_a_next_hop_is_a_url(text, route):
    assert NextHop(text).route() == route


def test_a_route_may_have_its_priority_and_protection():
    assert NextHop("smtp://mx.example").route(20, Tls.VERIFY) == Route("mx.example", 25, 20, Tls.VERIFY)


@pytest.mark.parametrize(
    "text", ["mx.example", "smtps://mx.example", "smtp://", "smtp://user:pass@mx.example", "smtp://mx.example/x", "smtp://mx.example?x",
             "smtp://mx.example:0", "smtp://mx.example:", "smtp://2001:db8::1", "smtp://[::1", "smtp://mx.example\n:25", "http://x"]
)  # fmt: skip
def test_other_next_hops_are_refused(text):
    with pytest.raises(ValueError, match="expected smtp://host:port"):
        NextHop(text)


@pytest.mark.parametrize("text", ["ann", "Ann.B+tag", '"a b"', "zoë", '"a\\"b"'])
def test_a_local_part_stands_alone_or_with_its_domain(text):
    assert local_part(text, "one.example") == text
    assert local_part(f"{text}@One.example", "one.example") == text


@pytest.mark.parametrize(
    "text", ["", "a..b", ".a", "a b", "a\x00", "<a>", "a,b", "x" * 65, "é" * 33, "ann@two.example", "a@b@one.example", "a\ud800@one.example\n"]
)  # fmt: skip
def test_other_local_parts_are_refused(text):
    with pytest.raises(ValueError, match="expected"):
        local_part(text, "one.example")


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Ann@Bücher.example", "ann@xn--bcher-kva.example"),
        ("Two.example", "two.example"),
        ("*.Two.example", "*.two.example"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("2001:db8::7", "2001:db8::7/128"),
    ],
)
def test_a_list_entry_is_compared_in_one_spelling(text, pattern):
    assert list_pattern(text) == pattern


@pytest.mark.parametrize(
    "text", ["", "*", "*.", "a*.example", "@two.example", "192.0.2.1/24", "192.0.2", "two example", "*@two.example"]
)
def test_other_list_entries_are_refused(text):
    with pytest.raises(ValueError, match="expected"):
        list_pattern(text)


def refusal(notation, text: str) -> str:
    """Why the text is refused; of one that is read, what was expected is there."""
    try:
        notation(text)
    except ValueError as error:
        return str(error)
    return "expected and read"


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(max_size=40) | st.text(alphabet='a.@*/:[]%0129-ü"\\ ', max_size=20))
@example("smtp://[")
@example("\ud800")
def test_any_text_is_read_or_refused_with_what_was_expected(text):
    for notation in (Endpoint, OptionalEndpoint, NameServer, ClamdSocket, Network, DomainName, NextHop, list_pattern):
        assert refusal(notation, text).startswith("expected ")


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(alphabet="aB.@*/:129üß-", max_size=24))
def test_a_spelling_once_chosen_stays(text):
    try:
        pattern = list_pattern(text)
    except ValueError:
        return
    assert list_pattern(pattern) == pattern
