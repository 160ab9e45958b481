"""A message whose files go by themselves shows clamd all that its classes of signatures look at."""

from __future__ import annotations

import base64

import pytest

from ecluse.adapters.clamav.clamd import ClamdScanner
from ecluse.domain.content import MemoryContent
from ecluse.domain.evidence import ScanState
from ecluse.filtering.body import read_body
from ecluse.filtering.scanned_files import scanned_files
from ecluse.wire.mime.fields import split_head
from tests.contract.scanner.conftest import A_FILE
from tests.contract.scanner.contract import HEAD

FILLER = bytes(range(256)) * 64


def message(
    *, fields: bytes = b"", text: bytes = b"Hello", html: bytes = b"<p>Hello</p>", file: bytes = FILLER
) -> bytes:
    encoded = base64.encodebytes(file).replace(b"\n", b"\r\n")
    return (
        HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\n" + text + b"\r\n"
        b"--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(html)
        + b"\r\n"
        b"--b\r\nContent-Type: application/pdf\r\n"
        + fields
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + encoded
        + b"--b--\r\n"
    )


@pytest.mark.peers
@pytest.mark.parametrize(
    ("raw", "signature"),
    [
        (message(), ""),
        (message(file=A_FILE), "Test.Hash"),
        (message(file=FILLER + b"any-file-signature" + FILLER), "Test.AnyFile"),
        (message(text=b"an any-file-signature in the text"), "Test.AnyFile"),
        (message(html=b"<html><body><p>an HTML-Signature</p></body></html>"), "Test.Html"),
        (message(fields=b"X-Part: mail-signature\r\n"), "Test.Mail"),
        (message(text=b"a TEXT-Signature here"), "Test.Text"),
    ],
)
async def test_each_class_of_signature_still_matches(clamd, raw, signature):
    content = MemoryContent(raw)
    files = scanned_files(content, read_body(content, split_head(content)))
    assert len(files) == 2
    scanner = ClamdScanner(f"unix:{clamd.socket_path}")
    facts = await scanner.scan(*files)
    scanner.close()
    assert (facts.signature.removesuffix(".UNOFFICIAL"), facts.state) == (
        signature,
        ScanState.INFECTED if signature else ScanState.CLEAN,
    )
