from django.urls import path

from knowledge import views

app_name = "knowledge"

urlpatterns = [
    path("", views.index, name="index"),
    path("separate/", views.separate, name="separate"),
    path("conditions/<str:code>/", views.condition_detail, name="condition-detail"),
    path("findings/<str:code>/", views.finding_detail, name="finding-detail"),
    path("sites/<str:code>/", views.site_detail, name="site-detail"),
    path("sources/<str:code>/", views.source_detail, name="source-detail"),
    path("treatments/<str:code>/", views.treatment_detail, name="treatment-detail"),
]
