"""The codes of all findings: what each means to a reader, and the points that were set for it by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

from ecluse.domain.language import Language


@dataclass(frozen=True, slots=True)
class Meaning:
    """One finding code."""

    weight: float  # Points, set by hand; `weights.weight_of` says what counts. `Policy.refuse_at` is 15 by default.
    en: str  # For a recipient to read: one sentence.
    word: str = ""  # The family of reasons it belongs to, for programs; "" for mere information.
    fr: str = field(kw_only=True)  # The same sentence in French.

    def sentence(self, language: Language) -> str:
        """What the finding means, in a reader's language."""
        return self.fr if language is Language.FRENCH else self.en


# A weight of 0 is either mere information or decided by a rule of the judge, whatever the score.
MEANINGS = {
    "VIRUS": Meaning(100, "The scanner found a virus.", "virus", fr="L'antivirus a trouvé un virus."),
    "EICAR": Meaning(
        100,
        "A part is the file that tests virus scanners.",
        "virus",
        fr="Une partie est le fichier qui sert à tester les antivirus.",
    ),
    "KNOWN_BAD_FILE": Meaning(
        100,
        "A hash list of the provider names a file.",
        "virus",
        fr="Une liste d'empreintes de l'exploitant cite un fichier.",
    ),
    # Severe rules fit nothing in 4,500 honest messages (tests/corpus); a suspicious one alone says too little.
    "RULE_SEVERE": Meaning(
        15, "A file is made like malicious files.", "virus", fr="Un fichier est construit comme un fichier malveillant."
    ),
    "RULE_SUSPICIOUS": Meaning(
        5,
        "A file has the marks of malicious files.",
        "virus",
        fr="Un fichier porte les marques d'un fichier malveillant.",
    ),
    "RULE_NOTICE": Meaning(
        0, "A rule that takes notice of files fits one.", fr="Une règle d'observation correspond à un fichier."
    ),
    "GTUBE": Meaning(
        100,
        "A text holds the line that tests spam filters.",
        "spam",
        fr="Un texte contient la ligne qui sert à tester les filtres antispam.",
    ),
    "UNSCANNED_UNAVAILABLE": Meaning(
        0,
        "The virus scanner did not answer; a later attempt may be scanned.",
        fr="L'antivirus n'a pas répondu ; un envoi ultérieur pourra être analysé.",
    ),
    "UNSCANNED_TOO_LARGE": Meaning(
        0,
        "Larger or deeper than the virus scanner looks.",
        "unscannable",
        fr="Plus gros ou plus imbriqué que ce que l'antivirus examine.",
    ),
    "BANNED_NAME": Meaning(
        0,
        "A file has a suffix that the policy bans.",
        "blocked-name",
        fr="Un fichier porte une extension que la politique interdit.",
    ),
    "SENDING_RULE": Meaning(
        0,
        "A rule that the sender's organisation has set for its own mail is about it.",
        "sending-rule",
        fr="Une règle que l'organisation de l'expéditeur a posée pour ses propres envois le concerne.",
    ),
    "BEYOND_LIMITS": Meaning(
        0,
        "More or deeper parts than we look at.",
        "limit",
        fr="Plus de parties, ou plus imbriquées, que nous n'en examinons.",
    ),
    "BOMB": Meaning(
        0,
        "A file unpacks to far more than it is, to exhaust whoever looks into it.",
        "limit",
        fr="Un fichier se décompresse démesurément, pour épuiser qui l'examine.",
    ),
    "POISON": Meaning(
        0,
        "A file has repeatedly ended the programs that look into files; it is kept for somebody to see.",
        "unscannable",
        fr="Un fichier a plusieurs fois fait échouer les programmes qui l'examinent ; il est gardé pour être vu.",
    ),
    "UNOPENABLE_FILE": Meaning(
        0,
        "A file could not be looked into, or not to its end.",
        "unscannable",
        fr="Un fichier n'a pas pu être examiné, ou pas jusqu'au bout.",
    ),
    "ENCRYPTED_FILE": Meaning(
        0,
        "A file is encrypted, and the message does not tell the password.",
        "encrypted",
        fr="Un fichier est chiffré, et le message n'en donne pas le mot de passe.",
    ),
    # Senders have been told for years to send programs that way (market 2.4): a sign, and no proof.
    "ENCRYPTED_PROGRAM": Meaning(
        3,
        "An encrypted archive holds a file whose suffix the policy bans.",
        "encrypted",
        fr="Une archive chiffrée contient un fichier dont l'extension est interdite par la politique.",
    ),
    "MESSAGE_TOO_LARGE": Meaning(
        0, "Larger than the service takes.", "limit", fr="Plus gros que ce que le service accepte."
    ),
    "MAIL_LOOP": Meaning(
        0,
        "The message came through us again and again, or through too many servers.",
        "malformed",
        fr="Le message est passé par nous maintes fois, ou par trop de serveurs.",
    ),
    "BARE_NEWLINES": Meaning(
        0,
        "Lines end in a bare CR or LF: SMTP refuses that.",
        "malformed",
        fr="Des lignes se terminent par un CR ou un LF isolé : SMTP refuse cela.",
    ),
    "UNREAD": Meaning(
        0,
        "A fault of ours: we could not look at the message.",
        fr="Une faute de notre part : nous n'avons pas pu examiner le message.",
    ),
    "USER_ALLOW": Meaning(
        0,
        "The sender is on the recipient's own allow list.",
        fr="L'expéditeur figure sur la liste d'autorisation du destinataire.",
    ),
    "USER_BLOCK": Meaning(
        0,
        "The sender is on the recipient's own block list.",
        "spam",
        fr="L'expéditeur figure sur la liste de blocage du destinataire.",
    ),
    "ALLOW_FORGED": Meaning(
        0,
        "An allow list names the sender, but the sender's domain disowns the message.",
        "auth-fail",
        fr="Une liste d'autorisation cite l'expéditeur, mais son domaine désavoue le message.",
    ),
    "CLIENT_ALLOW_ADDRESS": Meaning(
        0,
        "The sender's address is on the client's allow list.",
        fr="L'adresse de l'expéditeur figure sur la liste d'autorisation du client.",
    ),
    "CLIENT_ALLOW": Meaning(
        0,
        "The sender's domain or server is on the client's allow list.",
        fr="Le domaine ou le serveur de l'expéditeur figure sur la liste d'autorisation du client.",
    ),
    "CLIENT_BLOCK_ADDRESS": Meaning(
        0,
        "The sender's address is on the client's block list.",
        "spam",
        fr="L'adresse de l'expéditeur figure sur la liste de blocage du client.",
    ),
    "CLIENT_BLOCK": Meaning(
        0,
        "The sender's domain or server is on the client's block list.",
        "spam",
        fr="Le domaine ou le serveur de l'expéditeur figure sur la liste de blocage du client.",
    ),
    # What files do. Macros are everyday in offices, scripts in pages and forms: each alone is far from a refusal. Only
    # what honest programs do not write weighs, and what must not come in at all is named by `banned_suffixes`.
    "MACROS": Meaning(0.5, "A document has macros.", "active-content", fr="Un document contient des macros."),
    "AUTO_MACROS": Meaning(
        1.5, "Macros run by themselves.", "active-content", fr="Des macros s'exécutent d'elles-mêmes."
    ),
    "SUSPICIOUS_MACROS": Meaning(
        3,
        "Macros start programs, fetch files or touch memory.",
        "active-content",
        fr="Des macros lancent des programmes, téléchargent des fichiers ou touchent à la mémoire.",
    ),
    "MACRO_DROPPER": Meaning(
        6,
        "Macros that start programs or fetch files run by themselves.",
        "active-content",
        fr="Des macros qui lancent des programmes ou téléchargent des fichiers s'exécutent d'elles-mêmes.",
    ),
    "XLM_MACROS": Meaning(
        3, "A sheet holds macros of Excel 4.", "active-content", fr="Une feuille contient des macros Excel 4."
    ),
    "HIDDEN_MACROS": Meaning(
        5,
        "Macros are hidden from whoever looks at the document.",
        "active-content",
        fr="Des macros sont cachées à qui regarde le document.",
    ),
    "DDE_FIELD": Meaning(
        7,
        "A field or formula starts a program (DDE).",
        "active-content",
        fr="Un champ ou une formule lance un programme (DDE).",
    ),
    "REMOTE_TEMPLATE": Meaning(
        5,
        "A document loads its template from elsewhere.",
        "active-content",
        fr="Un document charge son modèle depuis un autre serveur.",
    ),
    "REMOTE_OBJECT": Meaning(
        3,
        "A document loads an object from elsewhere when it is opened.",
        "active-content",
        fr="Un document charge un objet depuis un autre serveur à son ouverture.",
    ),
    "EXPLOIT_OBJECT": Meaning(
        12,
        "A document holds an object that is known only from attacks.",
        "active-content",
        fr="Un document contient un objet connu seulement par des attaques.",
    ),
    "DEFAULT_PASSWORD": Meaning(
        6,
        "A document is encrypted with the password that Office tries by itself: only scanners are kept out.",
        "active-content",
        fr="Un document est chiffré avec le mot de passe qu'Office essaie de lui-même : seuls les scanners sont écartés.",
    ),
    "ONENOTE_EMBEDDED": Meaning(
        2,
        "A notebook carries a file to click on.",
        "active-content",
        fr="Un carnet de notes porte un fichier à ouvrir.",
    ),
    "PDF_JAVASCRIPT": Meaning(1, "A PDF has JavaScript.", "active-content", fr="Un PDF contient du JavaScript."),
    "PDF_AUTO_ACTION": Meaning(
        1.5,
        "A PDF does something by itself when it is opened.",
        "active-content",
        fr="Un PDF agit de lui-même à son ouverture.",
    ),
    "PDF_LAUNCH": Meaning(
        7,
        "A PDF starts a program or opens a file.",
        "active-content",
        fr="Un PDF lance un programme ou ouvre un fichier.",
    ),
    "HTML_SMUGGLING": Meaning(
        6,
        "A page builds a file in the reader's browser and hands it over.",
        "active-content",
        fr="Une page fabrique un fichier dans le navigateur du lecteur et le lui remet.",
    ),
    "HTML_REDIRECT": Meaning(
        2.5,
        "An attached page leads elsewhere by itself.",
        "suspicious-link",
        fr="Une page jointe mène d'elle-même ailleurs.",
    ),
    "FILE_PASSWORD_FORM": Meaning(
        6,
        "An attached page asks for a password and sends it elsewhere.",
        "phishing",
        fr="Une page jointe demande un mot de passe et l'envoie ailleurs.",
    ),
    "HTML_SCRIPT": Meaning(
        0.5, "An attached page has a script.", "active-content", fr="Une page jointe contient un script."
    ),
    "SVG_SCRIPT": Meaning(5, "A drawing has a script.", "active-content", fr="Un dessin contient un script."),
    "SCRIPT_FILE": Meaning(
        3, "A file is a script or a shortcut.", "blocked-type", fr="Un fichier est un script ou un raccourci."
    ),
    "SUSPICIOUS_SCRIPT": Meaning(
        4,
        "A script starts programs, fetches files or hides what it does.",
        "active-content",
        fr="Un script lance des programmes, télécharge des fichiers ou cache ce qu'il fait.",
    ),
    "SHORTCUT_COMMAND": Meaning(
        9,
        "A shortcut starts an interpreter with a command.",
        "active-content",
        fr="Un raccourci lance un interpréteur.",
    ),
    "REMOTE_SHORTCUT": Meaning(
        6, "A shortcut leads to a file elsewhere.", "suspicious-link", fr="Un raccourci mène à un fichier distant."
    ),
    # Nobody sends honest mail with a shortcut to a program on a share of his own.
    "REMOTE_PROGRAM": Meaning(
        9,
        "A shortcut starts a program on somebody else's disk.",
        "active-content",
        fr="Un raccourci lance un programme sur le disque d'autrui.",
    ),
    "DISGUISED_FILE": Meaning(
        8,
        "A program or script has a name that says it is something harmless.",
        "blocked-type",
        fr="Un programme ou un script porte un nom qui le dit inoffensif.",
    ),
    # Every reading of an archive is looked into, so what it hides weighs by itself; these are signs of the intention.
    "AMBIGUOUS_ARCHIVE": Meaning(
        8,
        "An archive shows different files to different readers.",
        "malformed",
        fr="Une archive montre des fichiers différents selon le logiciel qui l'ouvre.",
    ),
    "HIDDEN_MEMBER": Meaning(
        5,
        "An archive holds a file that its own directory does not name.",
        "malformed",
        fr="Une archive contient un fichier que son propre sommaire ne nomme pas.",
    ),
    "BAD_MEMBER_NAME": Meaning(
        5,
        "A file in an archive has a name that deceives people or programs.",
        "blocked-name",
        fr="Dans une archive, le nom d'un fichier trompe les personnes ou les programmes.",
    ),
    "POLYGLOT_FILE": Meaning(
        5,
        "A file is two files in one: what it shows itself as, and an archive.",
        "blocked-type",
        fr="Un fichier en est deux à la fois : ce qu'il paraît, et une archive.",
    ),
    # In 26,147 ham messages of three corpora not one has several: RFC 5322 section 3.6 allows one.
    "SEVERAL_FROM": Meaning(
        15,
        "Several From fields: each reader shows another author.",
        "spoof",
        fr="Plusieurs champs From : chaque logiciel affiche un autre auteur.",
    ),
    "AMBIGUOUS_MIME": Meaning(
        8,
        "The MIME structure shows different parts to different readers.",
        "malformed",
        fr="La structure MIME montre d'autres parties selon le logiciel qui la lit.",
    ),
    "PARTIAL_MESSAGE": Meaning(
        8,
        "It is one piece of several, so that nobody can look at the whole.",
        "unscannable",
        fr="Ce n'est qu'un morceau parmi d'autres : personne ne peut examiner l'ensemble.",
    ),
    "EXTERNAL_BODY": Meaning(
        4,
        "A part is not in the message, but fetched from elsewhere when it is opened.",
        "unscannable",
        fr="Une partie n'est pas dans le message : elle est cherchée ailleurs à l'ouverture.",
    ),
    "ODD_CHARSET": Meaning(
        3,
        "A text is in a character set that hides its letters from filters.",
        "malformed",
        fr="Un texte utilise un jeu de caractères qui cache ses lettres aux filtres.",
    ),
    "AMBIGUOUS_AUTHOR": Meaning(
        6,
        "The From field shows different authors to different readers.",
        "spoof",
        fr="Le champ From montre d'autres auteurs selon le logiciel qui le lit.",
    ),
    # Alone no policy of the author's domain refuses (RFC 9989 section 5.4); with a failed SPF it does, releasably.
    "DMARC_REJECT": Meaning(
        12,
        "The author's domain wants such mail rejected.",
        "spoof",
        fr="Le domaine de l'auteur demande que de tels messages soient rejetés.",
    ),
    "DMARC_QUARANTINE": Meaning(
        6,
        "The author's domain wants such mail set apart.",
        "spoof",
        fr="Le domaine de l'auteur demande que de tels messages soient mis à part.",
    ),
    "DMARC_FAIL": Meaning(
        1,
        "The author's domain does not stand behind the message.",
        "auth-fail",
        fr="Le domaine de l'auteur ne se porte pas garant du message.",
    ),
    "LIST_FORWARD": Meaning(
        -6,
        "It came by a mailing list that is authenticated itself.",
        fr="Il est arrivé par une liste de diffusion elle-même authentifiée.",
    ),
    "ARC_OVERRIDE": Meaning(
        0,
        "A forwarder that the client trusts saw the author authenticated.",
        fr="Un relais auquel le client fait confiance a vu l'auteur authentifié.",
    ),
    "SPF_FAIL": Meaning(
        3,
        "The sender's domain disowns the sending server.",
        "auth-fail",
        fr="Le domaine de l'expéditeur désavoue le serveur d'envoi.",
    ),
    "SPF_SOFTFAIL": Meaning(
        1,
        "The sender's domain doubts the sending server.",
        "auth-fail",
        fr="Le domaine de l'expéditeur doute du serveur d'envoi.",
    ),
    "DKIM_FAIL": Meaning(0.5, "No DKIM signature fits.", "auth-fail", fr="Aucune signature DKIM n'est valable."),
    "DKIM_UNSIGNED_BODY": Meaning(
        3,
        "The signature leaves a part of the body open.",
        "auth-fail",
        fr="La signature laisse une partie du corps ouverte.",
    ),
    "NO_FROM": Meaning(4, "No From field.", "malformed", fr="Aucun champ From."),
    "ORIGIN": Meaning(
        0,
        "Country and network that the sending address belongs to.",
        fr="Pays et réseau auxquels appartient l'adresse d'envoi.",
    ),
    "EARLY_TALKER": Meaning(
        4,
        "The sending server spoke before it was greeted.",
        "spam",
        fr="Le serveur d'envoi a parlé avant d'être salué.",
    ),
    "MALFORMED_HEADER": Meaning(
        3,
        "Lines of the header section are no fields.",
        "malformed",
        fr="Des lignes de l'en-tête ne sont pas des champs.",
    ),
    "DUPLICATE_HEADERS": Meaning(
        3,
        "A field that may stand once stands there several times.",
        "malformed",
        fr="Un champ qui ne peut figurer qu'une fois figure plusieurs fois.",
    ),
    "MALFORMED_MIME": Meaning(
        2, "The MIME structure breaks its grammar.", "malformed", fr="La structure MIME enfreint sa grammaire."
    ),
    # All listings together stay below `refuse_at`, and those of one list far below it: lists make mistakes (1-5).
    "WIDELY_LISTED_IP": Meaning(
        5, "Several DNS lists name the sending server.", "spam", fr="Plusieurs listes DNS citent le serveur d'envoi."
    ),
    "LISTED_IP": Meaning(
        2.5, "A DNS list names the sending server.", "spam", fr="Une liste DNS cite le serveur d'envoi."
    ),
    "POLICY_LISTED_IP": Meaning(
        1.5,
        "A DNS list says that the sending address should send no mail directly.",
        "spam",
        fr="Une liste DNS dit que l'adresse d'envoi ne devrait pas envoyer de courrier directement.",
    ),
    "WIDELY_LISTED_LINK": Meaning(
        4,
        "Several DNS lists name a domain that the message links to.",
        "spam",
        fr="Plusieurs listes DNS citent un domaine vers lequel le message renvoie.",
    ),
    "LISTED_LINK": Meaning(
        2,
        "A DNS list names a domain that the message links to.",
        "spam",
        fr="Une liste DNS cite un domaine vers lequel le message renvoie.",
    ),
    "WIDELY_LISTED_DOMAIN": Meaning(
        3,
        "Several DNS lists name a domain of the sender.",
        "spam",
        fr="Plusieurs listes DNS citent un domaine de l'expéditeur.",
    ),
    "LISTED_DOMAIN": Meaning(
        1.5, "A DNS list names a domain of the sender.", "spam", fr="Une liste DNS cite un domaine de l'expéditeur."
    ),
    "LISTED_NAME_SERVER": Meaning(
        1,
        "A DNS list names the name servers of a domain that the message links to.",
        "spam",
        fr="Une liste DNS cite les serveurs de noms d'un domaine vers lequel le message renvoie.",
    ),
    # Of 30,000 honest messages of three corpora hardly one has any of these; newsletters of today use some of the weak ones.
    "LOOKALIKE_PROTECTED": Meaning(
        6,
        "A name in the message cannot be told by eye from one that is protected.",
        "lookalike",
        fr="Un nom du message ne se distingue pas à l'œil d'un nom protégé.",
    ),
    "LOOKALIKE_BRAND": Meaning(
        5,
        "A name in the message cannot be told by eye from a well-known one.",
        "lookalike",
        fr="Un nom du message ne se distingue pas à l'œil d'un nom très connu.",
    ),
    "LOOKALIKE_NEAR": Meaning(
        2,
        "A name in the message resembles or contains a well-known one.",
        "lookalike",
        fr="Un nom du message ressemble à un nom connu ou le contient.",
    ),
    "LINK_CREDENTIALS": Meaning(
        3,
        "A link shows one name before an @ and leads to another.",
        "suspicious-link",
        fr="Un lien montre un nom devant un @ et mène à un autre.",
    ),
    "LINK_ADDRESS": Meaning(
        2.5, "A link leads to a bare IP address.", "suspicious-link", fr="Un lien mène à une simple adresse IP."
    ),
    "LINK_ODD_PORT": Meaning(
        1, "A link leads to an unusual port.", "suspicious-link", fr="Un lien mène à un port inhabituel."
    ),
    "LINK_SCRIPT": Meaning(1.5, "A link runs a script.", "suspicious-link", fr="Un lien exécute un script."),
    "LINK_DATA": Meaning(
        3, "A link holds a whole page inside itself.", "suspicious-link", fr="Un lien contient une page entière."
    ),
    "LINK_PROGRAM": Meaning(
        3,
        "A link opens a program or a foreign file share.",
        "suspicious-link",
        fr="Un lien ouvre un programme ou un partage de fichiers étranger.",
    ),
    "LINK_DISGUISED": Meaning(
        1,
        "A link shows another domain than the one it leads to.",
        "suspicious-link",
        fr="Un lien affiche un autre domaine que celui où il mène.",
    ),
    "LINK_HIDDEN": Meaning(
        1, "A link cannot be seen by the reader.", "suspicious-link", fr="Un lien est invisible pour le lecteur."
    ),
    "LINK_SHORTENED": Meaning(
        0.5,
        "A shortened link does not say where it leads.",
        "suspicious-link",
        fr="Un lien raccourci ne dit pas où il mène.",
    ),
    "LINK_REDIRECTED": Meaning(
        0, "A link leads through another service.", "", fr="Un lien passe par un autre service."
    ),
    "PASSWORD_FORM": Meaning(
        5, "The message itself asks for a password.", "phishing", fr="Le message lui-même demande un mot de passe."
    ),
    "HIDDEN_TEXT": Meaning(
        5, "Much of the text is hidden from the reader.", "spam", fr="Une grande partie du texte est cachée au lecteur."
    ),
    "SOME_HIDDEN_TEXT": Meaning(
        1, "Some of the text is hidden from the reader.", "spam", fr="Une partie du texte est cachée au lecteur."
    ),
    "SPLIT_WORDS": Meaning(
        2, "Words are cut up by invisible characters.", "spam", fr="Des mots sont coupés par des caractères invisibles."
    ),
    "OVERLOADED_PAGE": Meaning(
        2,
        "The page is too large or too strange to be read to its end.",
        "malformed",
        fr="La page est trop grande ou trop étrange pour être lue en entier.",
    ),
    "WELL_LISTED_IP": Meaning(
        -2,
        "A DNS list knows the sending server as a good one.",
        fr="Une liste DNS connaît le serveur d'envoi comme fiable.",
    ),
    "CORRUPTED": Meaning(
        0,
        "Three publishers of DNS lists or more name the sender or a linked domain (1-8).",
        fr="Trois éditeurs de listes DNS ou plus citent l'expéditeur ou un domaine lié (1-8).",
    ),
    "HELO_IS_OURS": Meaning(
        4,
        "The sending server greeted us with our own name.",
        "spam",
        fr="Le serveur d'envoi nous a salués de notre propre nom.",
    ),
    "FALSE_HELO": Meaning(
        2,
        "The sending server greeted us with no name or with a false address.",
        "spam",
        fr="Le serveur d'envoi nous a salués sans nom ou avec une fausse adresse.",
    ),
    "HELO_NOWHERE": Meaning(
        1,
        "The name in the sending server's greeting does not exist.",
        fr="Le nom par lequel le serveur d'envoi s'est présenté n'existe pas.",
    ),
    "NO_REVERSE_NAME": Meaning(2, "The sending address has no name.", "spam", fr="L'adresse d'envoi n'a pas de nom."),
    "UNCONFIRMED_REVERSE_NAME": Meaning(
        1,
        "The sending address calls itself by a name that is not its own.",
        fr="L'adresse d'envoi se donne un nom qui n'est pas le sien.",
    ),
    "DYNAMIC_NAME": Meaning(
        1.5,
        "The sending server's name looks like a subscriber's line.",
        "spam",
        fr="Le nom du serveur d'envoi ressemble à celui d'une ligne d'abonné.",
    ),
    # Their strength is in points already, by `opinion.py`; a client's weight of 0 silences the classifier, 2 doubles it.
    "LEARNED_SPAM": Meaning(
        1, "It is like what was learned to be spam.", "spam", fr="Il ressemble à ce qui a été appris comme indésirable."
    ),
    "LEARNED_HAM": Meaning(
        -1, "It is like what was learned to be wanted.", fr="Il ressemble à ce qui a été appris comme souhaité."
    ),
    # History speaks both ways, and below what the message itself shows: a mailbox may be stolen, a network cleaned.
    "CORRESPONDENT": Meaning(
        -4,
        "The client's users have written to this sender.",
        fr="Les utilisateurs du client ont déjà écrit à cet expéditeur.",
    ),
    "KNOWN_PAIR": Meaning(
        -2,
        "This sender has written good mail to this recipient for some time.",
        fr="Cet expéditeur écrit depuis quelque temps de bons messages à ce destinataire.",
    ),
    "KNOWN_DOMAIN": Meaning(
        -0.5,
        "The author's domain has sent good mail here for some time.",
        fr="Le domaine de l'auteur envoie ici de bons messages depuis quelque temps.",
    ),
    "BAD_DOMAIN": Meaning(
        2.5,
        "Most mail of the sender's domain was refused or held.",
        "spam",
        fr="La plupart des messages du domaine de l'expéditeur ont été refusés ou retenus.",
    ),
    "BAD_NETWORK": Meaning(
        2,
        "Most mail of the sending server's network was refused or held.",
        "spam",
        fr="La plupart des messages du réseau d'envoi ont été refusés ou retenus.",
    ),
    # A viral joke or a form that everybody fills in spreads like that too: it needs other signs beside it.
    "SUSPICIOUS_CAMPAIGN": Meaning(
        5,
        "Many strangers sent the same to many people within an hour or two.",
        "spam",
        fr="De nombreux inconnus ont envoyé la même chose à de nombreuses personnes en une heure ou deux.",
    ),
    "FIRST_CONTACT": Meaning(
        0,
        "This sender, as far as proven, has never written to this recipient.",
        fr="Cet expéditeur, pour autant que ce soit prouvé, n'a jamais écrit à ce destinataire.",
    ),
    "GREYLIST_NEW": Meaning(
        0,
        "Greylisting has not met this sender: it defers where the score is unclear.",
        fr="La liste grise ne connaît pas cet expéditeur : elle diffère si le score est incertain.",
    ),
    "GREYLIST_EARLY": Meaning(
        0,
        "The message came again too soon after greylisting.",
        fr="Le message est revenu trop tôt après la liste grise.",
    ),
    "GREYLIST_BACK": Meaning(
        0,
        "The message came again in time after greylisting.",
        fr="Le message est revenu dans les temps après la liste grise.",
    ),
    # Whom a message pretends to come from. Colleagues write from private mailboxes, services in people's names: one of
    # these alone refuses nothing; a borrowed executive's name, wording about money and pressure together do.
    "EXECUTIVE_NAME": Meaning(
        6,
        "The author bears the name of one of your executives, but writes from another address.",
        "spoof",
        fr="L'auteur porte le nom d'un de vos dirigeants, mais écrit depuis une autre adresse.",
    ),
    "COLLEAGUE_NAME": Meaning(
        3,
        "The author bears the name of one of your colleagues, but writes from another address.",
        "spoof",
        fr="L'auteur porte le nom d'un de vos collègues, mais écrit depuis une autre adresse.",
    ),
    "OUR_ADDRESS_IN_NAME": Meaning(
        5,
        "The author's display name shows an address of your own domain, which is not his.",
        "spoof",
        fr="Le nom affiché de l'auteur montre une adresse de votre propre domaine, qui n'est pas la sienne.",
    ),
    "ADDRESS_IN_NAME": Meaning(
        2,
        "The author's display name shows an address that is not his.",
        "spoof",
        fr="Le nom affiché de l'auteur montre une adresse qui n'est pas la sienne.",
    ),
    "OWN_ADDRESS_FORGED": Meaning(
        5,
        "The message pretends to come from its own recipient, without proof.",
        "spoof",
        fr="Le message prétend venir de son propre destinataire, sans preuve.",
    ),
    "OWN_DOMAIN_FORGED": Meaning(
        3,
        "The message pretends to come from your own domain, without proof.",
        "spoof",
        fr="Le message prétend venir de votre propre domaine, sans preuve.",
    ),
    "IMITATES_US": Meaning(
        6,
        "The sender's domain is easily taken for yours.",
        "lookalike",
        fr="Le domaine de l'expéditeur se confond facilement avec le vôtre.",
    ),
    "IMITATES_KNOWN": Meaning(
        4,
        "The sender's domain is easily taken for that of a sender you know.",
        "lookalike",
        fr="Le domaine de l'expéditeur se confond facilement avec celui d'un expéditeur que vous connaissez.",
    ),
    "IMITATES_BRAND": Meaning(
        5,
        "The sender's domain is made to look like that of a well-known name.",
        "lookalike",
        fr="Le domaine de l'expéditeur imite celui d'un nom connu.",
    ),
    "BRAND_IN_NAME": Meaning(
        4,
        "The author calls himself by a well-known name, but does not write from its domain.",
        "spoof",
        fr="L'auteur se présente sous un nom connu, mais n'écrit pas depuis le domaine correspondant.",
    ),
    "REPLY_TO_FREE_MAIL": Meaning(
        2,
        "Answers would go to a free mailbox, not to the author's domain.",
        "spoof",
        fr="Les réponses iraient à une messagerie gratuite, et non au domaine de l'auteur.",
    ),
    "REPLY_TO_STRANGER": Meaning(
        0.5,
        "Answers would go to a domain that has never written here.",
        "spoof",
        fr="Les réponses iraient à un domaine qui n'a jamais écrit ici.",
    ),
    "MONEY_WORDING": Meaning(
        2,
        "An unknown sender writes about money and presses for it.",
        "spam",
        fr="Un expéditeur inconnu parle d'argent de façon pressante.",
    ),
    "SWINDLE": Meaning(
        7,
        "The author pretends to be one of you and asks for money, a favour or secrecy.",
        "spoof",
        fr="L'auteur se fait passer pour l'un des vôtres et demande de l'argent, un service ou le secret.",
    ),
    "NO_DATE": Meaning(1, "No Date that can be read.", fr="Aucune date lisible."),
    "MASS_MAIL": Meaning(0, "A newsletter, by its own account.", fr="Une lettre d'information, de son propre aveu."),
    "FEEDBACK_MAIL": Meaning(
        0,
        "A user tells what other messages were.",
        fr="Un utilisateur signale ce qu'étaient d'autres messages.",
    ),
    "MAILING_LIST": Meaning(
        0, "It came by a mailing list.", fr="Il est arrivé par une liste de diffusion entre personnes."
    ),
    "ONE_CLICK": Meaning(
        0, "The newsletter can be left with one click.", fr="La lettre d'information peut être quittée en un clic."
    ),
}
