/* Files that are two things at once. */

rule picture_with_program_behind
{
    meta:
        severity = "severe"
        en = "A picture with a Windows program behind its end."
        fr = "Une image suivie d'un programme Windows."
    strings:
        $png_end = { 49 45 4E 44 AE 42 60 82 4D 5A }
        $gif_end = { 00 3B 4D 5A }
        $jpeg_end = { FF D9 4D 5A }
        $program = "This program cannot be run in DOS mode"
    condition:
        $program and (
            (uint32be(0) == 0x89504E47 and $png_end) or (uint32be(0) == 0x47494638 and $gif_end)
            or (uint16be(0) == 0xFFD8 and $jpeg_end)
        )
}

rule picture_with_script_behind
{
    meta:
        severity = "suspicious"
        en = "A picture that is an HTML application or a script at the same time."
        fr = "Une image qui est en même temps une application HTML ou un script."
    strings:
        $hta = "<hta:application" nocase
        $script = /(new\s+ActiveXObject|CreateObject)\s*\(\s*["'](WScript\.Shell|Shell\.Application)/ nocase
    condition:
        filesize < 32MB and (uint32be(0) == 0x89504E47 or uint32be(0) == 0x47494638 or uint16be(0) == 0xFFD8 or uint16be(0) == 0x424D) and any of them
}

rule disk_image_with_shortcut
{
    meta:
        severity = "severe"
        en = "A disk image that hides a library or script behind a shortcut."
        fr = "Une image disque qui cache une bibliothèque ou un script derrière un raccourci."
    strings:
        $iso = "CD001"
        $shortcut = { 4C 00 00 00 01 14 02 00 00 00 00 00 C0 00 00 00 00 00 00 46 }
        $starter = /(rundll32|regsvr32|powershell|cmd|mshta|wscript|cscript)\.exe/ nocase ascii wide
    condition:
        filesize < 64MB and $iso in (32768..34818) and $shortcut and $starter
}

rule document_and_program_at_once
{
    meta:
        severity = "suspicious"
        en = "A PDF that is a disk image or an archive of programs at the same time."
        fr = "Un PDF qui est en même temps une image disque ou une archive de programmes."
    strings:
        $iso = "CD001"
        $mht = /MIME-Version:[^\x00]{0,400}Content-Type:\s*multipart\/related/ nocase
        $macro = /ActiveMime|x-mso/ nocase
    condition:
        uint32be(0) == 0x25504446 and ($iso at 32769 or ($mht and $macro))
}

rule notebook_with_program
{
    meta:
        severity = "severe"
        en = "A OneNote notebook with a script or program in it."
        fr = "Un bloc-notes OneNote qui contient un script ou un programme."
    strings:
        // FileDataStoreObject, then 20 octets of lengths, then the embedded file.
        $file_pe = { E7 16 E3 BD 65 26 11 45 A4 C4 8D 4D 0B 7A 9E AC [20] 4D 5A }
        $file_lnk = { E7 16 E3 BD 65 26 11 45 A4 C4 8D 4D 0B 7A 9E AC [20] 4C 00 00 00 01 14 02 00 }
        $store = { E7 16 E3 BD 65 26 11 45 A4 C4 8D 4D 0B 7A 9E AC }
        $script = /WScript\.Shell|ActiveXObject|<hta:application|powershell(\.exe)?\s+[-\/]|@echo off/ nocase
    condition:
        uint32be(0) == 0xE4525C7B and (any of ($file_*) or ($store and $script))
}
