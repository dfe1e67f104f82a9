"""What is written on the way to a release: a note, a reason."""

from __future__ import annotations

from django import forms

from knowledge.models.reviews import REASON_LENGTH

LONGEST = 4000


def text(label: str, help_text: str = "", *, required: bool = True, least: int = 0) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        min_length=least or None,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SubmitForm(forms.Form):
    note = text("What changed and why", "It stands with the release for good.")


class ReturnForm(forms.Form):
    note = text("What has to change", "The editors read it on this page.")
    prefix = "return"


class ApproveForm(forms.Form):
    """With golden cases that lose their place, the reason is asked for too."""

    note = text("What you checked", "Optional.", required=False)
    prefix = "approve"

    def __init__(self, *args: object, lost: int = 0, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if lost:
            self.fields["lost_cases_reason"] = text(
                "Why it is right that golden cases lose their place",
                "Kept with the review and shown with the release.",
                least=REASON_LENGTH,
            )


class WithdrawSourceForm(forms.Form):
    reason = text(
        "Why it is withdrawn", "Retraction, error, a better look: it stands with the source for good."
    )


class DocumentForm(forms.Form):
    document = forms.FileField(
        label="Changed document",
        help_text="One release document, .yaml or .json, at most 5 MB.",
        widget=forms.FileInput(attrs={"accept": ".yaml,.json"}),
    )
    base = forms.FileField(
        label="Document it was made from",
        help_text="Optional. Without it, what the last import brought counts as the beginning.",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".yaml,.json"}),
    )


class EvidenceForm(forms.Form):
    table = forms.FileField(
        label="Changed table",
        help_text="CSV in UTF-8, at most 5 MB. Lines that are missing change nothing.",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
