"""What is asked of everything else that has a code: findings, factors, rules, treatments, sources, places."""

from __future__ import annotations

from typing import get_args

from knowledge.editing.keys import Key, Repeat, Section, claim
from knowledge.models import Structure
from knowledge.schema.base import Package, Stage

CODE = Key("code", "line", "Code", "Small letters and underscores; for ever", fixed=True, most=63)
NAME = Key("name", "line", "Name")
SYNONYMS = Key("synonyms", "names", "Also called", "One a line")
HOW = (Key("how_to", "text", "How it is done"), Key("positive_if", "text", "Counts as positive when"))
PACKAGES = get_args(Package)
BURDEN = "0 none to 3 much"

FINDING = (
    Section(
        "What is asked",
        (
            CODE,
            NAME,
            Key("question", "text", "Question"),
            SYNONYMS,
            *HOW,
            Key("kind", "line", "Kind", "Chooses the usual rate where it has none of its own", most=63),
            Key("stage", "choice", "Stage", choices=get_args(Stage)),
            Key("package", "choice", "Position", choices=PACKAGES),
            Key("group", "line", "Heading"),
            Key("order", "whole", "Place under the heading"),
            Key("side_aware", "yes", "Asked for each side"),
            Key("side_control", "yes", "The other side is the control"),
        ),
    ),
    Section(
        "Answers: the first is the usual one",
        (
            Repeat(
                "levels", "Answer",
                (
                    Key("code", "line", "Code", "For ever", fixed=True, most=63),
                    Key("name", "line", "Name"),
                    Key("replaced_by", "line", "Replaced by", "Only when it is retired", level_of="self"),
                ),
            ),
        ),
    ),
    Section(
        "Usual rate: how often it is found with the same complaint from another cause",
        (
            Key("default.rates", "numbers", "Rates", "Answer: share, one a line", level_of="self"),
            Key("default.n", "number", "Strength", "In people"),
            *claim("default"),
        ),
    ),
    Section(
        "Related findings",
        (
            Key("parents", "codes", "More general findings", "One a line", of="findings"),
            Key("cluster", "code", "Says much the same as the cluster", of="clusters"),
            Key("sites", "codes", "Sites", of="sites"),
            Key("structures", "codes", "Loads", "Structures, one a line", of="structures"),
            Key("asked_if.finding", "code", "Asked only if", of="findings"),
            Key("asked_if.level", "line", "… is answered", level_of="asked_if.finding"),
            Key("replaced_by", "code", "Replaced by", "Only when it is retired", of="findings"),
        ),
        folded=True,
    ),
    Section(
        "Burden and when it is avoided",
        (
            Key("minutes", "number", "Minutes"),
            Key("discomfort", "whole", "Discomfort", BURDEN),
            Key("cost", "whole", "Cost", BURDEN),
            Key("epsilon", "number", "Wrong records", "Share; empty: the release’s own"),
            Repeat(
                "avoid_if", "Not proposed when",
                (
                    Key("condition", "code", "Condition", of="conditions"),
                    Key("share", "number", "… above the share", "0 to 1"),
                    Key("rule", "code", "or the red flag is up", of="rules"),
                    Key("allergy", "line", "or allergy", most=63),
                ),
            ),
        ),
        folded=True,
    ),
    Section(
        "Diagnostic block",
        (
            Key("block.structures", "codes", "Numbs", of="structures"),
            Key("block.technical_success", "number", "Reaches them in", "Share of blocks"),
            Key("block.placebo", "number", "Relief without effect", "Share"),
            Key("block.complete", "line", "Answer of full relief", level_of="self"),
            Key("block.others", "numbers", "Weights of the others", "Answer: weight", level_of="self"),
        ),
        folded=True,
    ),
)  # fmt: skip

