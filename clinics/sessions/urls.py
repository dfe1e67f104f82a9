from django.urls import path

from clinics.sessions import views

app_name = "sessions"
urlpatterns = [
    path("lock/", views.session_lock, name="session-lock"),
    path("locked/", views.session_locked, name="session-locked"),
    path("resume/", views.session_resume, name="session-resume"),
    path("held/", views.session_held, name="session-held"),
    path("state/", views.session_state, name="session-state"),
    path("alive/", views.session_alive, name="session-alive"),
    path("<int:session_id>/end/", views.session_end, name="session-end"),
]
