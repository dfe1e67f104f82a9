from django.urls import path

from clinics.members import views

app_name = "members"
urlpatterns = [
    path("members/", views.member_list, name="member-list"),
    path("members/invite/", views.member_invite, name="member-invite"),
    path("members/second-factor/", views.second_factor_require, name="second-factor-require"),
    path("members/<uuid:membership_id>/role/", views.member_role, name="member-role"),
    path("members/<uuid:membership_id>/deactivate/", views.member_deactivate, name="member-deactivate"),
    path("members/<uuid:membership_id>/reactivate/", views.member_reactivate, name="member-reactivate"),
    path(
        "members/invitations/<uuid:invitation_id>/resend/", views.invitation_resend, name="invitation-resend"
    ),
    path(
        "members/invitations/<uuid:invitation_id>/revoke/", views.invitation_revoke, name="invitation-revoke"
    ),
    path("invitation/<str:token>/", views.invitation_open, name="invitation-open"),
    path("invitation/", views.invitation_accept, name="invitation-accept"),
]
