from django.urls import path

from knowledge.views import browse, releases, reviews

app_name = "knowledge"
review = "reviews/<uuid:review_id>/"
release = "releases/<uuid:release_id>/"

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
]
