"""What the knowledge holds and rests on, in figures: `manage.py kb check --report`. Needs no database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from knowledge.accounting import OUTCOMES, Fact
from knowledge.faults import Fault, key_path
from knowledge.golden import STAGE_WORDS, STAGES, ranked, recorded_at, unmet, up_to
from knowledge.loading import Content
from knowledge.schema import Document
from knowledge.schema.claims import all_claims
from triage.ranking import CompiledModel


@dataclass(frozen=True)
class StageResult:
    """How the golden cases fare with only what is known by the end of a stage.

    `passed` of `cases`; `with_facts` of them have an observation of this very stage.
    """

    stage: str
    passed: int
    cases: int
    with_facts: int

    def __str__(self) -> str:
        return (
            f"golden cases passed {STAGE_WORDS[self.stage]}: {self.passed} of {self.cases} "
            f"({self.with_facts} have facts of this stage)"
        )


def report_lines(content: Content, facts: Sequence[Fact], stages: Iterable[StageResult]) -> Iterator[str]:
    """The report, line by line."""
    document = content.document
    yield f"conditions: {len(document.conditions)}"
    yield f"findings: {len(document.findings)}"
    yield f"evidence rows: {len(document.evidence)}"
    studied = sum(row.basis == "study" for row in document.evidence)
    classes = sum(row.frequency_class is not None for row in document.evidence)
    total = len(document.evidence)
    yield f"  from a study: {_share(studied, total)}"
    yield f"  an expert's class: {_share(classes, total)}"
    yield f"  an expert's counts over levels: {_share(total - studied - classes, total)}"
    claims = [claim for _, _, claim in all_claims(document)]
    cited = {claim.source for claim in claims if claim.source}
    status = Counter(source.status for source in document.sources)
    counts = ", ".join(f"{number} {word}" for word, number in sorted(status.items()))
    yield f"sources: {len(document.sources)} ({counts}; {len(cited)} cited)"
    yield f"claims: {len(claims)}, {len(unsourced(document))} of them unsourced"
    yield from (str(stage) for stage in stages)
    yield from _accounting_lines(facts)


def _accounting_lines(facts: Sequence[Fact]) -> Iterator[str]:
    for kind in sorted({fact.kind for fact in facts}):
        outcomes = Counter(fact.outcome for fact in facts if fact.kind == kind)
        told = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in OUTCOMES)
        yield f"{kind} facts: {outcomes.total()} ({told})"


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.1%})" if whole else "0"


def unsourced(document: Document) -> list[Fault]:
    """Claims that name no verified source with a place in it, and do not say that they are estimates."""
    verified = {source.code for source in document.sources if source.status == "verified"}
    faults = []
    for row, path, claim in all_claims(document):
        rests = claim.source in verified and claim.locator is not None
        if rests or (claim.basis == "expert_estimate" and claim.source is None):
            continue
        if claim.basis == "expert_estimate" and claim.source in verified:
            continue
        plain = row.plain()
        name = " ".join(str(plain[key]) for key in ("code", "condition", "finding") if key in plain)
        faults.append(
            Fault("content", 0, f"{name} {key_path(path)}".strip(), "a claim without a verified source")
        )
    return faults


def stage_results(content: Content, model: CompiledModel) -> Iterator[StageResult]:
    """Each golden case ranked at the end of each stage, with only what was recorded by then.

    It is held against what it expects after that stage, or else against what it expects in the end.
    """
    for stage in STAGES:
        passed = with_facts = 0
        for case in content.cases:
            with_facts += any(recorded_at(row, model) == stage for row in case.case.observations)
            ranking = ranked(model, up_to(stage, case, model).case.plain())
            expected = case.expect.after.get(stage) or case.expect
            passed += not list(unmet(expected, ranking))
        yield StageResult(stage, passed, len(content.cases), with_facts)
