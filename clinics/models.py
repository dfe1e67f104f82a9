"""People and access: who signs in, where they work, and what is on record about it."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from clinics.policies import IN_ADMINISTRATION, OF_HOLDER, OF_INSTALLATION, OF_PERSON, RowLevelSecurity


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """One person, one address: the case of letters does not make another account."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=self.normalize_email(username))


class User(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("e-mail", unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField("active", default=True, help_text="Untick to close the account.")
    is_staff = models.BooleanField("may open the administration", default=False)
    is_knowledge_editor = models.BooleanField("knowledge editor", default=False)
    is_knowledge_reviewer = models.BooleanField("knowledge reviewer", default=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "email"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="clinics_user_email_lower",
                violation_error_message="The e-mail address must be written in small letters.",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """Called by `clean()`, so that forms accept an address in any case."""
        return UserManager.normalize_email(username)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def email_user(self, subject: str, message: str, from_email: str | None = None, **kwargs: Any) -> None:
        send_mail(subject, message, from_email, [self.email], **kwargs)


def display_name(user: User) -> str:
    return str(user)


class Clinic(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, unique=True)
    release_sha256 = models.CharField(
        "active release",
        max_length=64,
        blank=True,
        help_text="Fingerprint of the knowledge release that this clinic uses; empty: the newest.",
    )

    requires_second_factor = models.BooleanField(
        "second factor required",
        default=False,
        help_text="Members without one are sent to set it up before they see a patient.",
    )
    sampled = models.BooleanField(
        "cases drawn by the engine",
        default=False,
        editable=False,
        help_text="Its visits were drawn from a release: calibration here shows self-consistency alone.",
    )

    own_list_first = models.BooleanField(
        "own list first",
        default=False,
        help_text="Members write their own list before a visit's differential is shown to them.",
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    CLINICIAN = "clinician", "clinician"
    LEAD = "lead", "lead"
    ADMINISTRATOR = "administrator", "administrator"


MANAGING_ROLES = (Role.LEAD, Role.ADMINISTRATOR)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of(self, user: User) -> MembershipQuerySet:
        """Where this person works now; each says whether the person has a second factor."""
        factors = Authenticator.objects.filter(user_id=models.OuterRef("user_id"))
        return (
            self.active()
            .filter(user=user)
            .select_related("clinic", "user")
            .annotate(has_second_factor=models.Exists(factors))
            .order_by("clinic__name")
        )

    def active(self) -> MembershipQuerySet:
        return self.filter(is_active=True)

    def of_clinic(self, clinic_id: uuid.UUID) -> MembershipQuerySet:
        return self.filter(clinic_id=clinic_id).select_related("user").order_by("-is_active", "user__name")

    def leading(self) -> MembershipQuerySet:
        """Who can manage the members of the clinic now."""
        return self.active().filter(role__in=MANAGING_ROLES, user__is_active=True)


class Membership(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.CLINICIAN)
    is_active = models.BooleanField(
        "active", default=True, help_text="Untick to end the access to this clinic."
    )
    own_list_first = models.BooleanField(
        "own list first",
        default=False,
        editable=False,
        help_text="An own list before each visit's differential, whatever the clinic says.",
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["clinic__name", "user__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "user"],
                name="clinics_membership_once",
                violation_error_message="This person is already a member of the clinic.",
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="clinics_membership_role"),
            RowLevelSecurity(
                name="clinics_membership_of_clinic", shown=(OF_PERSON,), written=(IN_ADMINISTRATION,)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.clinic} ({self.role})"

    @property
    def leads(self) -> bool:
        return self.role in MANAGING_ROLES

    def clean(self) -> None:
        """For forms of the administration; the members' page locks the clinic first (clinics/members)."""
        leading = Membership.objects.filter(clinic_id=self.clinic_id).leading()
        stays = self.is_active and self.leads
        if not stays and leading.filter(pk=self.pk).exists() and not leading.exclude(pk=self.pk).exists():
            raise ValidationError("The clinic would have nobody left to manage its members.")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def of_clinic(self, clinic_id: uuid.UUID) -> InvitationQuerySet:
        return self.filter(clinic_id=clinic_id).select_related("invited_by").order_by("-created_at")

    def unanswered(self) -> InvitationQuerySet:
        return self.filter(accepted_at=None, revoked_at=None)

    def open(self) -> InvitationQuerySet:
        return self.unanswered().filter(expires_at__gt=timezone.now())


class Invitation(models.Model):
    """A letter that lets one address join one clinic once. Of its token only the fingerprint is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField("e-mail")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.CLINICIAN)
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="clinics_invitation_once",
                violation_error_message="This address has been invited already.",
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="clinics_invitation_role"),
            RowLevelSecurity(
                name="clinics_invitation_of_clinic", shown=(OF_HOLDER,), written=(IN_ADMINISTRATION,)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.clinic_id} ({self.role})"

    @property
    def has_expired(self) -> bool:
        return self.expires_at <= timezone.now()


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def visible_to(self, membership: Membership | None) -> AuditEventQuerySet:
        return self.filter(clinic_id=membership.clinic_id) if membership else self.none()

    def of_patient(self, patient_id: uuid.UUID) -> AuditEventQuerySet:
        return self.filter(patient_id=patient_id)

    def newest_first(self) -> AuditEventQuerySet:
        return self.select_related("user").order_by("-seq")


class AuditEvent(models.Model):
    """What was done to which object, by whom. Never a value of a patient: ids, names of fields and counts
    only.

    Each clinic has one chain of events, the installation (no clinic) another. The database itself numbers,
    dates and links an event when it is inserted (clinics/audit_chain.py says how), and refuses any change.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    patient_id = models.UUIDField("patient", null=True, blank=True, help_text="Whose record it was.")
    at = models.DateTimeField(default=timezone.now)
    detail = models.JSONField(default=dict, blank=True)
    seq = models.BigIntegerField("number", editable=False)
    hash = models.BinaryField(max_length=32, editable=False)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "seq"], nulls_distinct=False, name="clinics_audit_chain"
            ),
            RowLevelSecurity(
                name="clinics_auditevent_of_clinic", shown=(IN_ADMINISTRATION,), written=(OF_INSTALLATION,)
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "-at"], name="clinics_audit_clinic_at"),
            models.Index(fields=["clinic", "patient_id", "-at"], name="clinics_audit_patient_at"),
            models.Index(fields=["object_type", "object_id"], name="clinics_audit_object"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}".strip()


class SharedCount(models.Model):
    """The table of Django's cache (CACHES): tries of sign-in and one-time codes that were used. A model, so
    that migrations make it; Django alone reads and writes it.
    """

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.cache_key
