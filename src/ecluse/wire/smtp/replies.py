"""The replies that we give, by name; enhanced codes are those of RFC 3463, RFC 5248 and RFC 6531."""

from __future__ import annotations

from ecluse.domain.reply import Reply

# 2xx and 3xx.
OK = Reply(250, "0.0", "OK")
SENDER_OK = Reply(250, "1.0", "Sender OK")
RECIPIENT_OK = Reply(250, "1.5", "Recipient OK")
RESET = Reply(250, "0.0", "Reset")
BYE = Reply(221, "0.0", "Goodbye")
READY_FOR_TLS = Reply(220, "0.0", "Ready to start TLS")
LOGGED_IN = Reply(235, "7.0", "Logged in")
START_INPUT = Reply(354, "", "Start mail input; end with <CRLF>.<CRLF>")
CANNOT_VERIFY = Reply(252, "0.0", "Cannot verify the address, but will take a message for it and try")
HELP = Reply(
    214,
    "0.0",
    "Commands: EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP STARTTLS QUIT\nSee RFC 5321, RFC 3030 and RFC 3207",
)

# The command cannot be read.
LINE_TOO_LONG = Reply(500, "5.2", "Line too long")
BAD_LINE = Reply(500, "5.2", "Control characters, bare CR or LF, or invalid UTF-8 in a command")
BAD_COMMAND = Reply(500, "5.2", "Syntax error, command not recognized")
UNKNOWN_COMMAND = Reply(500, "5.1", "Command not recognized")
UNSUPPORTED_COMMAND = Reply(502, "5.1", "Command not implemented")
UNKNOWN_HELP_TOPIC = Reply(504, "5.4", "No help about that")
NO_ARGUMENT_ALLOWED = Reply(501, "5.4", "This command takes no argument")
HELO_SYNTAX = Reply(501, "5.4", "Syntax: HELO or EHLO, then your domain name or [address]")
MAIL_SYNTAX = Reply(501, "5.4", "Syntax: MAIL FROM:<address>")
RCPT_SYNTAX = Reply(501, "5.4", "Syntax: RCPT TO:<address>")
VRFY_SYNTAX = Reply(501, "5.4", "Syntax: VRFY address")
BDAT_SYNTAX = Reply(501, "5.4", "Syntax: BDAT size [LAST]")
XCLIENT_SYNTAX = Reply(501, "5.4", "Syntax: XCLIENT name=value ...")
AUTH_SYNTAX = Reply(501, "5.2", "Syntax: AUTH mechanism [initial-response], in base64")
AUTH_CANCELLED = Reply(501, "7.0", "Cancelled")
AUTH_TOO_LONG = Reply(500, "5.6", "Line too long for a login")
UNKNOWN_MECHANISM = Reply(504, "5.4", "This mechanism is not offered")
BAD_SENDER = Reply(501, "1.7", "Bad sender address syntax")
BAD_RECIPIENT = Reply(501, "1.3", "Bad recipient address syntax")
NEEDS_SMTPUTF8 = Reply(553, "6.7", "A non-ASCII address needs SMTPUTF8")
BAD_PARAMETER = Reply(501, "5.4", "Syntax error in a parameter")
UNKNOWN_PARAMETER = Reply(555, "5.4", "Parameter not recognized or not implemented")
NOT_SMTP = Reply(554, "5.1", "This is not your protocol's port")

# The command comes at the wrong time.
BAD_SEQUENCE = Reply(503, "5.1", "Bad sequence of commands")
NO_VALID_RECIPIENTS = Reply(554, "5.1", "No valid recipients")
TLS_FIRST = Reply(538, "7.11", "A login needs encryption: STARTTLS first")
LOG_IN_FIRST = Reply(530, "7.0", "A login is required")
EARLY_TALKER = Reply(554, "5.0", "Protocol error: you spoke before the greeting")

# A login that fails; why is not told.
LOGIN_FAILED = Reply(535, "7.8", "Login or secret not valid")

# A limit of ours.
TOO_LARGE = Reply(552, "3.4", "Message too large")
TOO_MANY_RECIPIENTS = Reply(452, "5.3", "Too many recipients")
SECOND_CLIENT = Reply(452, "5.3", "This recipient needs a transaction of its own")
TOO_MANY_ERRORS = Reply(421, "7.0", "Too many errors")
TOO_MANY_TRANSACTIONS = Reply(421, "7.0", "Too many messages in one session")
TOO_MANY_CONNECTIONS = Reply(421, "7.0", "Too many connections from your address")
SILENCE = Reply(421, "4.2", "Nothing heard for too long")
SHUTTING_DOWN = Reply(421, "3.2", "Shutting down, please come back")

# What the message or the envelope is refused for.
BARE_NEWLINE = Reply(550, "6.0", "Bare CR or LF in the message; lines end in CRLF (RFC 5321 section 2.3.8)")
NUL_OCTET = Reply(550, "6.0", "NUL octet in the message (RFC 5322 section 2.2)")
UNKNOWN_DOMAIN = Reply(550, "7.1", "We do not serve this domain")
UNKNOWN_ADDRESS = Reply(550, "1.1", "No such address")
LOOP = Reply(554, "4.6", "Mail loop")

# Our own trouble.
TRY_LATER = Reply(451, "3.0", "Please try again later")
LOGIN_UNAVAILABLE = Reply(454, "7.0", "Logins cannot be checked at present; please try again later")
NO_ROOM = Reply(452, "3.1", "No room for mail at present")
