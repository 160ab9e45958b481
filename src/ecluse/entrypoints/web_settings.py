"""Django's settings, made from ours: the console has no settings file of its own."""

from __future__ import annotations

import secrets
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from ecluse.control.secret_file import made_once
from ecluse.control.signing.records import Provider
from ecluse.control.support.desk import Desk
from ecluse.control.support.office_hours import OfficeHours
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings

CONTROL_APPS = (
    "ecluse.control.attempts",
    "ecluse.control.audit",
    "ecluse.control.tenants",
    "ecluse.control.keystore",
    "ecluse.control.signing",
    "ecluse.control.sending",
    "ecluse.control.suppression",
    "ecluse.control.accounts",
    "ecluse.control.programs",
    "ecluse.control.policies",
    "ecluse.control.mail",
    "ecluse.control.learning",
    "ecluse.control.contracts",
    "ecluse.control.sla",
    "ecluse.control.billing",
    "ecluse.control.support",
    "ecluse.control.webhooks",
    "ecluse.control.directories",
    "ecluse.control.operation",
    "ecluse.control.abuse",
    "ecluse.control.privacy",
)
OTHER_APPS = (
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "axes",
)
MIDDLEWARE = (
    "ecluse.web.proxies.proxies",  # First: everything after it must know who asks.
    "ecluse.web.api.border.border",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ecluse.web.languages.languages",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "ecluse.web.sign_in.second_factor.second_factor",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",  # Last, as it asks.
)
# Nothing from elsewhere, nothing inline: what a stranger gets into a page cannot run.
_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],  # Bootstrap's own pictures stand in its style sheet.
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "manifest-src": ["'self'"],
    "frame-src": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
}
_KEY_OCTETS = 48
_SQLITE_WAIT_S = 20


def django_settings(settings: Settings) -> dict[str, Any]:
    """Everything that Django and the packages on it are told."""
    paths = DataPaths(settings.data_dir)
    return {
        "SECRET_KEY": secret_key(paths.secret_key),
        "INSTALLED_APPS": (*CONTROL_APPS, "ecluse.web", *OTHER_APPS),
        "MIDDLEWARE": MIDDLEWARE,
        "ROOT_URLCONF": "ecluse.web.urls",
        "DATABASES": {"default": database(database_url(settings))},
        "CACHES": {
            # In the database: limits that each process counted for itself would be none.
            "default": {
                "BACKEND": "django.core.cache.backends.db.DatabaseCache",
                "LOCATION": "web_cache",
                # When full, Django throws counters away that still count: of its own 300 a stranger would make that many.
                "OPTIONS": {"MAX_ENTRIES": 100_000},
            }
        },
        "TEMPLATES": [_templates()],
        "ECLUSE_FOLLOWERS": (
            "ecluse.control.policies.filter_wishes.forget_gone",
            "ecluse.control.mail.digest_settings.forget_gone",
            "ecluse.control.sending.services.follow_domains",
            "ecluse.control.policies.publishing.publish",
        ),
        "ECLUSE_ALIASES_ARE_USERS": settings.contracts.aliases_are_users,
        "ECLUSE_SUSPENDS_FOR_VOLUME": settings.contracts.suspends_for_volume,
        "ECLUSE_MASTER_KEY": str(paths.master_key),
        "ECLUSE_SENDING": sending_provider(settings),
        "ECLUSE_SUPPORT": support_desk(settings),
        "ECLUSE_URL": settings.web.url,
        "ECLUSE_PROXIES": tuple(map(str, settings.web.proxies)),
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "LOGGING_CONFIG": None,  # Our own stands in `logs`.
        **_languages(paths),
        **_static_files(paths),
        **_security(settings),
        **_accounts(),
    }


def sending_provider(settings: Settings) -> Provider:
    """What clients' records are made of."""
    ours = settings.signing
    return Provider(
        zone=str(ours.zone or ""),
        spf=str(ours.spf or ""),
        dmarc_reports=ours.dmarc_reports or "",
        tls_reports=ours.tls_reports or "",
        exchanges=tuple(map(str, settings.web.exchanges)) or (str(settings.hostname),),
    )


def support_desk(settings: Settings) -> Desk:
    """How support is set up."""
    ours = settings.support
    hours = OfficeHours(ZoneInfo(ours.time_zone), time.fromisoformat(ours.opens), time.fromisoformat(ours.closes))
    return Desk(
        (ours.address or "").lower(),
        hours,
        close_after_days=ours.close_after_days,
        files_days=ours.files_days,
        keep_days=ours.keep_days,
        remind_agents_hours=ours.remind_agents_hours,
        remind_client_days=ours.remind_client_days,
        solve_after_days=ours.solve_after_days,
    )


def secret_key(file: Path) -> str:
    """The key in this file, made at first use; nobody but its owner may read it. Raises `OSError`."""
    return made_once(file, lambda: secrets.token_urlsafe(_KEY_OCTETS).encode()).decode("ascii")


def database_url(settings: Settings) -> str:
    """Of the control database: the one that is set, or a SQLite file of our own."""
    return settings.control.database or f"sqlite://{DataPaths(settings.data_dir).control_database}"


