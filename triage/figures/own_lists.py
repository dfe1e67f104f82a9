"""Own lists against the differential, counted by the database: what `agreement_in` counts row by row
(triage/agreement.py), for a page that must not read every list of a clinic.
"""

from __future__ import annotations

import uuid

from triage.agreement import ClinicAgreement
from triage.figures.asking import CURRENT, ask

LISTS = f"""
    WITH {CURRENT},
    listed AS (
        SELECT entries <> '[]' AS written, same_first, overlap_of_three, rank_biased_overlap,
               current.id IS NOT NULL AS known, condition_code <> '' AS named,
               (SELECT min(place) FROM jsonb_array_elements(entries) WITH ORDINALITY AS t (entry, place)
                WHERE entry ->> 'condition' = condition_code) AS own,
               (SELECT min(place) FROM jsonb_array_elements_text(engine) WITH ORDINALITY AS t (code, place)
                WHERE code = condition_code) AS engine
        FROM triage_ownlist AS list
        JOIN triage_encounter AS encounter
            ON encounter.clinic_id = list.clinic_id AND encounter.id = list.encounter_id
        LEFT JOIN current
            ON current.episode_id = encounter.episode_id AND current.proven AND entries <> '[]'
            AND list.created_at < current.created_at
            AND (list.created_at AT TIME ZONE %(zone)s)::date <= proven_on
        WHERE list.clinic_id = %(clinic)s
    )
    SELECT count(*) FILTER (WHERE written) AS lists, count(*) FILTER (WHERE NOT written) AS without,
           count(rank_biased_overlap) AS compared,
           count(*) FILTER (WHERE same_first AND rank_biased_overlap IS NOT NULL) AS same_first,
           avg(overlap_of_three) FILTER (WHERE rank_biased_overlap IS NOT NULL)::float
               AS mean_overlap_of_three,
           avg(rank_biased_overlap) AS mean_rank_biased_overlap,
           count(*) FILTER (WHERE named) AS proven,
           count(*) FILTER (WHERE named AND own < coalesce(engine, own + 1)) AS own_first,
           count(*) FILTER (WHERE named AND engine < coalesce(own, engine + 1)) AS engine_first,
           count(*) FILTER (WHERE named AND own = engine) AS same_place,
           count(*) FILTER (WHERE named AND own IS NULL AND engine IS NULL) AS neither,
           count(*) FILTER (WHERE named AND own = 1) AS own_in_first_place,
           count(*) FILTER (WHERE named AND engine = 1) AS engine_in_first_place,
           count(*) FILTER (WHERE known AND NOT named) AS not_in_knowledge
    FROM listed
"""  # noqa: S608 - parts written above, values are parameters


def own_lists_in(clinic_id: uuid.UUID) -> ClinicAgreement:
    """One query."""
    (row,) = ask(LISTS, clinic_id)
    return ClinicAgreement(**row)
