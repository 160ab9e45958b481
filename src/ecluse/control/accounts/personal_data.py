"""What is held of people who sign in, also by the packages that the sign-in is made of."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_SIGNS_IN = "he still belongs to a client or to the provider, who dismisses him first"
_SECRET = "a digest of a random secret"  # noqa: S105 - what a field holds, in words.
LOOKED = "proves for 365 days who of the provider's people looked at a client's mail (14-3)"
_DEVICE = Personal("user_agent", Holds.BESIDE, Whose.MEMBER, Erasing.ALONG)

_OWN = (
    Store(
        "accounts.User",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.WHILE_USED,
        (
            Impersonal("password", "a salted hash"),
            Personal("email", Holds.ADDRESS, Whose.MEMBER, Erasing.SERVICE, _SIGNS_IN),
            Personal("name", Holds.BESIDE, Whose.MEMBER, Erasing.ALONG, is_correctable=True),
        ),
    ),
    Store(
        "accounts.Membership",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.WHILE_USED,
        (Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG),),
    ),
    Store(
        "accounts.Invitation",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.LOGS,
        (
            Personal("email", Holds.ADDRESS, Whose.MEMBER, Erasing.ROW),
            Impersonal("digest", _SECRET),
            Personal("invited_by", Holds.ADDRESS, Whose.MEMBER, Erasing.UNNAMED),
            Impersonal("mailed_digest", _SECRET),
        ),
    ),
    Store(
        "accounts.SignInLink",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.SOON_OVER,
        (Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG), Impersonal("digest", _SECRET)),
    ),
    Store("accounts.SignInRules", Purpose.SIGN_IN, Basis.CONTRACT, Kept.WHILE_USED, ()),
    Store(
        "accounts.IdentityProvider",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.WHILE_USED,
        (
            Impersonal("slug", "random"),
            Impersonal("name", "of a service of the client"),
            Impersonal("issuer", "of a service of the client"),
            Impersonal("application", "how that service calls us"),
            Impersonal("secret", "of a program"),
        ),
    ),
    Store(
        "accounts.Identity",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.WHILE_USED,
        (
            Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG),
            Personal("subject", Holds.BESIDE, Whose.MEMBER, Erasing.ALONG),
        ),
    ),
    Store(
        "accounts.BreakGlass",
        Purpose.PROOF,
        Basis.INTEREST,
        Kept.LOGS,
        (
            Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG),
            Personal("reason", Holds.WORDS, Whose.ANYBODY, Erasing.UNNAMED),
            Personal("acts_as", Holds.ADDRESS, Whose.MEMBER, Erasing.KEPT, LOOKED),
            Personal("consented_by", Holds.ADDRESS, Whose.MEMBER, Erasing.KEPT, LOOKED),
        ),
    ),
)

_OF_PACKAGES = (
    Store(
        "auth.Permission",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.WHILE_USED,
        (Impersonal("name", "Django's own"), Impersonal("codename", "Django's own")),
    ),
    Store("auth.Group", Purpose.SIGN_IN, Basis.CONTRACT, Kept.WHILE_USED, (Impersonal("name", "unused"),)),
    Store(
        "contenttypes.ContentType",
        Purpose.OPERATION,
        Basis.CONTRACT,
        Kept.WHILE_USED,
        (Impersonal("app_label", "Django's own"), Impersonal("model", "Django's own")),
    ),
    Store(
        "sessions.Session",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.SOON_OVER,
        (
            Impersonal("session_key", "random"),
            Personal(
                "session_data",
                Holds.SEALED,
                Whose.MEMBER,
                Erasing.LAPSES,
                "the number of an account; worth nothing once that is gone, and over with the session",
            ),
        ),
    ),
    Store(
        "account.EmailAddress",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.WHILE_USED,
        (
            Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG),
            Personal("email", Holds.ADDRESS, Whose.MEMBER, Erasing.ALONG),
        ),
    ),
    Store("account.EmailConfirmation", Purpose.SIGN_IN, Basis.CONTRACT, Kept.SOON_OVER, (Impersonal("key", "random"),)),
    Store(
        "mfa.Authenticator",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.WHILE_USED,
        (
            Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG),
            Impersonal("data", "keys and secrets"),
        ),
    ),
    Store(
        "socialaccount.SocialApp",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.WHILE_USED,
        (
            Impersonal("provider", "unused: `accounts.IdentityProvider` has them"),
            Impersonal("provider_id", "unused"),
            Impersonal("name", "unused"),
            Impersonal("client_id", "unused"),
            Impersonal("secret", "unused"),
            Impersonal("key", "unused"),
            Impersonal("settings", "unused"),
        ),
    ),
    Store(
        "socialaccount.SocialAccount",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.WHILE_USED,
        (
            Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG),
            Impersonal("provider", "of the client"),
            Personal("uid", Holds.BESIDE, Whose.MEMBER, Erasing.ALONG),
            Personal("extra_data", Holds.PLAIN, Whose.MEMBER, Erasing.ROW),
        ),
    ),
    Store(
        "socialaccount.SocialToken",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.WHILE_USED,
        (Impersonal("token", "not kept: SOCIALACCOUNT_STORE_TOKENS"), Impersonal("token_secret", "not kept")),
    ),
    Store(
        "usersessions.UserSession",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.LOGS,
        (
            Personal("user", Holds.PERSON, Whose.MEMBER, Erasing.ALONG),
            Personal("ip", Holds.BESIDE, Whose.MEMBER, Erasing.ALONG),
            Impersonal("session_key", "random"),
            _DEVICE,
            Impersonal("data", "unused"),
        ),
    ),
)

# Looked through first: whom a client may look for there is known by his account.
_TRIED = (
    Store(
        "accounts.SignInRequest",
        Purpose.SIGN_IN,
        Basis.CONTRACT,
        Kept.SOON_OVER,
        (
            Personal("email", Holds.ADDRESS, Whose.MEMBER, Erasing.ROW),
            Impersonal("language", "English or French"),
        ),
    ),
    *(
        Store(
            f"axes.{model}",
            Purpose.SIGN_IN,
            Basis.INTEREST,
            Kept.LOGS,
            (
                _DEVICE,
                Personal("ip_address", Holds.BESIDE, Whose.MEMBER, Erasing.ALONG),
                Personal("username", Holds.ADDRESS, Whose.MEMBER, Erasing.ROW),
                Impersonal("http_accept", "which formats a browser takes"),
                Impersonal("path_info", "of the page of sign-in"),
                *own,
            ),
        )
        for model, own in (
            ("AccessFailureLog", ()),
            (
                "AccessAttempt",
                (
                    Personal("get_data", Holds.WORDS, Whose.MEMBER, Erasing.ROW),
                    Personal("post_data", Holds.WORDS, Whose.MEMBER, Erasing.ROW),
                ),
            ),
            ("AccessLog", (Impersonal("session_hash", "a digest of something random"),)),
        )
    ),
    Store("axes.AccessAttemptExpiration", Purpose.SIGN_IN, Basis.INTEREST, Kept.SOON_OVER, ()),
)

PERSONAL_DATA = (*_TRIED, *_OWN, *_OF_PACKAGES)
