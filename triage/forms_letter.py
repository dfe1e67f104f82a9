from __future__ import annotations

from typing import Any

from django import forms

from triage.forms import RecordForm
from triage.models import Letter


class LetterForm(RecordForm):
    """`referrals`: id and name of those that a new letter can belong to."""

    referral_id = forms.ChoiceField(
        label="For the referral", required=False, help_text="Its reason and urgency stand in the letter"
    )

    class Meta:
        model = Letter
        fields = ["recipient", "opening", "asked", "closing"]
        widgets = {
            "opening": forms.Textarea(attrs={"rows": 3}),
            "asked": forms.Textarea(attrs={"rows": 3}),
            "closing": forms.Textarea(attrs={"rows": 2}),
        }
        labels = {"recipient": "To", "asked": "What you ask of your colleague"}

    def __init__(self, *args: Any, referrals: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if referrals and self.instance._state.adding:
            self.fields["referral_id"].choices = [("", "none"), *referrals]  # type: ignore[attr-defined]
        else:
            del self.fields["referral_id"]
