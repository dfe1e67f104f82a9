"""Administration of people and clinics. Models that hold something of a patient are never registered."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.forms import ModelForm
from django.http import HttpRequest

from clinics.members.services import end_sessions_of
from clinics.models import AuditEvent, Clinic, Membership, User
from clinics.services import confirm_address


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    can_delete = False  # end the access instead: what was done stays explained
    autocomplete_fields = ["clinic"]


class NewUserForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


class UserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class PersonAdmin(UserAdmin):
    form = UserForm
    add_form = NewUserForm
    inlines = [MembershipInline]
    actions = None
    list_display = ["email", "name", "is_active", "is_staff", "is_knowledge_editor", "is_knowledge_reviewer"]
    list_filter = ["is_active", "is_staff", "is_knowledge_editor", "is_knowledge_reviewer"]
    search_fields = ["email", "name"]
    ordering = ["name"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        ("Knowledge", {"fields": ["is_knowledge_editor", "is_knowledge_reviewer"]}),
        ("Access", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "usable_password", "password1", "password2"]})]

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        confirm_address(user=obj)
        if not obj.is_active:
            end_sessions_of(user=obj)


@admin.register(Clinic)
class ClinicAdmin(admin.ModelAdmin):
    actions = None
    list_display = ["name", "requires_second_factor", "release_sha256"]
    search_fields = ["name"]


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    actions = None
    list_display = ["user", "clinic", "role", "is_active"]
    list_filter = ["role", "clinic"]
    autocomplete_fields = ["user", "clinic"]
    list_select_related = ["user", "clinic"]
    search_fields = ["user__email", "user__name", "clinic__name"]

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(admin.ModelAdmin):
    """Read only: what is on record stays."""

    actions = None
    list_display = ["at", "clinic", "seq", "user", "action", "object_type", "object_id"]
    list_filter = ["action", "object_type"]
    list_select_related = ["user", "clinic"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False
