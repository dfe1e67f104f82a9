"""Settings for the type checker, which reads them without a database and outside manage.py."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-the-type-checker")
os.environ.setdefault("ALLOWED_HOSTS", "localhost")
os.environ.setdefault("DATABASE_URL", "postgresql://app@localhost/tinel")
os.environ.setdefault("DEBUG", "1")

from config.settings import *  # noqa: F403
