from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Tinel"

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("clinics/", include("clinics.urls")),
    path("admin/", admin.site.urls),
    path("knowledge/", include("knowledge.urls")),
    path("", include("triage.urls")),
]
