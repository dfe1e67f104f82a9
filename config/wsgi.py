"""The door for web servers. It never reads var/dev.env: production settings come from the environment
alone.
"""

import os

from django.core.wsgi import get_wsgi_application

from config.requests import LastResort

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = LastResort(get_wsgi_application())

from config.checks import refuse_unsafe_database  # noqa: E402 - when the apps are there

refuse_unsafe_database()
