"""Who opens what: the ordered table of openers."""

from __future__ import annotations

from ecluse.opening.archives.appended import OTHERS, PROGRAMS, open_appended, open_polyglot
from ecluse.opening.archives.arj import open_arj
from ecluse.opening.archives.cabinet import open_cabinet
from ecluse.opening.archives.collections import LIBARCHIVE, open_collection
from ecluse.opening.archives.compressed import COMPRESSED, open_compressed
from ecluse.opening.archives.encoded import open_base64, open_binhex, open_uuencoded, open_yenc
from ecluse.opening.archives.help_book import open_help_book
from ecluse.opening.archives.messages import open_mailbox, open_message
from ecluse.opening.archives.seven_zip import open_seven_zip
from ecluse.opening.archives.szdd import open_szdd
from ecluse.opening.archives.unopenable import UNOPENABLE, say_unopenable
from ecluse.opening.archives.zip.reader import open_zip
from ecluse.opening.disks.disc import open_disc
from ecluse.opening.disks.vhd import open_vhd
from ecluse.opening.disks.vhdx import open_vhdx
from ecluse.opening.disks.volumes import open_disk
from ecluse.opening.documents.active_mime import open_active_mime
from ecluse.opening.documents.odf import open_odf
from ecluse.opening.documents.office_xml import open_office_xml
from ecluse.opening.documents.ole import open_compound
from ecluse.opening.documents.onenote import open_onenote
from ecluse.opening.documents.ooxml import open_ooxml
from ecluse.opening.documents.rtf import open_rtf
from ecluse.opening.documents.tnef import open_tnef
from ecluse.opening.eicar import find_eicar
from ecluse.opening.pages.html import open_html
from ecluse.opening.pages.script import open_script
from ecluse.opening.pages.shortcut import open_lnk, open_shortcut
from ecluse.opening.pages.svg import open_svg
from ecluse.opening.pages.text import open_card, open_text
from ecluse.opening.pdf import open_pdf
from ecluse.opening.pictures.picture import open_picture
from ecluse.opening.pieces import Opener
from ecluse.opening.rules.matching import match_rules
from ecluse.opening.types import OLE_BUILT, ZIP_BUILT, Type

_OOXML = frozenset({Type.DOCX, Type.XLSX, Type.PPTX, Type.VISIO, Type.OOXML})
_ODF = frozenset({Type.ODF})
_PAGES = frozenset({Type.HTML, Type.HTA, Type.WSF})
_PROGRAMS_AS_TEXT = frozenset(
    {Type.JAVASCRIPT, Type.VBSCRIPT, Type.POWERSHELL, Type.BATCH, Type.SHELL, Type.PYTHON, Type.PHP}
)
_SHORTCUTS = frozenset(
    {
        Type.INTERNET_SHORTCUT,
        Type.DESKTOP_ENTRY,
        Type.SETTINGS_LINK,
        Type.LIBRARY_MS,
        Type.SCF,
        Type.INF,
        Type.IQY,
        Type.JNLP,
    }
)
_PICTURES = frozenset({Type.PNG, Type.JPEG, Type.GIF, Type.BMP, Type.TIFF, Type.WEBP, Type.ICO, Type.IMAGE})
_OFFICE_XML = frozenset({Type.WORD_XML, Type.EXCEL_XML, Type.XML})

# The types it is for (None: every file) -> the opener. All that fit are asked, from the top down.
OPENERS: tuple[tuple[frozenset[str] | None, Opener], ...] = (
    (None, find_eicar),
    (None, match_rules),
    # Containers.
    (ZIP_BUILT - _OOXML - _ODF, open_zip),
    (LIBARCHIVE, open_collection),
    (frozenset({Type.SEVEN_ZIP}), open_seven_zip),
    (frozenset({Type.CAB}), open_cabinet),
    (frozenset({Type.ARJ}), open_arj),
    (frozenset({Type.CHM}), open_help_book),
    (COMPRESSED, open_compressed),
    (frozenset({Type.UUENCODE}), open_uuencoded),
    (frozenset({Type.YENC}), open_yenc),
    (frozenset({Type.BINHEX}), open_binhex),
    (frozenset({Type.BASE64}), open_base64),
    (frozenset({Type.EML, Type.MHT}), open_message),
    (frozenset({Type.MBOX}), open_mailbox),
    (frozenset({Type.SZDD}), open_szdd),
    (frozenset({Type.DISK_IMAGE}), open_disk),
    (frozenset({Type.ISO, Type.UDF}), open_disc),
    (frozenset({Type.VHD}), open_vhd),
    (frozenset({Type.VHDX}), open_vhdx),
    (PROGRAMS, open_appended),
    (OTHERS, open_polyglot),
    (UNOPENABLE, say_unopenable),
    # Documents; those that are zips list their entries as zips do.
    (_OOXML, open_ooxml),
    (_ODF, open_odf),
    (OLE_BUILT, open_compound),
    (frozenset({Type.RTF}), open_rtf),
    (frozenset({Type.ONENOTE}), open_onenote),
    (frozenset({Type.TNEF}), open_tnef),
    (frozenset({Type.ACTIVE_MIME}), open_active_mime),
    (_OFFICE_XML, open_office_xml),
    (frozenset({Type.PDF}), open_pdf),
    # Pictures and pages.
    (_PICTURES, open_picture),
    (frozenset({Type.SVG}), open_svg),
    (_PAGES, open_html),
    # Programs and texts.
    (_PROGRAMS_AS_TEXT, open_script),
    (frozenset({Type.LNK}), open_lnk),
    (_SHORTCUTS, open_shortcut),
    (frozenset({Type.ICS, Type.VCF}), open_card),
    (frozenset({Type.TEXT, Type.SLK, Type.MTREE}), open_text),
)
