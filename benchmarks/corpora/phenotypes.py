"""Rare diseases described with the Human Phenotype Ontology, as a release document of kind `corpus`.

The source is one JSON file: `terms` [[code, name, [parent codes]]], `alt` {old code: code}, `diseases`
[[code, name, rows]] with rows [term number, kind, x, y], and `refs_by_row` {disease: [reference number]}.
Kinds of row: `f` x of y patients · `c` an expert's frequency, a class or a percentage · `n` annotated, no
frequency stated · `o` an expert's class from a linked catalogue.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.corpora.settings import HPO_MODEL, HPO_PRIOR_EXPONENT
from benchmarks.corpora.titles import Titles

Document = dict[str, Any]
CLASSES = {1.0: "always", 0.895: "very_frequent", 0.545: "frequent", 0.17: "occasional", 0.025: "rare"}
ROWS = 2
TITLE, SERIES = "title", "series"
SERIES_PATIENTS, SERIES_LEAST = 5, 0.05  # what a series counts for; rarer findings are left out
SETTING = "primary_care"  # a corpus has one prior for all settings


@dataclass(frozen=True)
class Corpus:
    """The source as read, and the codes of its terms in a release."""

    raw: Mapping[str, Any]
    finding_of: Mapping[str, str]  # term code, old ones too -> finding code
    titles: Titles

    @property
    def version(self) -> str:
        return str(self.raw["meta"]["hpoa"])


def read_corpus(path: Path) -> Corpus:
    """A knowledge file, gzipped or not."""
    raw = json.loads(read_text(path))
    finding_of = {term[0]: code_of(term[0]) for term in raw["terms"]}
    finding_of |= {old: finding_of[new] for old, new in raw["alt"].items() if new in finding_of}
    return Corpus(raw, finding_of, Titles(raw))


def read_text(path: Path) -> str:
    """The text of a file, gzipped or not."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            return stream.read()
    return path.read_text(encoding="utf-8")


@cache
def code_of(name: str) -> str:
    """A release code: lower case, everything else an underscore, at most 63 characters."""
    code = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return (code if code[:1].isalpha() else f"c_{code}")[:63]


def release_document(corpus: Corpus, model: Mapping[str, Any] = HPO_MODEL) -> Document:
    """The whole corpus as a release document."""
    raw = corpus.raw
    return {
        "schema": "tinel.release/1",
        "name": f"Rare diseases, Human Phenotype Ontology {corpus.version}",
        "kind": "corpus",
        "model": dict(model),
        "findings": [_finding(corpus, *term) for term in raw["terms"]],
        "conditions": [
            {"code": code_of(disease[0]), "name": disease[1], "urgency": "routine"}
            for disease in raw["diseases"]
        ],
        "priors": [_prior(corpus, disease[0]) for disease in raw["diseases"]],
        "evidence": [row for disease in raw["diseases"] for row in evidence_rows(corpus, disease)],
        "sources": [
            _source(TITLE, "Findings named in the title of the disease"),
            _source(SERIES, "The other diseases of the same title but for its number"),
            *(
                _source(source_code(number), f"{reference}, as annotated in the data set")
                for number, reference in enumerate(raw["refs"])
            ),
        ],
    }


def _source(code: str, citation: str) -> Document:
    """What was read is the data set, whose own curators cite the text."""
    return {"code": code, "citation": citation, "status": "verified"}


def source_code(number: int) -> str:
    return f"reference_{number}"