def database(url: str) -> dict[str, Any]:
    """Django's form of `sqlite:///path` or `postgresql://user@host:port/name?host=/socket/folder`."""
    if url.startswith("sqlite:///"):
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(url.removeprefix("sqlite://")),
            "OPTIONS": {
                # A change takes the write lock when it begins: none fails halfway because somebody else was first.
                "transaction_mode": "IMMEDIATE",
                "timeout": _SQLITE_WAIT_S,
                "init_command": "PRAGMA journal_mode=WAL",
            },
        }
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return {
        "ENGINE": "ecluse.control.tenants.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": query.get("port", [parts.port or ""])[0],
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def _templates() -> dict[str, Any]:
    return {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "ecluse.web.templatetags.actors",
                "ecluse.web.templatetags.lock_evidence",
            ],
        },
    }


def _languages(paths: DataPaths) -> dict[str, Any]:
    return {
        "LANGUAGE_CODE": "en",
        "LANGUAGES": [("en", "English"), ("fr", "Français")],
        "LANGUAGE_COOKIE_NAME": "language",
        "LOCALE_PATHS": [paths.web_files / "locale"],
        "USE_I18N": True,
        "FORMAT_MODULE_PATH": "ecluse.web.formats",
    }


def _static_files(paths: DataPaths) -> dict[str, Any]:
    return {
        "STATIC_URL": "/static/",
        "STATIC_ROOT": paths.web_files / "static",
        "STORAGES": {
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
        },
    }


def _security(settings: Settings) -> dict[str, Any]:
    url = urlsplit(settings.web.url)
    is_https = url.scheme == "https"
    prefix = "__Host-" if is_https else ""
    return {
        "ALLOWED_HOSTS": [url.hostname],
        "CSRF_TRUSTED_ORIGINS": [settings.web.url],
        "SESSION_COOKIE_NAME": f"{prefix}session",
        "SESSION_COOKIE_SECURE": is_https,
        "SESSION_COOKIE_AGE": settings.web.session_hours * 3_600,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "CSRF_COOKIE_NAME": f"{prefix}csrf",
        "CSRF_COOKIE_SECURE": is_https,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Strict",
        "CSRF_FAILURE_VIEW": "ecluse.web.errors.csrf_failure",
        "LANGUAGE_COOKIE_SECURE": is_https,
        "LANGUAGE_COOKIE_SAMESITE": "Lax",
        "SECURE_HSTS_SECONDS": 31_536_000 if is_https else 0,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "CONTENT_SECURITY_POLICY": {"DIRECTIVES": _CSP},
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 2_621_440,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 2_000,
    }


def _accounts() -> dict[str, Any]:
    return {
        "AUTH_USER_MODEL": "accounts.User",
        "AUTHENTICATION_BACKENDS": (
            "axes.backends.AxesStandaloneBackend",
            "allauth.account.auth_backends.AuthenticationBackend",
        ),
        "PASSWORD_HASHERS": ("django.contrib.auth.hashers.Argon2PasswordHasher",),
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
            for name, options in (
                ("MinimumLengthValidator", {"min_length": 12}),
                ("UserAttributeSimilarityValidator", {"user_attributes": ("email", "name")}),
                ("CommonPasswordValidator", {}),
                ("NumericPasswordValidator", {}),
            )
        ],
        "LOGIN_URL": "account_login",
        "LOGIN_REDIRECT_URL": "clients",
        "LOGOUT_REDIRECT_URL": "account_login",
        "ACCOUNT_ADAPTER": "ecluse.web.sign_in.adapter.AccountAdapter",
        "ACCOUNT_LOGIN_METHODS": {"email"},
        "ACCOUNT_SIGNUP_FIELDS": ["email*", "password1*"],
        "ACCOUNT_USER_MODEL_USERNAME_FIELD": None,
        "ACCOUNT_EMAIL_VERIFICATION": "none",  # Who comes by invitation has shown that the address is his.
        "ACCOUNT_LOGIN_ON_PASSWORD_RESET": False,
        "ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE": True,
        "ACCOUNT_SESSION_REMEMBER": False,
        # Per network address alone: a limit by name would let strangers lock a customer out. Axes does the rest.
        "ACCOUNT_RATE_LIMITS": {"login": "30/m/ip", "login_failed": "30/m/ip", "reset_password": "20/m/ip"},
        "SOCIALACCOUNT_ADAPTER": "ecluse.web.sign_in.identity.IdentityAdapter",
        # A form that leads elsewhere is forbidden by our CSP (form-action); state and PKCE protect what comes back.
        "SOCIALACCOUNT_LOGIN_ON_GET": True,
        "SOCIALACCOUNT_STORE_TOKENS": False,
        "SOCIALACCOUNT_PROVIDERS": {"openid_connect": {"OAUTH_PKCE_ENABLED": True}},
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_TOTP_ISSUER": "Écluse",
        "USERSESSIONS_TRACK_ACTIVITY": True,
        "AXES_FAILURE_LIMIT": 6,
        "AXES_COOLOFF_TIME": 0.25,  # Hours.
        "AXES_LOCKOUT_PARAMETERS": [["username", "ip_address"]],
        "AXES_USERNAME_CALLABLE": "ecluse.web.sign_in.lockout.username",
        "AXES_CLIENT_IP_CALLABLE": "ecluse.web.sign_in.lockout.client_ip",
        "AXES_LOCKOUT_CALLABLE": "ecluse.web.sign_in.lockout.locked_out",
        "AXES_RESET_ON_SUCCESS": True,
        "AXES_ENABLE_ACCESS_FAILURE_LOG": False,
        "AXES_VERBOSE": False,
    }
