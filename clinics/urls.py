from django.urls import path

from clinics import views

app_name = "clinics"
urlpatterns = [
    path("", views.clinic_choice, name="clinic-choice"),
    path("<uuid:clinic_id>/switch/", views.clinic_switch, name="clinic-switch"),
]