def with_withheld(document: Document, pairs: Iterable[tuple[str, str]]) -> Document:
    """The document with one more condition per (condition, source): the condition without that source's rows.

    They have a vanishing prior, so that the population is what it was; a reader of the ranking puts their own
    in its place.
    """
    wanted: dict[str, list[str]] = {}
    for condition, source in pairs:
        wanted.setdefault(condition, []).append(source)
    twins = [
        {"code": withheld(condition, source), "name": condition, "urgency": "routine"}
        for condition, sources in wanted.items()
        for source in sources
    ]
    rows = [
        {**row, "condition": withheld(row["condition"], source)}
        for row in document["evidence"]
        for source in wanted.get(row["condition"], ())
        if row["source"] != source
    ]
    vanishing = {"share": 1e-12, "setting": SETTING, "basis": "expert_estimate"}
    priors = [*document["priors"], *({"condition": row["code"], **vanishing} for row in twins)]
    more = {"conditions": [*document["conditions"], *twins], "evidence": [*document["evidence"], *rows]}
    return {**document, **more, "priors": priors}


def papers(corpus: Corpus, disease: str) -> int:
    """Papers that describe a disease in the corpus."""
    references = set(corpus.raw["refs_by_row"][disease])
    return sum(corpus.raw["refs"][number].startswith("PMID") for number in references)


def _prior(corpus: Corpus, disease: str) -> Document:
    """What is published of more often is seen more often: (1 + papers) to an exponent, before normalising."""
    weight = (1 + papers(corpus, disease)) ** HPO_PRIOR_EXPONENT
    share = weight / (100 * len(corpus.raw["diseases"]))
    return {"condition": code_of(disease), "setting": SETTING, "share": share, "basis": "expert_estimate"}


def withheld(condition: str, source: str) -> str:
    """The code of a condition without a source."""
    return f"{condition}_without_{source}"


def evidence_rows(corpus: Corpus, disease: list[Any]) -> Iterator[Document]:
    """One row per annotation of a disease; one without a frequency only where no other states one."""
    condition, terms = code_of(disease[0]), corpus.raw["terms"]
    stated = {row[0] for row in disease[ROWS] if row[1] != "n"}
    for row, reference in zip(disease[ROWS], corpus.raw["refs_by_row"][disease[0]], strict=True):
        if row[1] == "n" and row[0] in stated:
            continue
        yield {
            "condition": condition,
            "finding": corpus.finding_of[terms[row[0]][0]],
            **_figure(*row[1:]),
            "source": source_code(reference),
            "locator": "annotation",
        }
    for term in corpus.titles.named(disease[1]):
        named = {"class": "named", "source": TITLE, "locator": "title"}
        yield {"condition": condition, "finding": corpus.finding_of[term], **named}


def with_series(corpus: Corpus, document: Document, pairs: Iterable[tuple[str, int]]) -> Document:
    """The document with rows for each (disease, reference) whose twin has none of its own left: those of its
    series, without that reference's rows.
    """
    described = {row["condition"] for row in document["evidence"] if row["source"] != TITLE}
    diseases = {disease[0]: disease for disease in corpus.raw["diseases"]}
    rows = [
        {
            "condition": twin, "finding": corpus.finding_of[term], "probability": share, "n": SERIES_PATIENTS,
            "source": SERIES, "locator": "mean of the series",
        }
        for code, reference in pairs
        if (twin := withheld(code_of(code), source_code(reference))) not in described
        for term, share in corpus.titles.borrowed(diseases[code], reference)
        if share >= SERIES_LEAST
    ]  # fmt: skip
    return {**document, "evidence": [*document["evidence"], *rows]}


def _figure(kind: str, x: float, y: float) -> Document:
    """What a row says: patients counted, or an expert's class."""
    if kind == "f":
        return {"positives": x, "n": y}
    if kind == "n":
        return {"class": "unstated"}
    name = CLASSES.get(x)
    if name is None:
        return {"probability": x, "n": 10}
    return {"class": f"linked_{name}" if kind == "o" else name}


def _finding(corpus: Corpus, term: str, name: str, parents: list[str]) -> Document:
    return {
        "code": corpus.finding_of[term],
        "name": name,
        "question": name,
        "role": "votes",
        "kind": "sign",
        "stage": "exam",
        "package": "history",  # the corpus does not say how a sign is looked for: all count as told
        "group": "Phenotype",
        "parents": [corpus.finding_of[parent] for parent in parents],
    }
