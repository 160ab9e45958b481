"""Django's settings for tests: SQLite in memory, or the PostgreSQL that ECLUSE_TEST_POSTGRESQL names by its folder."""

import os
import tempfile

SECRET_KEY = "for tests only"
USE_TZ = True
TIME_ZONE = "UTC"
INSTALLED_APPS = ["ecluse.control.audit", "ecluse.control.tenants", "ecluse.control.policies"]
ECLUSE_PUBLISHERS = ("ecluse.control.policies.publishing.publish",)
_scratch = tempfile.mkdtemp(prefix="ecluse-control-")
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
        "TEST": {"NAME": f"{_scratch}/control.sqlite"},
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
}
