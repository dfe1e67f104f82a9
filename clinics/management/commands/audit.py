"""`manage.py audit verify | head`: what is on record, link by link."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from clinics.acting import Acting, act
from clinics.audit_chain import Head, Heads, chains, first_broken_link, head
from clinics.models import Clinic

INSTALLATION = "the installation"
BROKEN = 1


class Command(BaseCommand):
    help = "Walk the chain of what is on record (exit 1 at a broken link), or export its last links."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["verify", "head"])
        parser.add_argument(
            "--clinic", help="name or id of one clinic; without it: all, and the installation"
        )
        parser.add_argument(
            "--heads", type=Path, metavar="FILE", help="verify: links exported by `audit head`"
        )
        parser.add_argument(
            "--output", type=Path, metavar="FILE", help="head: add to FILE instead of printing"
        )
        parser.add_argument("--database", default="owner" if "owner" in connections else DEFAULT_DB_ALIAS)

    def handle(self, *args: Any, **options: Any) -> None:
        self.names = {
            str(pk): name for pk, name in Clinic.objects.using(options["database"]).values_list("pk", "name")
        }
        alias = options["database"]
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            act(Acting(administration=True), using=alias)  # all chains
            getattr(self, options["action"])(cursor, options)

    def verify(self, cursor: Any, options: dict[str, Any]) -> None:
        heads = read_heads(options["heads"]) if options["heads"] else {}
        broken = 0
        for clinic in self._chosen(cursor, options["clinic"], heads):
            name = self._name(clinic)

            def progress(count: int, name: str = name) -> None:
                self.stderr.write(f"{name}: {count:,} events walked")

            fault = first_broken_link(cursor, clinic, heads=heads.get(clinic), progress=progress)
            if fault:
                broken += 1
                event = f" (event {fault.event_id})" if fault.event_id else ""
                self.stdout.write(f"BROKEN  {name}: link {fault.seq}{event}: {fault.fault}")
            else:
                self.stdout.write(f"whole   {name}")
        if broken:
            sys.exit(BROKEN)

    def head(self, cursor: Any, options: dict[str, Any]) -> None:
        heads = [head(cursor, clinic) for clinic in self._chosen(cursor, options["clinic"], {})]
        lines = [found.to_line() for found in heads if found]
        if options["output"]:
            with options["output"].open("a", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
        else:
            self.stdout.writelines(f"{line}\n" for line in lines)

    def _chosen(self, cursor: Any, wanted: str | None, heads: dict[str | None, Heads]) -> list[str | None]:
        """The chain asked for, or all: those of events, of clinics, and those only an export knows."""
        if wanted is None:
            known = set(chains(cursor)) | set(heads)
            return sorted(known, key=lambda clinic: (clinic is not None, self._name(clinic)))
        for pk, name in self.names.items():
            if wanted in (pk, name):
                return [pk]
        raise CommandError(f"There is no clinic “{wanted}”.")

    def _name(self, clinic: str | None) -> str:
        return INSTALLATION if clinic is None else self.names.get(clinic, f"removed clinic {clinic}")


def read_heads(path: Path) -> dict[str | None, Heads]:
    heads: dict[str | None, dict[int, str]] = defaultdict(dict)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    for number, line in enumerate(lines, start=1):
        try:
            found = Head.from_line(line)
        except ValueError as error:
            raise CommandError(f"{path}, line {number}: {error}") from None
        heads[found.clinic][found.seq] = found.hash
    return dict(heads)
