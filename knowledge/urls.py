from django.urls import path

from knowledge.views import browse, editing, editing_forms, exchange, releases, reviews

app_name = "knowledge"
review = "reviews/<uuid:review_id>/"
release = "releases/<uuid:release_id>/"
entity = "edit/<str:kind>/<str:code>/"

urlpatterns = [
    path("", browse.index, name="index"),
    path("separate/", browse.separate, name="separate"),
    path("conditions/<str:code>/", browse.condition_detail, name="condition-detail"),
    path("findings/<str:code>/", browse.finding_detail, name="finding-detail"),
    path("sites/<str:code>/", browse.site_detail, name="site-detail"),
    path("sources/<str:code>/", browse.source_detail, name="source-detail"),
    path("treatments/<str:code>/", browse.treatment_detail, name="treatment-detail"),
    path("sources/<str:code>/withdraw/", releases.source_withdraw, name="source-withdraw"),
    path("sources/<str:code>/take-back/", releases.source_take_back, name="source-take-back"),
    path("reviews/", reviews.review_list, name="review-list"),
    path("reviews/submit/", reviews.review_submit, name="review-submit"),
    path("reviews/second-person/", reviews.review_required, name="review-required"),
    path(review, reviews.review_detail, name="review-detail"),
    path(f"{review}approve/", reviews.review_approve, name="review-approve"),
    path(f"{review}return/", reviews.review_return, name="review-return"),
    path(f"{review}withdraw/", reviews.review_withdraw, name="review-withdraw"),
    path(f"{review}publish/", reviews.review_publish, name="review-publish"),
    path("releases/", releases.release_list, name="release-list"),
    path("releases/compare/", releases.release_compare, name="release-compare"),
    path(release, releases.release_detail, name="release-detail"),
    path(f"{release}document/", releases.release_document, name="release-document"),
    path(f"{release}restore/", releases.release_restore, name="release-restore"),
    path("schema/release.json", exchange.release_schema_file, name="release-schema"),
    path("import/", exchange.document_import, name="document-import"),
    path("export/working-copy.<str:form>", exchange.document_export, name="document-export"),
    path("evidence/", exchange.evidence_import, name="evidence-import"),
    path("evidence/evidence.csv", exchange.evidence_export, name="evidence-export"),
    path("edit/", editing.edit_index, name="edit-index"),
    path("edit/choose/", editing.edit_choose, name="edit-choose"),
    path("edit/undo/<uuid:context_id>/", editing.change_undo, name="change-undo"),
    path("edit/<str:kind>/", editing.entity_list, name="entity-list"),
    path("edit/<str:kind>/new/", editing_forms.entity_new, name="entity-new"),
    path(entity, editing_forms.entity_edit, name="entity-edit"),
    path(f"{entity}check/", editing.entity_check, name="entity-check"),
    path(f"{entity}changes/", editing.entity_changes, name="entity-changes"),
    path(f"{entity}<str:part>/new/", editing_forms.part_new, name="part-new"),
    path(f"{entity}<str:part>/preview/", editing.part_preview, name="part-preview"),
    path(f"{entity}<str:part>/<int:pk>/", editing_forms.part_edit, name="part-edit"),
    path(f"{entity}<str:part>/<int:pk>/remove/", editing_forms.part_remove, name="part-remove"),
]
