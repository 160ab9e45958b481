"""What only we open reaches clamd, in mail of both directions; and clamd does lack what our table says it lacks."""

from __future__ import annotations

import base64

import pytest

from ecluse.adapters.clamav.clamd import ClamdScanner
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Unavailable
from ecluse.domain.evidence import ScanState
from ecluse.filtering import files, inbound, outbound
from ecluse.filtering.collect import Collector, Sources, Subject
from ecluse.filtering.files import FileOpening
from ecluse.opening.budget import Limits
from ecluse.opening.opening import open_file
from ecluse.opening.pieces import File
from tests.contract.scanner.contract import EICAR, HEAD
from tests.unit.filtering.samples import incoming
from tests.unit.opening.archives.test_archives import archived
from tests.unit.opening.archives.test_zip import encrypted
from tests.unit.opening.archives.zips import zipped
from tests.unit.opening.asking import opened
from tests.unit.opening.documents.test_tnef import HEAD as TNEF
from tests.unit.opening.documents.test_tnef import attachment, prop
from tests.unit.opening.test_disks import fat, footer, hiding, partitioned, udf_shows, vhdx, without_iso
from tests.unit.opening.test_volumes import infected
from tests.unit.opening.tool_made import DISC, EXFAT, NTFS

pytestmark = pytest.mark.peers

DIRECTIONS = [pytest.param(table.COLLECTORS, id=table.__name__) for table in (inbound, outbound)]
WINMAIL = TNEF + attachment(b"a.com\0", b"", prop(0x102, 0x3701, EICAR))
YENC = (
    b"=ybegin line=128 size=68 name=a.com\r\n" + bytes((octet + 42) % 256 for octet in EICAR) + b"\r\n=yend size=68\r\n"
)
ONLY_OURS = {
    "traditional": encrypted("traditional", EICAR),
    "aes256": encrypted("aes256", EICAR),
    "tnef": WINMAIL,
    "fat": fat(12, EICAR),
    "ntfs": infected(NTFS),
    "exfat": infected(EXFAT),
    "vhd": partitioned(fat(12, EICAR)) + footer(2),
    "vhdx": vhdx(fat(12, EICAR)),
    "udf": without_iso(udf_shows(EICAR)),
    "udf behind iso": udf_shows(EICAR),
    "partition behind iso": hiding(fat(12, EICAR), DISC),
    "warc": archived("warc", None, a_com=EICAR),
    "ar": archived("ar_bsd", None, a_com=EICAR),
    "zst": archived("ustar", "zstd", a_com=EICAR),
    "lz4": archived("ustar", "lz4", a_com=EICAR),
    "lzip": archived("ustar", "lzip", a_com=EICAR),
    "lzma": archived("ustar", "lzma", a_com=EICAR),
    "compress": archived("ustar", "compress", a_com=EICAR),
    "yenc": YENC,
}
CLAMDS_TOO = {
    "zip": zipped({"a.com": EICAR}),
    "tar.gz": archived("ustar", "gzip", a_com=EICAR),
    "7z": archived("7zip", None, a_com=EICAR),
    "iso": archived("iso9660", None, a_com=EICAR),
    "xar": archived("xar", None, a_com=EICAR),
}


class Room:
    """Opens files in this process."""

    async def open(self, file):
        return open_file(File(file.content, file.name, passwords=file.passwords), Limits())


@pytest.fixture
def scanner(clamd):
    scanner = ClamdScanner(f"unix:{clamd.socket_path}")
    yield scanner
    scanner.close()


def message(file: bytes, encoding: bytes = b"base64", encoded: bytes | None = None) -> bytes:
    letters = base64.encodebytes(file).replace(b"\n", b"\r\n") if encoded is None else encoded
    return (
        HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
        + "Bonjour, le mot de passe est : sésame\r\n".encode()
        + b'--b\r\nContent-Type: application/octet-stream; name="file.bin"\r\nContent-Transfer-Encoding: '
        + encoding + b"\r\n\r\n" + letters + b"\r\n--b--\r\n"
    )  # fmt: skip


async def asked(raw: bytes, scanner: ClamdScanner, collectors: tuple[Collector, ...]):
    """What the collector of that direction's table says."""
    sources = Sources(None, scanner, "gateway.example", files=FileOpening(Room()))
    gather = next(one.gather for one in collectors if one.name == "scan")
    return await gather(Subject(incoming(raw), (), sources))


@pytest.mark.parametrize("collectors", DIRECTIONS)
@pytest.mark.parametrize("kind", ONLY_OURS)
async def test_what_only_we_open_is_scanned(kind, collectors, scanner):
    facts = await asked(message(ONLY_OURS[kind]), scanner, collectors)
    assert (facts.state, facts.signature) == (ScanState.INFECTED, "Test.EICAR.UNOFFICIAL")


@pytest.mark.parametrize("kind", ONLY_OURS)
async def test_clamd_alone_does_not_get_at_it(kind, scanner):
    assert (await scanner.scan(MemoryContent(ONLY_OURS[kind]))).state is ScanState.CLEAN


@pytest.mark.parametrize("kind", CLAMDS_TOO)
async def test_what_clamd_opens_it_is_not_given_twice(kind, scanner):
    assert (await scanner.scan(MemoryContent(CLAMDS_TOO[kind]))).state is ScanState.INFECTED
    assert opened(CLAMDS_TOO[kind]).unreached == ()


async def test_a_reading_that_clamds_parser_does_not_have_is_scanned(scanner):
    # Clients disagree about letters behind padding: some go on as if it were not there.
    letters = base64.b64encode(EICAR)
    raw = message(b"", encoded=letters[:5] + b"=" + letters[5:])
    assert (await scanner.scan(MemoryContent(raw))).state is ScanState.CLEAN
    assert (await asked(raw, scanner, inbound.COLLECTORS)).state is ScanState.INFECTED


async def test_more_than_may_be_held_was_not_scanned(scanner, monkeypatch):
    monkeypatch.setattr(files, "MAX_UNREACHED_OCTETS", 10)
    harmless = TNEF + attachment(b"a.txt\0", b"", prop(0x102, 0x3701, b"harmless content"))
    assert (await asked(message(harmless), scanner, inbound.COLLECTORS)).state is ScanState.TOO_LARGE


async def test_a_clamd_that_dies_in_between_is_a_clamd_that_does_not_answer(clamd, scanner):
    class Dying(Room):
        async def open(self, file):
            opened = await super().open(file)
            clamd.stop()
            return opened

    # The message itself is known to be clean, so that the scanner is asked about the file in it alone.
    raw = message(TNEF + attachment(b"a.txt\0", b"", prop(0x102, 0x3701, b"harmless")))
    await scanner.scan(MemoryContent(raw))
    sources = Sources(None, scanner, "gateway.example", files=FileOpening(Dying()))
    gather = next(one.gather for one in inbound.COLLECTORS if one.name == "scan")
    try:
        with pytest.raises(Unavailable):
            await gather(Subject(incoming(raw), (), sources))
    finally:
        clamd.start()
