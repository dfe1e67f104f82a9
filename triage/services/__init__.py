"""Every change of a patient's record: atomic, safe against repeats and stale pages, with its audit event."""

from triage.services.blocks import (
    block_finding,
    call_off_block,
    confirm_level,
    correct_reading,
    declare_block,
    give_block,
    note_block,
    note_reading,
    open_allergies,
    standing_against,
)
from triage.services.clinic_models import save_clinic_model
from triage.services.diagnoses import plan_follow_up, record_diagnosis, settle_follow_up
from triage.services.encounters import (
    add_addendum,
    discard_draft,
    release_for,
    restore_draft,
    sign_encounter,
    start_encounter,
    start_episode,
    update_encounter,
    update_episode,
)
from triage.services.moves import last_move, move_draft, undo_move
from triage.services.observations import Answer, record_many, record_observation
from triage.services.outcome_links import (
    MeasureAnswered,
    answer_link,
    create_link,
    fingerprint,
    held_request,
    revoke_link,
)
from triage.services.outcomes import mark_alarm_seen, record_outcome
from triage.services.own_lists import record_own_list, set_own_list_of_clinic, set_own_list_of_member
from triage.services.patients import add_item, create_patient, end_item, update_patient
from triage.services.plans import (
    add_part,
    add_referral,
    add_treatment,
    cautions_for,
    pressing_cautions,
    start_plan,
    undo_change,
    update_part,
    update_plan,
)
from triage.services.red_flags import dismiss_red_flag, restore_red_flag
from triage.services.releases import choose_release, newer_than_chosen, offered_release
from triage.services.replays import Replay, numbers_of, replay_assessments
from triage.services.restriction import break_glass, glass_of, may_open, review_glass, set_restriction
from triage.services.unsent import drop_unsent, keep_unsent

__all__ = [
    "Answer",
    "MeasureAnswered",
    "Replay",
    "add_addendum",
    "add_item",
    "add_part",
    "add_referral",
    "add_treatment",
    "answer_link",
    "block_finding",
    "break_glass",
    "call_off_block",
    "cautions_for",
    "choose_release",
    "confirm_level",
    "correct_reading",
    "create_link",
    "create_patient",
    "declare_block",
    "discard_draft",
    "dismiss_red_flag",
    "drop_unsent",
    "end_item",
    "fingerprint",
    "give_block",
    "glass_of",
    "held_request",
    "keep_unsent",
    "last_move",
    "mark_alarm_seen",
    "may_open",
    "move_draft",
    "newer_than_chosen",
    "note_block",
    "note_reading",
    "numbers_of",
    "offered_release",
    "open_allergies",
    "plan_follow_up",
    "pressing_cautions",
    "record_diagnosis",
    "record_many",
    "record_observation",
    "record_outcome",
    "record_own_list",
    "release_for",
    "replay_assessments",
    "restore_draft",
    "restore_red_flag",
    "review_glass",
    "revoke_link",
    "save_clinic_model",
    "set_own_list_of_clinic",
    "set_own_list_of_member",
    "set_restriction",
    "settle_follow_up",
    "sign_encounter",
    "standing_against",
    "start_encounter",
    "start_episode",
    "start_plan",
    "undo_change",
    "undo_move",
    "update_encounter",
    "update_episode",
    "update_part",
    "update_patient",
    "update_plan",
]
