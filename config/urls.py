from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from config.csp_reports import csp_report

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Tinel"

handler403 = "triage.views.restricted.permission_denied"
handler500 = "config.requests.server_error"

urlpatterns = [
    path("csp-report/", csp_report, name="csp-report"),
    path("accounts/", include("allauth.urls")),
    path("clinics/", include("clinics.urls")),
    path("clinic/audit/", include("clinics.audit_log.urls")),
    path("clinic/", include("clinics.members.urls")),
    path("session/", include("clinics.sessions.urls")),
    path("admin/", admin.site.urls),
    path("knowledge/", include("knowledge.urls")),
    path("", include("triage.urls")),
]
