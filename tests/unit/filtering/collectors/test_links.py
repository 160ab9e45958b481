from __future__ import annotations

from dataclasses import replace

from ecluse.domain.links import LinkFlag, LookAlikeFact, Role, TextFacts
from ecluse.domain.opened import Opened
from ecluse.entrypoints.scan import NoLists
from ecluse.filtering.collect import ON_THE_SPOT_OCTETS, Served, Sources, Subject
from ecluse.filtering.collectors.links import links
from ecluse.filtering.collectors.texts import texts
from ecluse.filtering.files import FileOpening
from tests.unit.filtering.samples import ANN, MESSAGE, POLICY, incoming

CLIENT = replace(POLICY, domain="client.example", protected_names=("maplebank.example",))


def subject(message: bytes, policy=CLIENT) -> Subject:
    return Subject(incoming(message), (Served(ANN, policy),), Sources(NoLists(), None, "gateway.example"))


def page(html: str, head: bytes = MESSAGE) -> bytes:
    return (
        head.replace(b"Subject:", b"Content-Type: text/html; charset=utf-8\r\nSubject:").partition(b"\r\n\r\n")[0]
        + b"\r\n\r\n"
        + html.encode()
    )


def test_links_are_domains_and_words_and_never_urls():
    facts = links(subject(page("<a href='http://u:p@www.evil.example/secret?x=1'>a</a> http://b.example/path")))
    assert (facts.count, facts.domains, facts.flags) == (2, ("evil.example", "b.example"), (LinkFlag.CREDENTIALS,))
    assert "secret" not in str(facts)
    assert "path" not in str(facts)


def test_links_of_encoded_parts_are_seen():
    message = MESSAGE.replace(b"Subject:", b"Content-Transfer-Encoding: base64\r\nSubject:")
    message = message.replace(b"Hello Ann", b"aHR0cDovL2V2aWwuZXhhbXBsZS8=")
    assert links(subject(message)).domains == ("evil.example",)


def test_names_like_the_client_s_a_protected_or_a_known_one_are_told():
    facts = links(
        subject(page("http://c1ient.example/ http://map1ebank.example/ http://rnicrosoft.com/ http://client.example/"))
    )
    assert facts.look_alikes == (
        LookAlikeFact("c1ient.example", "client.example", "shape", Role.LINK, is_protected=True),
        LookAlikeFact("map1ebank.example", "maplebank.example", "shape", Role.LINK, is_protected=True),
        LookAlikeFact("rnicrosoft.com", "Microsoft", "shape", Role.LINK),
    )


def test_an_author_and_whom_he_has_answered_are_looked_at_too():
    message = MESSAGE.replace(b"sam@sender.example", b"sam@rnaplebank.example")
    message = message.replace(b"Subject:", b"Reply-To: x@map1ebank.example\r\nSubject:")
    assert [(one.domain, one.role) for one in links(subject(message)).look_alikes] == [
        ("rnaplebank.example", Role.AUTHOR),
        ("map1ebank.example", Role.AUTHOR),
    ]


def test_a_client_whose_own_name_looks_like_a_brand_is_honest():
    policy = replace(CLIENT, domain="rnicrosoft.com")
    assert links(subject(page("http://www.rnicrosoft.com/"), policy)).look_alikes == ()


async def test_a_large_message_is_waited_for():
    message = MESSAGE + b"http://evil.example/\r\n" + b"x" * 70 + b"\r\n" * ON_THE_SPOT_OCTETS
    assert (await links(subject(message))).domains == ("evil.example",)
    assert (await texts(subject(message))).visible > 70


def test_hidden_text_is_measured():
    facts = texts(subject(page("<p>shown text</p><p style='font-size:0'>text concealed</p>p\u200bi\u200bll")))
    assert facts == TextFacts(visible=13, hidden=9, tricks=("tiny-font",), split_words=2)


async def test_links_of_files_and_codes_come_from_the_room():
    class Room:
        async def open(self, file):
            return Opened("pdf", urls=("http://in-file.example/x",), qr_texts=("https://drawn.example/y",))

    head = b"Content-Type: multipart/mixed; boundary=b\r\nSubject:"
    file = b"--b\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.4\r\n--b--\r\n"
    message = MESSAGE.replace(b"Subject:", head).replace(b"Hello Ann\r\n", b"--b\r\n\r\nHello Ann\r\n" + file)
    sources = Sources(NoLists(), None, "gateway.example", files=FileOpening(Room()))
    facts = await links(Subject(incoming(message), (Served(ANN, CLIENT),), sources))
    assert (facts.domains, facts.flags) == (("in-file.example", "drawn.example"), (LinkFlag.CODE,))
