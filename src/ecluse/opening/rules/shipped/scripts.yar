/*
 * Scripts, shortcuts and pages that fetch or start a program. Every rule asks for two things at least that only come
 * together in a dropper: one command is what administrators write too.
 */

rule script_downloads_and_runs
{
    meta:
        severity = "severe"
        en = "A Windows script that fetches a program and starts it."
        fr = "Un script Windows qui télécharge un programme et le lance."
    strings:
        $host = /\b(WScript|CScript)\.(Shell|CreateObject|Quit|Sleep)|new\s+ActiveXObject|\bCreateObject\s*\(/ nocase
        $fetch1 = "MSXML2.XMLHTTP" nocase
        $fetch2 = "MSXML2.ServerXMLHTTP" nocase
        $fetch3 = "WinHttp.WinHttpRequest" nocase
        $fetch4 = "Microsoft.XMLHTTP" nocase
        $write = "ADODB.Stream" nocase
        $save = "SaveToFile" nocase
        $run1 = /\.(Run|Exec)\s*[\( ]/ nocase
        $run2 = "ShellExecute" nocase
    condition:
        filesize < 4MB and $host and any of ($fetch*) and $write and $save and any of ($run*)
}

rule powershell_hidden_download
{
    meta:
        severity = "severe"
        en = "A hidden PowerShell that fetches and runs code."
        fr = "Un PowerShell caché qui télécharge et exécute du code."
    strings:
        $shell = /powershell(\.exe)?["'\s^]/ nocase ascii wide
        $hidden1 = /[-\/]w(in(dowstyle)?)?\s+(hidden|1)\b/ nocase ascii wide
        $hidden2 = /[-\/]e(nc|ncodedcommand|c)?\s+[A-Za-z0-9+\/]{40}/ nocase ascii wide
        $fetch1 = /\b(iwr|Invoke-WebRequest|DownloadString|DownloadFile|DownloadData|Start-BitsTransfer)\b/ nocase ascii wide
        $fetch2 = "Net.WebClient" nocase ascii wide
        $run = /\b(iex|Invoke-Expression|Start-Process|FromBase64String)\b/ nocase ascii wide
    condition:
        filesize < 4MB and $shell and any of ($hidden*) and any of ($fetch*) and $run
}

rule script_hidden_encoded_powershell
{
    meta:
        severity = "suspicious"
        en = "A script starts PowerShell with an encoded command and hides its window."
        fr = "Un script lance PowerShell avec une commande codée et une fenêtre cachée."
    strings:
        $shell = /powershell(\.exe)?["'\s]/ nocase ascii wide
        $hidden = /[-\/]w(in(dowstyle)?)?\s+(hidden|1)\b/ nocase ascii wide
        $code = /[-\/]e(c|nc|ncodedcommand)?\s+["']?[A-Za-z0-9+\/]{80}/ nocase ascii wide
    condition:
        filesize < 4MB and $shell and $hidden and $code
}

rule hta_starts_program
{
    meta:
        severity = "severe"
        en = "An HTML application that starts a program."
        fr = "Une application HTML qui lance un programme."
    strings:
        $hta = "<hta:application" nocase
        $shell1 = "WScript.Shell" nocase
        $shell2 = "Shell.Application" nocase
        $run1 = /\.(Run|Exec|ShellExecute)\s*[\( ]/ nocase
        $program = /\b(powershell|cmd\.exe|cmd\s+\/[ck]|mshta|rundll32|regsvr32|bitsadmin|certutil)\b/ nocase
    condition:
        filesize < 4MB and $hta and any of ($shell*) and $run1 and $program
}

rule shortcut_starts_interpreter
{
    meta:
        severity = "severe"
        en = "A shortcut that starts a command interpreter with arguments."
        fr = "Un raccourci qui lance un interpréteur de commandes avec des arguments."
    strings:
        $program = /(powershell|cmd|mshta|wscript|cscript|rundll32|regsvr32|msiexec|certutil|bitsadmin|forfiles|conhost)\.exe/ nocase ascii wide
        $argument1 = /[-\/](enc|encodedcommand|ec|w\s+hidden|windowstyle|nop|noprofile|ep\s+bypass|executionpolicy)/ nocase ascii wide
        $argument2 = /\/[ck]\s*["^]?\s*[a-z%\\"^]{2}/ nocase wide
        $argument3 = /https?:\/\// nocase ascii wide
        $argument4 = /javascript:|vbscript:/ nocase ascii wide
    condition:
        filesize < 1MB and uint32be(0) == 0x4C000000 and uint32be(4) == 0x01140200 and $program and any of ($argument*)
}

rule shortcut_carries_payload
{
    meta:
        severity = "severe"
        en = "A shortcut with a program or a script behind it."
        fr = "Un raccourci suivi d'un programme ou d'un script."
    strings:
        $dos = "This program cannot be run in DOS mode"
        $zip = { 50 4B 03 04 14 00 }
        $page1 = "<script" nocase
        $page2 = "<hta:application" nocase
    condition:
        filesize > 4KB and uint32be(0) == 0x4C000000 and uint32be(4) == 0x01140200 and any of them
}

rule internet_shortcut_to_a_file_share
{
    meta:
        severity = "suspicious"
        en = "An Internet shortcut that opens a program or script on a foreign file share."
        fr = "Un raccourci Internet qui ouvre un programme ou un script sur un partage de fichiers étranger."
    strings:
        $head = "[InternetShortcut]" nocase
        $target = /\nURL\s*=\s*(file:\/\/|\\\\)[^\r\n]{3,300}\.(exe|lnk|js|jse|vbs|vbe|wsf|hta|bat|cmd|cpl|dll|msi|scr|zip|url)\s/ nocase
    condition:
        filesize < 64KB and $head and $target
}

rule batch_downloads_and_runs
{
    meta:
        severity = "suspicious"
        en = "A batch file that fetches a program with a tool of the system and starts it."
        fr = "Un fichier de commandes qui télécharge un programme avec un outil du système et le lance."
    strings:
        $batch = /@?echo\s+off/ nocase
        $fetch = /\b(certutil(\.exe)?\s+[-\/]urlcache|bitsadmin(\.exe)?\s+\/transfer|curl(\.exe)?\s[^\r\n]{0,100}-o\s)/ nocase
        $run = /[\r\n]\s*(start|call|rundll32|regsvr32|mshta)\s/ nocase
    condition:
        filesize < 1MB and $batch and $fetch and $run
}

rule script_library_of_strings
{
    meta:
        severity = "suspicious"
        en = "A script that puts its commands together from rotated strings, as obfuscators do."
        fr = "Un script qui reconstitue ses commandes à partir de chaînes permutées, comme le font les obfuscateurs."
    strings:
        $shift = /\['push'\]\(\w{1,20}\['shift'\]\(\)\)/
        $array = /(var|const|let)\s+_0x[0-9a-f]{4,6}\s*=\s*\[/
        $host = /ActiveXObject|WScript/
    condition:
        filesize < 4MB and $shift and $array and $host
}
