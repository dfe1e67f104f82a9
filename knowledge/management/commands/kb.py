"""`manage.py kb check | import | export | evidence | schema | publish`: from files to a release and back."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from pydantic import ValidationError

from knowledge.accounting import accounting_faults, read_accounting
from knowledge.documents import SUFFIXES, document_text, read_document_file
from knowledge.evidence_import import (
    EvidenceConflict,
    conflict_lines,
    evidence_rows,
    import_evidence,
    preview_evidence,
)
from knowledge.exporting import NothingImported, release_block, working_content, write_content
from knowledge.faults import ContentFaults
from knowledge.golden import judge_cases
from knowledge.importing import ImportConflict, import_content, preview_import
from knowledge.loading import SHIPPED, Content, load, summary
from knowledge.plans import plan_words
from knowledge.publishing import publish, publishable
from knowledge.reporting import report_lines, stage_results, unsourced
from knowledge.schema.published import release_schema_text
from knowledge.sheets import read_sheet, sheet_text
from triage.ranking import CompiledModel, InvalidRelease, compile_release


class Command(BaseCommand):
    help = "Check, import, export and publish the knowledge."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        shown = "check | import | export | evidence | schema | publish"
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
        brought = actions.add_parser("import", help="bring files into the working copy, all or nothing")
        _path(brought, "folder of content files, or one release document (.json, .yaml)")
        brought.add_argument(
            "--dry-run", action="store_true", help="tell the plan with all checks; keep nothing"
        )
        brought.add_argument("--base", type=Path, help="what the files were made from, else the last import")
        export = actions.add_parser("export", help="write the working copy as files")
        export.add_argument("path", type=Path, help="a folder, or FILE.json, or FILE.yaml")
        actions.add_parser("schema", help="print the JSON Schema of a release document")
        _evidence(actions.add_parser("evidence", help="the evidence table as CSV, both ways"))
        release = actions.add_parser("publish", help="make a release of the working copy")
        release.add_argument("--notes", default="", help="what changed, for the list of releases")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except ContentFaults as error:
            self.stderr.write(str(error))
            raise CommandError(f"{counted(len(error.faults), 'fault')}; nothing was changed.") from error
        except ImportConflict as error:
            for clash in plan_words(error.plan).clashes:
                self.stderr.write(str(clash))
            raise CommandError(
                f"{counted(len(error.conflicts), 'conflict')} between local edits and the new content; "
                "nothing was imported."
            ) from error
        except EvidenceConflict as error:
            for line in conflict_lines(error):
                self.stderr.write(line)
            raise CommandError(f"{error}; nothing was imported.") from error
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
        base = self._load({"path": options["base"]}) if options["base"] else None
        self._progress("comparing with the working copy")
        plan = (preview_import if options["dry_run"] else import_content)(content, base)
        words = plan_words(plan)
        for step in [*words.kept, *(words.steps if options["dry_run"] else ())]:
            self.stdout.write(str(step))
        if not plan.writes:
            self.stdout.write("Nothing to do: the working copy holds this content already.")
            return
        counts = [f"{len(plan.having(action))} {action}d" for action in ("create", "update", "delete")]
        done = "Would be imported" if options["dry_run"] else "Imported"
        self.stdout.write(self.style.SUCCESS(f"{done}: {', '.join(counts)}."))

    def _export(self, options: dict[str, Any]) -> None:
        path: Path = options["path"]
        one_document = path.suffix in SUFFIXES and not path.is_dir()
        if path.exists() and not path.is_dir() and not one_document:
            raise CommandError(f"{path} is a file; give a folder, or a name ending in .json or .yaml.")
        content = working_content()
        if one_document:
            path.write_text(document_text(content.document.plain(), path.suffix), encoding="utf-8")
            self.stdout.write(self.style.SUCCESS(f"One document written to {path}."))
            return
        written = write_content(content, path)
        self.stdout.write(self.style.SUCCESS(f"{counted(len(written), 'file')} written under {path}."))

    def _schema(self, options: dict[str, Any]) -> None:
        self.stdout.write(release_schema_text(), ending="")

    def _evidence(self, options: dict[str, Any]) -> None:
        path: Path = options["path"]
        if options["way"] == "export":
            release_block()
            rows = evidence_rows(options["condition"])
            path.write_text(sheet_text(rows), encoding="utf-8-sig", newline="")
            self.stdout.write(self.style.SUCCESS(f"{counted(len(rows), 'row')} written to {path}."))
            return
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read ({error.strerror}).") from error
        lines = read_sheet(raw, path.name)
        changes = (preview_evidence if options["dry_run"] else import_evidence)(lines, path.name)
        for change in changes:
            self.stdout.write(str(change))
        done = "would be written" if options["dry_run"] else "written"
        self.stdout.write(self.style.SUCCESS(f"{counted(len(changes), 'row')} of {len(lines)} {done}."))

    def _publish(self, options: dict[str, Any]) -> None:
        self._progress("measuring misfit on sampled cases")
        release = publish(notes=options["notes"])
        self.stdout.write(self.style.SUCCESS(f"{release}: {release.sha256}"))

    def _load(self, options: dict[str, Any]) -> Content:
        path: Path = options["path"]
        self._progress(f"reading {path}")
        return read_document_file(path) if path.suffix in SUFFIXES and not path.is_dir() else load(path)

    def _progress(self, text: str) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"{text} …")


def _path(parser: argparse.ArgumentParser, help_text: str = "folder of content files") -> None:
    parser.add_argument("path", nargs="?", type=Path, default=SHIPPED, help=help_text)


def _evidence(parser: argparse.ArgumentParser) -> None:
    ways = parser.add_subparsers(dest="way", required=True, metavar="export | import")
    export = ways.add_parser("export", help="write the evidence of the working copy")
    export.add_argument("path", type=Path, metavar="FILE.csv")
    export.add_argument("--condition", action="append", default=[], help="only this one; may be repeated")
    back = ways.add_parser("import", help="bring changed rows back, all or nothing")
    back.add_argument("path", type=Path, metavar="FILE.csv")
    back.add_argument("--dry-run", action="store_true", help="tell the plan with all checks; keep nothing")


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
