"""What the virus scanner is given beside the message: what only we open, and no more of it than an answer carries."""

from __future__ import annotations

import base64
import io
import random
import zlib

import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from ecluse.adapters.room.frames import LENGTH, MAX_FACTS_OCTETS, pack_answer, unpack_answer
from ecluse.opening import found
from tests.unit.opening.archives.test_archives import archived, seven_zipped
from tests.unit.opening.archives.test_zip import encrypted
from tests.unit.opening.archives.zips import Made, made, zipped
from tests.unit.opening.asking import opened
from tests.unit.opening.documents.test_packages_of_xml import docx
from tests.unit.opening.documents.test_tnef import HEAD, attachment, prop
from tests.unit.opening.test_disks import fat, udf_shows

CONTENT = b"Voici le contenu.\n" * 40


def closed(document: bytes, password: str) -> bytes:
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(document)).encrypt(password, out)
    return out.getvalue()


@pytest.mark.parametrize(
    "data", [zipped({"a.txt": CONTENT}), archived("ustar", "gzip", a_txt=CONTENT), docx(), CONTENT]
)
def test_what_the_scanner_opens_itself_is_not_given_to_it_again(data):
    assert opened(data).unreached == ()


@pytest.mark.parametrize(
    "data",
    [
        encrypted("traditional", CONTENT),
        encrypted("aes256", CONTENT),
        archived("warc", None, a_txt=CONTENT),
        archived("ar_bsd", None, a_txt=CONTENT),
        HEAD + attachment(b"a.txt\0", b"", prop(0x102, 0x3701, CONTENT)),
        fat(12, CONTENT[:500]),
        udf_shows(CONTENT[:500]),
    ],
)
def test_what_only_we_open_is_given_to_it(data):
    assert opened(data, "file", "sésame").unreached in {(CONTENT,), (CONTENT[:500],)}


def test_a_7z_that_a_password_opens_is_given_entry_by_entry():
    assert opened(seven_zipped(None), "a.7z").unreached == ()
    assert opened(seven_zipped("sésame"), "a.7z", "sésame").unreached


@pytest.mark.parametrize("password", ["VelvetSweatshop", "sésame"])
def test_a_document_is_given_without_its_encryption(password):
    document = docx(media=random.Random(4).randbytes(6_000))  # The library that encrypts it fails at short ones.
    assert opened(closed(document, password), "a.docx", "sésame").unreached == (document,)
    assert opened(closed(document, "unknown"), "a.docx", "sésame").unreached == ()


def test_of_a_zip_with_several_readings_the_usual_one_is_left_to_the_scanner():
    packed = zlib.compress(CONTENT, wbits=-15)
    data = made(Made(b"a.txt", packed, local={"method": 8, "size": len(CONTENT), "checksum": zlib.crc32(CONTENT)}))
    answer = opened(data)
    assert "ambiguous" in answer.flags
    assert answer.unreached == (CONTENT,)


def test_a_payload_that_a_script_puts_together_is_given():
    letters = base64.b64encode(CONTENT).decode()
    script = f'var a = "{letters[:300]}" + "{letters[300:]}"; new ActiveXObject("ADODB.Stream").Write(a);'
    assert CONTENT in opened(script.encode(), "a.js").unreached


def test_what_is_too_much_is_told(monkeypatch):
    monkeypatch.setattr(found, "MAX_UNREACHED_OCTETS", len(CONTENT))
    both = HEAD + attachment(b"a\0", CONTENT) + attachment(b"b\0", CONTENT)
    assert (opened(both).unreached, opened(both).has_more_unreached) == ((CONTENT,), False)
    more = both + attachment(b"c\0", b"x")
    assert (opened(more).unreached, opened(more).has_more_unreached) == ((CONTENT,), True)
    monkeypatch.setattr(found, "MAX_UNREACHED", 1)
    monkeypatch.setattr(found, "MAX_UNREACHED_OCTETS", 1_000_000)
    assert (opened(more).unreached, opened(more).has_more_unreached) == ((CONTENT,), True)


def test_it_comes_out_of_the_room_beside_an_answer_of_its_usual_size():
    answer = opened(HEAD + attachment(b"a.bin\0", bytes(MAX_FACTS_OCTETS + 1)))
    assert unpack_answer(pack_answer(answer)[LENGTH.size :]) == answer
