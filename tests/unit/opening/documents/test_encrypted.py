from __future__ import annotations

import tempfile

from msoffcrypto.format import doc97, ppt97, xls97

from ecluse.opening.documents import encrypted


def test_what_is_decrypted_never_touches_a_file_system(monkeypatch):
    monkeypatch.setattr(tempfile, "TemporaryFile", None)
    assert encrypted.DEFAULT_PASSWORDS
    for library in (doc97, ppt97, xls97):
        with library.tempfile.TemporaryFile() as file:
            file.write(b"abc")
            file.seek(0)
            assert file.read() == b"abc"
