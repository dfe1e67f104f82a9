"""Forms of a diagnostic block: what is declared, what is given, what is read."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone

from triage.blocks import AGENTS
from triage.forms import PlainForm, RecordForm
from triage.models import DiagnosticBlock, PainReading
from triage.models.blocks import PAIN_MOST

MINUTES_MOST = 48 * 60
DATE_AND_TIME = "%Y-%m-%dT%H:%M"


class DeclareForm(RecordForm):
    """`finding`: the block in the release; `site`: its place by name; `side`: of the complaint."""

    class Meta:
        model = DiagnosticBlock
        fields = ["side", "site", "task", "pain_before"]
        labels = {
            "site": "Where the needle will go",
            "task": "The task that provokes the pain",
            "pain_before": "Pain on that task now, 1 to 10",
        }
        help_texts = {
            "task": "The one that is repeated afterwards, for example “running on the spot for a minute”",
            "pain_before": "Have it done now: relief of a pain that is not there tells nothing",
        }

    def __init__(
        self, *args: Any, finding: Mapping[str, Any], site: str = "", side: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if finding.get("side_aware"):
            known = side if side in DiagnosticBlock.Side.values else ""
            self.fields["side"] = forms.ChoiceField(
                label="Side",
                widget=forms.RadioSelect,
                choices=DiagnosticBlock.Side.choices[1:],
                initial=known or None,
            )
        else:
            del self.fields["side"]
        self.fields["site"].initial = site
        self.fields["pain_before"].widget.attrs |= {"inputmode": "numeric", "min": 1, "max": PAIN_MOST}
        self.fields["task"].widget.attrs["autocomplete"] = "off"


class GiveForm(RecordForm):
    """The injection; `against`: whether something stands against it, so that a reason is asked for."""

    agent = forms.ChoiceField(label="Drug", choices=[("", "choose")])
    allergy_answer = forms.ChoiceField(
        label="Allergies: drugs, latex, preservatives",
        widget=forms.RadioSelect,
        choices=DiagnosticBlock.AllergyAnswer.choices,
        help_text="Ask now, before the needle, whatever the record says",
    )
    guidance = forms.ChoiceField(widget=forms.RadioSelect, choices=DiagnosticBlock.Guidance.choices)

    class Meta:
        model = DiagnosticBlock
        fields = [
            "allergy_answer",
            "allergy_words",
            "override_reason",
            "agent",
            "concentration_percent",
            "volume_ml",
            "guidance",
            "injected_at",
        ]
        widgets = {
            "allergy_words": forms.Textarea(attrs={"rows": 2}),
            "override_reason": forms.Textarea(attrs={"rows": 2}),
            "injected_at": forms.DateTimeInput(format=DATE_AND_TIME, attrs={"type": "datetime-local"}),
        }
        labels = {
            "allergy_words": "Which allergy, and how it was settled",
            "override_reason": "Why it is given although something stands against it",
            "concentration_percent": "Concentration, in per cent",
            "volume_ml": "Volume, in millilitres",
            "injected_at": "Injected at",
        }
        help_texts = {
            "volume_ml": "Small: 1 to 2 ml stay with one nerve, more spreads (expert estimate)",
            "injected_at": "Empty means now",
        }

    def __init__(self, *args: Any, against: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agent"].choices = [  # type: ignore[attr-defined]
            ("", "choose"),
            *((row.code, f"{row.name} ({row.family})") for row in AGENTS.values()),
        ]
        for name in ("concentration_percent", "volume_ml"):
            self.fields[name].required = True
            self.fields[name].widget.attrs["inputmode"] = "decimal"
            if (known := getattr(self.instance, name)) is not None:
                self.initial[name] = f"{known.normalize():f}"
        if not against:
            del self.fields["override_reason"]

    def clean_injected_at(self) -> dt.datetime | None:
        """The form knows minutes only: what stood there already, or the minute of the declaration, is meant
        to the second.
        """
        typed: dt.datetime | None = self.cleaned_data["injected_at"]
        for known in (self.initial.get("injected_at"), self.instance.declared_at):
            if typed and known and _same_minute(typed, known):
                return known  # type: ignore[no-any-return]
        return typed

    def _post_clean(self) -> None:
        """The service says what the row may be; half-set, the model's own rules would speak too early."""


def _same_minute(one: dt.datetime, other: dt.datetime) -> bool:
    return timezone.localtime(one).replace(second=0, microsecond=0) == timezone.localtime(other).replace(
        second=0, microsecond=0
    )


class NoteForm(RecordForm):
    class Meta:
        model = DiagnosticBlock
        fields = ["numb_area", "next_day_note"]
        widgets = {"numb_area": forms.RadioSelect, "next_day_note": forms.Textarea(attrs={"rows": 3})}
        labels = {"numb_area": "The skin of that nerve was", "next_day_note": "The next day"}
        help_texts = {
            "numb_area": "Where no nerve was meant (a joint, the fascia), leave it unchecked",
            "next_day_note": "For example a rebound of pain that night, or relief that stayed",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["numb_area"].choices = DiagnosticBlock.NumbArea.choices  # type: ignore[attr-defined]


class ReadingForm(PlainForm):
    """A reading as it is taken; without minutes it counts from now."""

    pain = forms.IntegerField(label="Pain, 0 to 10", min_value=0, max_value=PAIN_MOST)
    minutes_after = forms.IntegerField(
        label="Minutes after the injection",
        min_value=0,
        max_value=MINUTES_MOST,
        required=False,
        help_text="Empty means now",
    )
    other_task = forms.BooleanField(label="Not the declared task (does not count)", required=False)
    note = forms.CharField(label="Note", max_length=200, required=False)
    submission_id = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("pain", "minutes_after"):
            self.fields[name].widget.attrs["inputmode"] = "numeric"


class CorrectReadingForm(RecordForm):
    """`injected_at` of the block turns minutes into a time."""

    minutes_after = forms.IntegerField(
        label="Minutes after the injection", min_value=0, max_value=MINUTES_MOST
    )

    class Meta:
        model = PainReading
        fields = ["pain", "of_task", "note", "withdrawn"]
        labels = {
            "pain": "Pain, 0 to 10",
            "of_task": "On the declared task",
            "withdrawn": "Taken by mistake: it counts for nothing",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["minutes_after"].initial = self.instance.block.minutes_after(self.instance.read_at)
        self.order_fields(["minutes_after", *(self._meta.fields or ())])

    def record_values(self) -> dict[str, Any]:
        block = self.instance.block
        minutes = self.cleaned_data["minutes_after"]
        kept = minutes == block.minutes_after(self._read_at)
        at = self._read_at if kept else block.injected_at + dt.timedelta(minutes=minutes)
        return super().record_values() | {"read_at": at}

    @property
    def _read_at(self) -> dt.datetime:
        return self.instance.read_at  # type: ignore[no-any-return]
