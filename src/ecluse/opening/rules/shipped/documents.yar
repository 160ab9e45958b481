/* Documents that exploit their reader, or load code from elsewhere. */

rule equation_editor_object
{
    meta:
        severity = "severe"
        en = "A document with an object for the old equation editor that overflows it (CVE-2017-11882, CVE-2018-0802)."
        fr = "Un document dont un objet fait déborder l'ancien éditeur d'équations (CVE-2017-11882, CVE-2018-0802)."
        reference = "CVE-2017-11882"
    strings:
        $rtf = "{\\rt" nocase
        $object = /\\obj(ect|emb|autlink|update|data)/ nocase
        // "Equation.3", its class and the head of its native data, in the hexadecimal digits of an RTF object.
        $name = /4\s*5\s*7\s*1\s*7\s*5\s*6\s*1\s*7\s*4\s*6\s*9\s*6\s*f\s*6\s*e\s*2\s*e\s*3\s*3/ nocase
        $class = /0\s*2\s*c\s*e\s*0\s*2\s*0\s*0\s*0\s*0\s*0\s*0\s*0\s*0\s*0\s*0\s*c\s*0\s*0\s*0\s*0\s*0\s*0\s*0\s*0\s*0\s*0\s*0\s*0\s*0\s*4\s*6/ nocase
    condition:
        $rtf in (0..64) and $object and any of ($name, $class)
}

rule equation_editor_native
{
    meta:
        severity = "severe"
        en = "An equation whose font name is longer than the old equation editor has room for."
        fr = "Une équation dont le nom de police est plus long que la place prévue par l'ancien éditeur."
        reference = "CVE-2017-11882"
    strings:
        $class = { 02 CE 02 00 00 00 00 00 C0 00 00 00 00 00 00 46 }
        $name = "E\x00q\x00u\x00a\x00t\x00i\x00o\x00n\x00 \x00N\x00a\x00t\x00i\x00v\x00e\x00"
        // Header of 28 octets, MTEF 3, then a FONT record (08) whose name does not end within 40 octets.
        $font = { 1C 00 00 00 02 00 [22] 03 01 01 03 ?? [0-4] 08 }
    condition:
        uint32be(0) == 0xD0CF11E0 and ($class or $name) and for any i in (1..#font) : (
            for all j in (2..42) : ( uint8(@font[i] + !font[i] + j) != 0 )
        )
}

rule link_object_to_script
{
    meta:
        severity = "severe"
        en = "A document whose linked object loads a script from elsewhere (CVE-2017-0199)."
        fr = "Un document dont un objet lié charge un script d'ailleurs (CVE-2017-0199)."
        reference = "CVE-2017-0199"
    strings:
        $rtf = "{\\rt" nocase
        $update = "\\objupdate" nocase
        $auto = "\\objautlink" nocase
        // The class of the URL moniker, as hexadecimal digits, and "http" in UTF-16 behind it.
        $moniker = /e0c9ea79f9bace118c8200aa004ba90b/ nocase
        $http = /6800740074007000/ nocase
    condition:
        $rtf in (0..64) and ($update or $auto) and $moniker and $http
}

rule diagnostic_tool_call
{
    meta:
        severity = "severe"
        en = "It calls Windows' diagnostic tool with a command (Follina, CVE-2022-30190)."
        fr = "Il appelle l'outil de diagnostic de Windows avec une commande (Follina, CVE-2022-30190)."
        reference = "CVE-2022-30190"
    strings:
        $call = /ms-msdt:[^\r\n]{0,200}(PCWDiagnostic|IT_RebrowseForFile|IT_BrowseForFile)/ nocase ascii wide
    condition:
        $call
}

rule search_protocol_call
{
    meta:
        severity = "suspicious"
        en = "It opens a foreign folder in Windows' search window."
        fr = "Il ouvre un dossier étranger dans la recherche de Windows."
    strings:
        $call = /search-ms:[^\r\n"'<>]{0,300}crumb=location:(%5c%5c|\\\\|%2f%2f|\/\/)/ nocase ascii wide
    condition:
        $call
}

rule remote_template_page
{
    meta:
        severity = "suspicious"
        en = "A document that loads a page as an object when it is opened."
        fr = "Un document qui charge une page comme objet à l'ouverture."
    strings:
        $relation = /Type="http:\/\/schemas\.openxmlformats\.org\/officeDocument\/2006\/relationships\/(oleObject|attachedTemplate|frame)"/
        $target = /Target="(mhtml:|https?:)[^"]{4,300}(\.(html?|hta|rtf|dotm|php)!?|!x-usc:[^"]{4,300})"/ nocase
        $mode = "TargetMode=\"External\"" nocase
    condition:
        filesize < 1MB and $relation and $target and $mode
}

rule macro_downloads_and_runs
{
    meta:
        severity = "severe"
        en = "A macro that starts by itself, fetches a file and runs it."
        fr = "Une macro qui démarre seule, télécharge un fichier et l'exécute."
    strings:
        $vba = /Attribute VB_Name|Sub\s+\w+\s*\(/ nocase
        $start = /Sub\s+(Auto_?Open|Document_?Open|Workbook_?Open|Auto_?Exec|Auto_?Close|Document_?Close)\b/ nocase
        $fetch = /URLDownloadToFile|MSXML2\.(Server)?XMLHTTP|WinHttp\.WinHttpRequest|Net\.WebClient|Invoke-WebRequest|bitsadmin|certutil/ nocase
        $run = /\bShell\b\s*[\(" ]|WScript\.Shell|ShellExecute|\.Exec\s*\(|CreateProcess|Win32_Process/ nocase
    condition:
        filesize < 8MB and $vba and $start and $fetch and $run
}

rule pdf_starts_program
{
    meta:
        severity = "severe"
        en = "A PDF that starts a program when it is opened."
        fr = "Un PDF qui lance un programme à l'ouverture."
    strings:
        $open = /\/(OpenAction|AA)\b/
        $launch = /\/S\s*\/Launch/
        $program = /(cmd|powershell|mshta|wscript|cscript|rundll32|regsvr32)(\.exe)?/ nocase
    condition:
        uint32be(0) == 0x25504446 and $open and $launch and $program
}
