"""The measures: labels are our own short ones; scale, scoring and figures the source's (docs/outcomes.md)."""

from __future__ import annotations

from fractions import Fraction

from triage.outcomes.measure import Item, Measure, Method

OWN_LABELS = (
    "The labels are our own short ones, not the published wording, whose copyright is with its authors. "
    "The published figures were found with the published wording."
)


def _items(**labels: str) -> tuple[Item, ...]:
    return tuple(Item(code, label) for code, label in labels.items())


NPRS = Measure(
    code="nprs",
    name="Pain (NPRS)",
    about="Pain on a scale from 0 to 10",
    version="1",
    question="How strong was the pain of this complaint, on average, in the last 24 hours?",
    items=_items(pain="Pain"),
    lowest=0,
    highest=10,
    ends=("no pain", "worst pain imaginable"),
    method=Method.SUM,
    least_answered=1,
    missing_rule="The one answer is needed.",
    higher_is_better=False,
    floor=0,
    ceiling=10,
    unit="of 10",
    important_change=Fraction(2),
    change_source="Childs, Piva & Fritz, Spine 2005;30:1331 (low back pain)",
    source="Childs, Piva & Fritz, Spine 2005;30:1331",
    wording="A plain 0–10 rating needs no licence; the wording is ours.",
)

PSFS = Measure(
    code="psfs",
    name="Own activities (PSFS)",
    about="Three to five activities that the patient names, each rated",
    version="1",
    question="Name three to five things that this complaint makes hard. How well can you do each today?",
    items=tuple(Item(f"activity_{number}", f"Activity {number}") for number in range(1, 6)),
    lowest=0,
    highest=10,
    ends=("cannot do it", "as well as before"),
    method=Method.MEAN,
    least_answered=3,
    missing_rule="Sum divided by the number of activities rated; we ask for three at least.",
    higher_is_better=True,
    floor=0,
    ceiling=10,
    unit="of 10",
    important_change=Fraction(2),
    change_source="Stratford et al., Physiother Can 1995;47:258 (smallest detectable change, 90 %)",
    source="Stratford, Gill, Westaway & Binkley, Physiother Can 1995;47:258",
    wording="Listed as free to use; the instructions are in our own words.",
    names_activities=True,
)

DIFFICULTY = ((4, "No trouble"), (3, "A little"), (2, "Some"), (1, "A lot"), (0, "Cannot"))
FAAM_QUESTION = (
    "In the last week, how much trouble did the foot or ankle give you with the following? "
    "Where something else stops you, choose “Does not apply”."
)
FAAM_RULE = "Sum divided by the most possible for what was answered, as a percentage"
FAAM_SOURCE = "Martin, Irrgang, Burdett, Conti & Van Swearingen, Foot Ankle Int 2005;26:968"

FAAM_ADL = Measure(
    code="faam-adl",
    name="Daily life (FAAM)",
    about="Foot and Ankle Ability Measure, 21 activities of daily living",
    version="1",
    question=FAAM_QUESTION,
    items=_items(
        stand="standing",
        even="walking on level ground",
        even_barefoot="walking barefoot on level ground",
        uphill="walking uphill",
        downhill="walking downhill",
        stairs_up="climbing stairs",
        stairs_down="coming down stairs",
        uneven="walking on rough ground",
        kerb="stepping on and off a kerb",
        squat="squatting",
        tiptoe="rising on the toes",
        first_steps="the first steps of a walk",
        walk_5="a walk of 5 minutes",
        walk_10="a walk of 10 minutes",
        walk_15="a walk of 15 minutes or longer",
        home="tasks at home",
        daily="everyday activities",
        self_care="washing and dressing",
        light_work="light work on the feet",
        heavy_work="heavy work: pushing, lifting, carrying",
        leisure="leisure activities",
    ),
    lowest=0,
    highest=4,
    levels=DIFFICULTY,
    not_applicable="Does not apply",
    method=Method.PERCENT,
    least_answered=19,
    missing_rule=f"{FAAM_RULE}; 19 of 21 at least.",
    higher_is_better=True,
    floor=0,
    ceiling=100,
    unit="%",
    important_change=Fraction(8),
    change_source=FAAM_SOURCE,
    source=FAAM_SOURCE,
    wording=OWN_LABELS,
)

