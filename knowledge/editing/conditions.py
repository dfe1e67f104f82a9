"""What is asked of a condition and of each row that hangs on it."""

from __future__ import annotations

from typing import get_args

from knowledge.editing.keys import Key, Repeat, Section, claim
from knowledge.schema.base import Frequency, PriorClass, Setting
from knowledge.schema.conditions import Nature

CONDITION = (
    Section(
        "What it is",
        (
            Key("code", "line", "Code", "Small letters and underscores; for ever", fixed=True, most=63),
            Key("name", "line", "Name"),
            Key("synonyms", "names", "Also called", "One a line; lay words and abbreviations too"),
            Key("definition", "text", "Definition", "In plain words"),
            Key("nature", "choice", "Nature", choices=get_args(Nature)),
            Key("urgency", "choice", "Urgency", choices=("routine", "soon", "urgent", "emergency")),
            Key("replaced_by", "code", "Replaced by", "Only when it is retired", of="conditions"),
        ),
    ),
    Section(
        "Where it lies and what it resembles",
        (
            Key("sites", "codes", "Sites", "One a line", of="sites"),
            Key("structures", "codes", "Structures", "One a line", of="structures"),
            Key("mimics", "codes", "Imitated by", "Conditions, one a line", of="conditions"),
            Key(
                "pain_from", "numbers", "Pain comes from", "Structure: share of the pain, 0 to 1, one a line",
                of="structures",
            ),
        ),
    ),
    Section(
        "Course",
        (
            Key("recovery.text", "text", "Recovery"),
            Key("recovery.weeks", "weeks", "Recovery in weeks", "Shortest–longest, for example 6–12"),
            *claim("recovery"),
            Key("prognosis", "text", "Prognosis"),
            Key("prevention", "text", "Prevention"),
        ),
    ),
    Section(
        "Leaving the can’t-miss panel, and codes",
        (
            Key("panel_threshold", "number", "Stays on the panel above", "Share; empty: the release’s own"),
            Repeat(
                "excluded_by", "Finding that clears it",
                (
                    Key("finding", "code", "Finding", of="findings"),
                    Key("level", "line", "Answer", level_of="finding"),
                    *claim(),
                ),
            ),
            Repeat(
                "icd10cm", "ICD-10-CM code",
                (
                    Key("code", "line", "Code", "A trailing - where more characters follow", most=10),
                    Key("title", "line", "Title"),
                    Key("verified", "yes", "Looked up in the table"),
                ),
            ),
        ),
    ),
)  # fmt: skip

PRIOR = (
    Section(
        "How common it is",
        (
            Key("share", "number", "Share", "0 to 1, of those who come with such pain"),
            Key("setting", "choice", "In", choices=get_args(Setting)),
            Key("n", "whole", "People counted"),
            Key("class", "choice", "Or a class, where nobody counted", choices=get_args(PriorClass)),
            Key("caveat", "line", "Does not cover"),
            *claim(),
        ),
    ),
)

EVIDENCE = (
    Section(
        "What was found",
        (
            Key("finding", "code", "Finding", "Name, synonym or code", of="findings"),
            Key("level", "line", "Answer", "Empty: yes", level_of="finding"),
            Key("positives", "whole", "With it (x)", "x of n"),
            Key("n", "whole", "People examined (n)", "All of them have the condition"),
            Key("probability", "number", "Or: sensitivity", "0 to 1, with n"),
            Key("class", "choice", "Or: how often, in words", choices=get_args(Frequency)),
            Key("counts", "numbers", "Or: several answers", "Answer: people, one a line", level_of="finding"),
            Key("weight", "number", "Weight", "1 low risk of bias, 0.5–0.7 moderate, 0.2–0.4 high"),
            *claim(),
        ),
    ),
    Section(
        "How it was found",
        (
            Key("population", "text", "Who was examined"),
            Key("reference_standard", "text", "Judged by"),
            Key("design", "text", "Design"),
            Key("risk_of_bias", "choice", "Risk of bias", choices=("low", "moderate", "high", "unclear")),
            Key("published_lr.positive", "number", "Published ratio, positive", "Shown, never computed with"),
            Key("published_lr.negative", "number", "Published ratio, negative"),
            Key("note", "text", "Note"),
        ),
    ),
)

CAUTION = (
    Key("text", "line", "Caution", most=8000),
    Key("if.comorbidity", "line", "Speaks up with this disease", "Code; at most one of the four", most=63),
    Key("if.medicine", "line", "… medicine", most=63),
    Key("if.allergy", "line", "… allergy", most=63),
    Key("if.risk_factor", "code", "… risk factor", of="risk_factors"),
    *claim(),
)
TREATMENT = (
    Section(
        "What is done",
        (
            Key("treatment", "code", "Treatment", of="treatments"),
            Key("stage", "choice", "Stage", choices=("first_line", "second_line", "adjunct", "surgical")),
            Key("note", "text", "How"),
            Key("outcome", "text", "Outcome"),
            Key("recovery_weeks", "weeks", "Weeks", "Shortest–longest"),
            *claim(),
            Repeat("cautions", "Caution", CAUTION),
        ),
    ),
)
DISPUTE = (
    Section(
        "Where sources disagree",
        (
            Key("topic", "line", "Topic"),
            Repeat(
                "positions", "Position", (Key("claim", "line", "Claim", most=8000), *claim()), spare=2
            ),
        ),
    ),
)  # fmt: skip
