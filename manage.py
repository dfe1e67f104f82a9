#!/usr/bin/env python3
"""The command line of Tinel. Without DATABASE_URL it works on the embedded PostgreSQL of this clone."""

import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from config.development import prepare_environment
from config.embedded_places import EmbeddedPostgresError

WITHOUT_DATABASE = {"db", "help", "version", "--help", "--version", "collectstatic"}


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    try:
        prepare_environment(start_database=command not in WITHOUT_DATABASE)
    except EmbeddedPostgresError as error:
        sys.exit(str(error))

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
