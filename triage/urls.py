from django.urls import path

from triage.views import (
    clinic_model,
    clinic_release,
    diagnoses,
    encounters,
    episodes,
    impact,
    observations,
    opened,
    patients,
    red_flags,
    restricted,
    signing,
    worklist,
)

app_name = "triage"
patient = "patients/<uuid:patient_id>/"
episode = "episodes/<uuid:episode_id>/"
review = "knowledge/reviews/<uuid:review_id>/"
encounter = "encounters/<uuid:encounter_id>/"

urlpatterns = [
    path("", worklist.worklist, name="worklist"),
    path("clinic/model/", clinic_model.clinic_model, name="clinic-model"),
    path("clinic/release/", clinic_release.clinic_release, name="clinic-release"),
    path("clinic/release/choose/", clinic_release.clinic_release_choose, name="clinic-release-choose"),
    path("clinic/release/impact/", clinic_release.clinic_release_impact, name="clinic-release-impact"),
    path(f"{review}impact/", impact.review_impact, name="review-impact"),
    path(f"{review}impact/begin/", impact.review_impact_begin, name="review-impact-begin"),
    path(f"{review}impact/step/", impact.review_impact_step, name="review-impact-step"),
    path("patients/", patients.patient_list, name="patient-list"),
    path("patients/new/", patients.patient_new, name="patient-new"),
    path(patient, patients.patient_detail, name="patient-detail"),
    path(f"{patient}edit/", patients.patient_edit, name="patient-edit"),
    path(f"{patient}opened/", opened.patient_opened, name="patient-opened"),
    path(f"{patient}restriction/", restricted.patient_restriction, name="patient-restriction"),
    path(f"{patient}break-glass/", restricted.glass_break, name="glass-break"),
    path("broken-glass/", restricted.glass_list, name="glass-list"),
    path("broken-glass/<uuid:glass_id>/review/", restricted.glass_review, name="glass-review"),
    path(f"{patient}items/", patients.patient_item_new, name="patient-item-new"),
    path("patient-items/<uuid:item_id>/end/", patients.patient_item_end, name="patient-item-end"),
    path(f"{patient}episodes/new/", episodes.episode_new, name="episode-new"),
    path(f"{episode}edit/", episodes.episode_edit, name="episode-edit"),
    path(f"{episode}diagnosis/", diagnoses.diagnosis_new, name="diagnosis-new"),
    path(f"{episode}follow-ups/new/", diagnoses.follow_up_new, name="follow-up-new"),
    path("follow-ups/<uuid:follow_up_id>/", diagnoses.follow_up_settle, name="follow-up-settle"),
    path(f"{episode}encounters/new/", episodes.encounter_new, name="encounter-new"),
    path(encounter, encounters.encounter_detail, name="encounter-detail"),
    path(f"{encounter}edit/", episodes.encounter_edit, name="encounter-edit"),
    path(f"{encounter}observations/", observations.observation_set, name="observation-set"),
    path(f"{encounter}save/", encounters.encounter_save, name="encounter-save"),
    path(f"{encounter}search/", encounters.encounter_search, name="encounter-search"),
    path(f"{encounter}hypotheses/<slug:condition>/", encounters.hypothesis_detail, name="hypothesis-detail"),
    path(f"{encounter}red-flags/<slug:rule>/", red_flags.red_flag_dismiss, name="red-flag-dismiss"),
    path(f"{encounter}red-flags/<slug:rule>/restore/", red_flags.red_flag_restore, name="red-flag-restore"),
    path(f"{encounter}sign/", signing.encounter_sign, name="encounter-sign"),
    path(f"{encounter}discard/", signing.encounter_discard, name="encounter-discard"),
    path(f"{encounter}restore/", signing.encounter_restore, name="encounter-restore"),
    path(f"{encounter}addenda/", signing.addendum_new, name="addendum-new"),
]
