import pytest

from ecluse.domain.content import MemoryContent
from ecluse.filtering import body as bodies
from ecluse.filtering.body import read_body
from ecluse.filtering.likeness import likeness, likeness_alone
from ecluse.filtering.message_files import MessageFiles
from ecluse.wire.html.reader import read_html
from ecluse.wire.mime.fields import split_head
from ecluse.wire.similarity.fingerprints import MAX_WORDS

OFFER = (
    "Our warehouse closes at the end of the month and everything that is left on its shelves has to go before then so we "
    "thought of our best customers first and kept a list of what remains with the price of each piece and the day on which "
    "it can be fetched please write soon because nothing will be put aside for anybody and the best of it goes first"
)
FILE = (
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
    b"Please find attached\r\n--b\r\nContent-Type: application/pdf\r\n\r\n%s\r\n--b--\r\n"
)


def names(body=b"", subject="Hello", head=b""):
    content = MemoryContent(f"Subject: {subject}\r\n".encode() + head + (body if head else b"\r\n" + body))
    section = split_head(content)
    read = read_body(content, section)
    found = likeness(section, read, MessageFiles(content, read))
    assert likeness_alone(content, section) == found
    return set(found)


def text(name, words=OFFER):
    return f"Dear {name},\r\n{words}\r\nhttps://shop.example/{name}?id=4711\r\n".encode()


def test_personalised_copies_share_a_name():
    assert names(text("Ann"), "For Ann") & names(text("Bob"), "For Bob")


def test_other_texts_share_none():
    assert not names(text("Ann")) & names(text("Ann", " ".join(f"word{n} another" for n in range(50))))


def test_a_short_text_is_known_by_its_words_and_its_subject():
    assert names(b"Look at this http://a.example/1") == names(b"Look at this http://a.example/2")
    assert names(b"Look at this") != names(b"Look at this", "Minutes")


def test_a_usual_phrase_with_another_file_is_another_message():
    one = names(head=FILE % b"one")
    assert one == names(head=FILE % b"one")
    assert one != names(head=FILE % b"two")


MAILING = (
    b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
    b"%s\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>%s</p>\r\n--b--\r\n"
)


@pytest.mark.parametrize(("words", "pages"), [(MAX_WORDS - 1, 1), (MAX_WORDS, 0)])
def test_a_page_is_read_only_where_its_words_count(monkeypatch, words, pages):
    read = []
    message = b"Subject: x\r\n" + MAILING % (b"word " * words, b"other")
    content = MemoryContent(message)
    with monkeypatch.context() as patched:
        patched.setattr(bodies, "read_html", lambda text: read.append(text) or read_html(text))
        found = likeness_alone(content, split_head(content))
    assert len(read) == pages
    assert set(found) == names(head=MAILING % (b"word " * words, b"other"))


def test_every_message_has_a_name():
    assert names() == names(subject="hello")
    assert len(names()) == 1
