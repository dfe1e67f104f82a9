"""`manage.py kb check | import | export | publish`: the knowledge, from files to a release."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from pydantic import ValidationError

from knowledge.accounting import accounting_faults, read_accounting
from knowledge.exporting import NothingImported, working_content, write_content
from knowledge.faults import ContentFaults
from knowledge.golden import judge_cases
from knowledge.importing import ImportConflict, import_content
from knowledge.loading import SHIPPED, Content, load, summary
from knowledge.publishing import publish, publishable
from knowledge.reporting import report_lines, stage_results, unsourced
from triage.ranking import CompiledModel, InvalidRelease, compile_release


class Command(BaseCommand):
    help = "Check, import, export and publish the knowledge."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        shown = "check | import | export | publish"
        actions = parser.add_subparsers(dest="action", required=True, metavar=shown)
        check = actions.add_parser("check", help="find every fault in the files and rank the golden cases")
        _path(check)
        check.add_argument(
            "--without-each",
            action="store_true",
            help="also take away one observation of each golden case at a time: first three is enough",
        )
        check.add_argument(
            "--report",
            action="store_true",
            help="also tell what it rests on, and fail on an unsourced claim or an unaccounted fact",
        )
        _path(actions.add_parser("import", help="bring the files into the working copy, all or nothing"))
        export = actions.add_parser("export", help="write the working copy as files")
        export.add_argument("path", type=Path, help="a folder; it is made if it is not there")
        release = actions.add_parser("publish", help="make a release of the working copy")
        release.add_argument("--notes", default="", help="what changed, for the list of releases")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except ContentFaults as error:
            self.stderr.write(str(error))
            raise CommandError(f"{counted(len(error.faults), 'fault')}; nothing was changed.") from error
        except ImportConflict as error:
            self.stderr.write(str(error))
            raise CommandError(
                f"{counted(len(error.conflicts), 'conflict')} between local edits and the new content; "
                "nothing was imported."
            ) from error
        except (InvalidRelease, NothingImported, ValidationError) as error:
            raise CommandError(str(error)) from error

    def _check(self, options: dict[str, Any]) -> None:
        content = self._load(options)
        self.stdout.write(summary(content))
        self._progress("measuring misfit on sampled cases")
        model = compile_release(publishable(content))
        failed = 0
        for verdict in judge_cases(model, content.cases, without_each=options["without_each"]):
            failed += not verdict.passed
            self.stdout.write(
                f"{'passed' if verdict.passed else 'FAILED'}  {verdict.code}: "
                f"first is {verdict.first} ({verdict.share:.0%})"
            )
            for sentence in verdict.failures:
                self.stdout.write(f"        {sentence}")
        if options["report"]:
            self._report(content, options["path"], model)
        if failed:
            raise CommandError(f"{failed} of {counted(len(content.cases), 'golden case')} failed.")
        self.stdout.write(self.style.SUCCESS("The knowledge is sound."))

    def _report(self, content: Content, path: Path, model: CompiledModel) -> None:
        facts = read_accounting(path)
        for line in report_lines(content, facts, stage_results(content, model)):
            self.stdout.write(line)
        faults = [*unsourced(content.document), *accounting_faults(facts, content.document)]
        if faults:
            raise ContentFaults(faults)

    def _import(self, options: dict[str, Any]) -> None:
        content = self._load(options)
        self._progress("comparing with the working copy")
        plan = import_content(content)
        kept = plan.having("keep")
        for change in kept:
            self.stdout.write(f"local edit kept: {change.kind} {change.code} ({', '.join(change.fields)})")
        if not plan.writes:
            self.stdout.write("Nothing to do: the working copy holds this content already.")
            return
        counts = [f"{len(plan.having(action))} {action}d" for action in ("create", "update", "delete")]
        self.stdout.write(self.style.SUCCESS(f"Imported: {', '.join(counts)}."))

    def _export(self, options: dict[str, Any]) -> None:
        root: Path = options["path"]
        if root.exists() and not root.is_dir():
            raise CommandError(f"{root} is a file; give a folder.")
        written = write_content(working_content(), root)
        self.stdout.write(self.style.SUCCESS(f"{counted(len(written), 'file')} written under {root}."))

    def _publish(self, options: dict[str, Any]) -> None:
        self._progress("measuring misfit on sampled cases")
        release = publish(notes=options["notes"])
        self.stdout.write(self.style.SUCCESS(f"{release}: {release.sha256}"))

    def _load(self, options: dict[str, Any]) -> Content:
        path: Path = options["path"]
        self._progress(f"reading {path}")
        return load(path)

    def _progress(self, text: str) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"{text} …")


def _path(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", type=Path, default=SHIPPED, help="folder of content files")


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
