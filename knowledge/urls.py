from django.urls import path

from knowledge.views import browse

app_name = "knowledge"

urlpatterns = [
    path("", browse.index, name="index"),
    path("separate/", browse.separate, name="separate"),
    path("conditions/<str:code>/", browse.condition_detail, name="condition-detail"),
    path("findings/<str:code>/", browse.finding_detail, name="finding-detail"),
    path("sites/<str:code>/", browse.site_detail, name="site-detail"),
    path("sources/<str:code>/", browse.source_detail, name="source-detail"),
    path("treatments/<str:code>/", browse.treatment_detail, name="treatment-detail"),
]
