/* Pages that come as a file: what a mail never needs a browser for. */

rule page_smuggles_a_file
{
    meta:
        severity = "severe"
        en = "A page that builds a file out of its own text and saves it."
        fr = "Une page qui fabrique un fichier à partir de son propre texte et l'enregistre."
    strings:
        $script = "<script" nocase
        $bytes = /\batob\s*\(|Uint8Array|charCodeAt/ 
        $blob = /new\s+Blob\s*\(|msSaveOrOpenBlob|msSaveBlob/
        $url = /createObjectURL\s*\(/
        $name = /\.download\s*=|setAttribute\s*\(\s*['"]download['"]|msSave(OrOpen)?Blob\s*\(/
        $click = /\.click\s*\(\s*\)|dispatchEvent\s*\(|msSave(OrOpen)?Blob\s*\(/
        $file = /\.(zip|iso|img|vhd|vhdx|js|vbs|hta|lnk|exe|msi|7z|rar|one|xll|wsf|docm|xlsm)['"`]/ nocase
        $long = /["'`][A-Za-z0-9+\/]{2000}/
    condition:
        filesize < 32MB and $script and $bytes and $blob and ($url or $name) and $name and $click and $file and $long
}

rule page_writes_decoded_page
{
    meta:
        severity = "suspicious"
        en = "A page whose whole content is decoded by a script: a veil before a forged login."
        fr = "Une page dont tout le contenu est décodé par un script : un voile devant une fausse connexion."
    strings:
        $write = /document\.write(ln)?\s*\(\s*(unescape|atob|decodeURIComponent|eval)\s*\(/
        $escapes = /(%[0-9a-f]{2}){12}/ nocase
        $letters = /["'`][A-Za-z0-9+\/]{1500}/
    condition:
        filesize < 8MB and $write and (#escapes > 20 or $letters)
}

rule page_posts_a_password_to_a_bot
{
    meta:
        severity = "severe"
        en = "A login page that sends what is typed to a messenger's bot."
        fr = "Une page de connexion qui envoie la saisie au robot d'une messagerie."
    strings:
        $password = /<input[^>]{0,200}type\s*=\s*["']?password/ nocase
        $bot1 = /api\.telegram\.org\/bot/ nocase
        $bot2 = /sendMessage\?chat_id=|chat_id\s*[:=]/ nocase
        $hook = /discord(app)?\.com\/api\/webhooks\// nocase
    condition:
        filesize < 8MB and $password and (($bot1 and $bot2) or $hook)
}

rule page_asks_for_a_known_password
{
    meta:
        severity = "suspicious"
        en = "A page in an attachment with a ready address and a field for its password, posted elsewhere."
        fr = "Une page jointe avec une adresse préremplie et un champ pour son mot de passe, envoyés ailleurs."
    strings:
        $password = /<input[^>]{0,200}type\s*=\s*["']?password/ nocase
        $filled = /<input[^>]{0,200}value\s*=\s*["'][^"'@\s]{1,64}@[^"'\s]{3,100}["']/ nocase
        $form = /<form[^>]{0,300}action\s*=\s*["']https?:\/\/[^"']{4,200}\.php/ nocase
        $send = /(\$\.(ajax|post)|fetch|XMLHttpRequest)[^;]{0,300}\.php/ nocase
    condition:
        filesize < 8MB and $password and $filled and ($form or $send)
}

rule drawing_with_script
{
    meta:
        severity = "suspicious"
        en = "A drawing (SVG) whose script leads elsewhere or builds a file."
        fr = "Un dessin (SVG) dont le script mène ailleurs ou fabrique un fichier."
    strings:
        $svg = /<svg[\s>]/ nocase
        $script1 = "<script" nocase
        $script2 = /\son(load|error|click)\s*=/ nocase
        $lead = /location\.(href|replace|assign)|window\.open\s*\(|location\s*=/ nocase
        $build1 = /\batob\s*\(/
        $build2 = /createObjectURL|new\s+Blob|eval\s*\(|new\s+Function\s*\(|fromCharCode/
    condition:
        filesize < 8MB and $svg and any of ($script*) and ($lead or ($build1 and $build2))
}
