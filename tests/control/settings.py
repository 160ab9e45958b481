"""Django's settings for tests: a SQLite file that is deleted at their end, or the PostgreSQL that ECLUSE_TEST_POSTGRESQL names by its folder."""

import os
import tempfile

SECRET_KEY = "for tests only"
USE_TZ = True
TIME_ZONE = "UTC"
INSTALLED_APPS = [
    "ecluse.control.audit",
    "ecluse.control.tenants",
    "ecluse.control.keystore",
    "ecluse.control.policies",
    "ecluse.control.mail",
]
ECLUSE_MASTER_KEY = None  # Tests that seal make one.
ECLUSE_PUBLISHERS = ("ecluse.control.policies.publishing.publish",)
_folder = os.environ.get("ECLUSE_TEST_POSTGRESQL")
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _folder,
        "USER": "postgres",
        "NAME": "ecluse",
    }
    if _folder
    else {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "TEST": {"NAME": f"{tempfile.gettempdir()}/ecluse-control-{os.getpid()}.sqlite"},
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
}
