from django.urls import path

from knowledge import views

app_name = "knowledge"

urlpatterns = [
    path("sources/<str:code>/", views.source_detail, name="source-detail"),
    path("conditions/<str:code>/", views.condition_detail, name="condition-detail"),
]