RISK_FACTOR = (
    Section(
        "What is asked",
        (
            CODE,
            NAME,
            Key("question", "text", "Question"),
            SYNONYMS,
            Key("group", "line", "Mechanism", "Of one mechanism only one factor counts"),
            Key("applies_if.age_at_least", "number", "Follows from age: at least", "Years"),
            Key("applies_if.age_below", "number", "… below", "Years"),
            Key("applies_if.sex", "choice", "… or sex", choices=("female", "male", "other")),
            Key("replaced_by", "code", "Replaced by", "Only when it is retired", of="risk_factors"),
        ),
    ),
)
EFFECT = (
    Section(
        "By how much it moves the odds",
        (
            Key("condition", "code", "Condition", of="conditions"),
            Key("odds_ratio", "number", "Odds ratio"),
            Key("low", "number", "95 % from"),
            Key("high", "number", "to"),
            *claim(),
        ),
    ),
)
CONTRIBUTING = (
    Section(
        "What is asked",
        (
            CODE,
            NAME,
            Key("question", "text", "Question"),
            SYNONYMS,
            *HOW,
            Key("package", "choice", "Position", choices=PACKAGES),
            Key("group", "line", "Heading"),
            Key("side_aware", "yes", "Asked for each side"),
            Key("addressed_by", "codes", "Addressed by", "Treatments, one a line", of="treatments"),
            *claim(),
            Key("replaced_by", "code", "Replaced by", "Only when it is retired", of="contributing_factors"),
        ),
    ),
)
RULE = (
    Section(
        "Red flag",
        (
            CODE,
            NAME,
            Key("condition", "code", "Speaks of", of="conditions"),
            Key("urgency", "choice", "Urgency", choices=("immediate", "same_day", "days", "caution")),
            Key(
                "when",
                "rule",
                "Goes up when",
                "finding and level, all, any, at_least … of, not, risk_factor, age, sex",
            ),
            Key("action", "text", "What to do"),
            *claim(),
        ),
    ),
)
TREATMENT = (
    Section(
        "Treatment",
        (CODE, NAME, Key("description", "text", "What is done"), Key("addresses", "text", "Meant for")),
    ),
)
SOURCE = (
    Section(
        "Publication",
        (
            CODE,
            Key("citation", "text", "Citation", "As it is printed: authors, title, where, year"),
            Key("doi", "line", "DOI", "10.…/…; an address that holds it will do"),
            Key("pmid", "line", "PubMed number", most=12),
            Key("url", "line", "Address"),
            Key("kind", "line", "Kind", "For example review or trial", most=63),
            Key(
                "status", "choice", "Status",
                "Verified: you have its text before you. Nothing may rest on the others.",
                choices=("verified", "unverified", "untraced", "withdrawn"),
            ),
        ),
    ),
)  # fmt: skip
SITE = (Section("Site", (CODE, NAME, SYNONYMS, Key("parent", "code", "Part of", of="sites"))),)
STRUCTURE = (
    Section(
        "Structure",
        (
            CODE,
            NAME,
            Key("kind", "choice", "Kind", choices=tuple(code for code, _ in Structure.KINDS)),
            Key("sites", "codes", "Sites", of="sites"),
            Key("course", "text", "Course"),
        ),
    ),
)
CLUSTER = (
    Section("Cluster", (CODE, NAME, Key("phi", "number", "Similarity", "0 to 1; empty: the release’s own"))),
)
PROGRAMME = (
    Section(
        "Programme",
        (
            CODE,
            NAME,
            Key("conditions", "codes", "For", "Conditions, one a line", of="conditions"),
            *claim(),
            Repeat(
                "steps", "Step",
                (
                    Key("title", "line", "Title"),
                    Key("text", "text", "What is done"),
                    Key("entry_criteria", "names", "May begin when", "One a line", most=8000),
                    Key("stop_rules", "names", "Stops when", "One a line", most=8000),
                    Key(
                        "stops.pain_during_above", "whole", "Checked: pain during a run above",
                        "0 to 9, as the lines above say; empty: not checked",
                    ),
                    Key("stops.pain_after_above", "whole", "Checked: pain right after above"),
                    Key("stops.pain_next_morning_above", "whole", "Checked: pain next morning above"),
                    Key(
                        "stops.signs", "names", "Checked: signs",
                        "One a line: next_morning_worse, start_up_longer, nerve_symptoms",
                    ),
                ),
            ),
        ),
    ),
)  # fmt: skip
