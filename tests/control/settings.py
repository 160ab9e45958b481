"""Django's settings for tests: the console's own, on a SQLite file that is deleted at their end, or on the PostgreSQL that ECLUSE_TEST_POSTGRESQL names by its folder."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from ecluse.entrypoints.console_tables import Web
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.web_settings import database, django_settings
from ecluse.web.catalogs import compile_into
from ecluse.wire.notations import DomainName

# mypy, which reads this page too, ends at once: what it leaves behind goes when the next one comes.
for _left in Path(tempfile.gettempdir()).glob("ecluse-django-*-*"):
    if not Path("/proc", _left.name.split("-")[2]).exists():
        shutil.rmtree(_left, ignore_errors=True)
_scratch = Path(tempfile.mkdtemp(prefix=f"ecluse-django-{os.getpid()}-"))
atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
_settings = Settings(hostname=DomainName("mx.provider.example"), data_dir=_scratch, web=Web(url="http://testserver"))
_made = django_settings(_settings)
globals().update(_made)
ECLUSE_MASTER_KEY = None  # Tests that seal make one.
INSTALLED_APPS = _made["INSTALLED_APPS"]  # Named once more for who reads without running: mypy.
AUTH_USER_MODEL = "accounts.User"
compile_into(_made["LOCALE_PATHS"][0])

_folder = os.environ.get("ECLUSE_TEST_POSTGRESQL")
DATABASES = {
    "default": database(f"postgresql://ecluse@/ecluse?host={_folder}")
    if _folder
    else {
        **database("sqlite:////:memory:"),
        "TEST": {"NAME": str(_scratch / "control.sqlite")},
    }
}
DATABASES["default"].pop("CONN_MAX_AGE", None)
# What is fast for tests: files as they are, passwords by a quick hash, limits in memory.
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ("django.contrib.auth.hashers.MD5PasswordHasher",)
SERVED_CACHES = _made["CACHES"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
MIDDLEWARE = tuple(each for each in _made["MIDDLEWARE"] if "whitenoise" not in each)