FAAM_SPORT = Measure(
    code="faam-sport",
    name="Sport (FAAM)",
    about="Foot and Ankle Ability Measure, 8 items of sport",
    version="1",
    question=FAAM_QUESTION,
    items=_items(
        run="running",
        jump="jumping",
        land="landing",
        start_stop="quick starts and stops",
        cut="cutting sideways",
        low_impact="low-impact exercise",
        technique="your sport with your usual technique",
        duration="your sport for as long as you want",
    ),
    lowest=0,
    highest=4,
    levels=DIFFICULTY,
    not_applicable="Does not apply",
    method=Method.PERCENT,
    least_answered=7,
    missing_rule=f"{FAAM_RULE}; 7 of 8 at least.",
    higher_is_better=True,
    floor=0,
    ceiling=100,
    unit="%",
    important_change=Fraction(9),
    change_source=f"{FAAM_SOURCE} (its smallest detectable change, 95 %, is 12.3: larger)",
    source=FAAM_SOURCE,
    wording=OWN_LABELS,
)

LEFS = Measure(
    code="lefs",
    name="Leg function (LEFS)",
    about="Lower Extremity Functional Scale, 20 activities",
    version="1",
    question="Today, how much trouble does the leg or foot give you – or would it give you – with …",
    items=_items(
        work="your usual work, study or housework",
        hobbies="your hobbies and sport",
        bath="getting in and out of the bath",
        rooms="walking from room to room",
        shoes="putting on shoes and socks",
        squat="squatting",
        lift="lifting a shopping bag off the floor",
        light="light jobs at home",
        heavy="heavy jobs at home",
        car="getting in and out of a car",
        short_walk="walking two streets",
        long_walk="walking a mile (1.6 km)",
        stairs="a flight of stairs, up or down",
        stand_hour="standing for an hour",
        sit_hour="sitting for an hour",
        run_even="running on level ground",
        run_uneven="running on rough ground",
        turns="sharp turns at speed",
        hop="hopping",
        bed="turning over in bed",
    ),
    lowest=0,
    highest=4,
    levels=(*DIFFICULTY[:4], (0, "Extreme, or cannot")),
    method=Method.SUM,
    least_answered=20,
    missing_rule="The source gives no rule for missing answers, so all 20 are needed.",
    higher_is_better=True,
    floor=0,
    ceiling=80,
    unit="of 80",
    important_change=Fraction(9),
    change_source="Binkley, Stratford, Lott & Riddle, Phys Ther 1999;79:371",
    source="Binkley, Stratford, Lott & Riddle, Phys Ther 1999;79:371",
    wording=OWN_LABELS,
)

OFTEN = ((0, "Never"), (1, "Some days"), (2, "Most days"), (3, "Nearly always"))

MOOD = Measure(
    code="mood",
    name="Mood and worry",
    about="Four questions of our own; not validated",
    version="1",
    question="In the last two weeks, how often …",
    items=_items(
        low="were you low, or without joy in things?",
        healing="did you worry that this will not heal?",
        movement="did you avoid moving for fear of doing harm?",
        sleep="did thoughts about it keep you awake?",
    ),
    lowest=0,
    highest=3,
    levels=OFTEN,
    method=Method.SUM,
    least_answered=4,
    missing_rule="All four answers are needed.",
    higher_is_better=False,
    floor=0,
    ceiling=12,
    unit="of 12",
    important_change=None,
    change_source="",
    source="Our own questions; no study stands behind them",
    wording="Our own questions, not validated: they open a conversation and diagnose nothing.",
)

MEASURES: dict[str, Measure] = {row.code: row for row in (NPRS, PSFS, FAAM_ADL, FAAM_SPORT, LEFS, MOOD)}


def measure(code: str) -> Measure:
    """Raises KeyError."""
    return MEASURES[code]
