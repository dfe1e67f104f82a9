"""The questions of a measure as a form: at the clinic with date and visit, by link without them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone

from triage.forms import DateInput, PlainForm, past_day
from triage.outcomes import (
    MEASURES,
    NOT_APPLICABLE,
    SAFETY,
    Alarm,
    Measure,
    ScoreError,
    TooFewAnswers,
    alarms_in,
    score,
)

NO_OR_YES = (("0", "No"), ("1", "Yes"))
ACTIVITIES_LEAST = 3
NAME_LENGTH = 80
NAMED_AT_MOST = 6  # missing answers that an error names


class SafetyForm(PlainForm):
    """The questions that are asked once beneath every measure."""

    submission_id = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_safety()

    def add_safety(self) -> None:
        for item in SAFETY:
            self.fields[item.code] = forms.ChoiceField(
                label=item.label, choices=NO_OR_YES, widget=forms.RadioSelect, required=False
            )

    @property
    def safety_rows(self) -> list[Any]:
        return [self[item.code] for item in SAFETY]

    def safety(self) -> dict[str, int | str | None]:
        return {item.code: self._given(item.code) for item in SAFETY}

    def _given(self, code: str) -> int | str | None:
        value = self.cleaned_data.get(code)
        if value in ("", None):
            return None
        return NOT_APPLICABLE if value == NOT_APPLICABLE else int(value)


class AnswersForm(SafetyForm):
    """`activities` are those that the measure was begun with; they are rated, not named again.

    `among_others`: of a link with its own safety questions, which says by `check` when all is read.
    """

    def __init__(
        self,
        *args: Any,
        measure: Measure,
        activities: Sequence[str] = (),
        among_others: bool = False,
        **kwargs: Any,
    ) -> None:
        self.measure, self.activities = measure, list(activities)
        self.among_others = among_others
        super().__init__(*args, **kwargs)
        if among_others:
            del self.fields["submission_id"]
        for number, item in enumerate(measure.items, start=1):
            if measure.names_activities and not self._add_name(number):
                continue
            self.fields[item.code] = self._answer(item.label, number)
        if not among_others:
            super().add_safety()

    def add_safety(self) -> None:
        """After the measure's own questions, if at all."""

    def _add_name(self, number: int) -> bool:
        """A field for the activity's name; False where the measure was begun with fewer."""
        if self.activities:
            return number <= len(self.activities)
        self.fields[f"name_{number}"] = forms.CharField(
            label=f"Activity {number}", max_length=NAME_LENGTH, required=False, strip=True
        )
        return True

    def _answer(self, label: str, number: int) -> forms.Field:
        measure = self.measure
        if measure.names_activities:
            label = self.activities[number - 1] if self.activities else f"How well, activity {number}"
        if not measure.levels:
            return forms.IntegerField(
                label=label,
                min_value=measure.lowest,
                max_value=measure.highest,
                required=False,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )
        choices = [(str(value), words) for value, words in measure.levels]
        if measure.not_applicable:
            choices.append((NOT_APPLICABLE, measure.not_applicable))
        label = label[0].upper() + label[1:]
        return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, required=False)

    @property
    def item_rows(self) -> list[dict[str, Any]]:
        """The answers in order, each with the field of its name where the patient names it."""
        return [
            {"answer": self[item.code], "name": self[name] if name in self.fields else None}
            for number, item in enumerate(self.measure.items, start=1)
            if item.code in self.fields
            for name in [f"name_{number}"]
        ]

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Of what was answered so far, also of a form that is not complete."""
        return alarms_in(self.answers()) if self.is_bound and hasattr(self, "cleaned_data") else ()

    def named(self) -> list[str]:
        """The activities with a name, in order."""
        if self.activities or not self.measure.names_activities:
            return self.activities
        names = (self.cleaned_data.get(f"name_{n}", "") for n in range(1, len(self.measure.items) + 1))
        return [name for name in names if name]

    def answers(self) -> dict[str, int | str | None]:
        """By code; activities close ranks where a place between them was left empty."""
        codes = [item.code for item in self.measure.items if item.code in self.fields]
        if self.measure.names_activities and not self.activities:
            named = [n for n in range(1, len(codes) + 1) if self.cleaned_data.get(f"name_{n}")]
            given = {codes[k]: self._given(codes[n - 1]) for k, n in enumerate(named)}
        else:
            given = {code: self._given(code) for code in codes}
        return given if self.among_others else {**given, **self.safety()}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.among_others:
            self.check()
        return cleaned

    def check(self, *, alarming: bool = False) -> None:
        """Of the answers together. `alarming`: something answered must not wait for what is missing."""
        if self.errors:
            return
        cleaned = self.cleaned_data
        if self.measure.names_activities and not self.activities:
            self._check_names(cleaned, waits=alarming)
        safety = {item.code for item in SAFETY}
        try:
            score(self.measure, {code: one for code, one in self.answers().items() if code not in safety})
        except TooFewAnswers as few:
            if not alarming and not self.errors:
                self.add_error(None, self._too_few(few))
        except ScoreError as refusal:
            self.add_error(None, str(refusal))

    def _check_names(self, cleaned: dict[str, Any], *, waits: bool) -> None:
        names = self.named()
        for number, item in enumerate(self.measure.items, start=1):
            if cleaned.get(item.code) is not None and not cleaned.get(f"name_{number}"):
                self.add_error(f"name_{number}", "Name the activity that is rated here.")
        if len({name.casefold() for name in names}) != len(names):
            self.add_error(None, "Two activities have the same name.")
        if len(names) < ACTIVITIES_LEAST and not waits:
            self.add_error(None, "Name at least three activities.")

    def _too_few(self, few: TooFewAnswers) -> str:
        """Which answers are missing, by the words of the page."""
        labels = [str(self.fields[code].label) for code in few.missing if code in self.fields]
        more = f" and {len(labels) - NAMED_AT_MOST} more" if len(labels) > NAMED_AT_MOST else ""
        return (
            f"At least {few.least} of {len(self.measure.items)} answers are needed, {few.answered} given. "
            f"Missing: {'; '.join(labels[:NAMED_AT_MOST])}{more}."
        )


class OutcomeForm(AnswersForm):
    """At the clinic: also when, and at which visit."""

    answered_on = forms.DateField(label="Answered on", widget=DateInput())
    visit = forms.ChoiceField(label="At the visit", required=False, help_text="A visit's own date counts")

    def __init__(self, *args: Any, visits: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answered_on"].initial = timezone.localdate
        self.fields["visit"].choices = [("", "not at a visit"), *visits]  # type: ignore[attr-defined]

    def clean_answered_on(self) -> dt.date | None:
        return past_day(self.cleaned_data["answered_on"])

    def answered_at(self) -> dt.datetime:
        """Now for today, noon for an earlier day."""
        day = self.cleaned_data["answered_on"]
        if day == timezone.localdate():
            return timezone.now()
        return timezone.make_aware(dt.datetime.combine(day, dt.time(12)))


class LinkForms:
    """All that one link asks: a form of each measure and, once, the safety questions.

    Where it asks one measure its fields have plain names; of several, each bears the code of its measure.
    """

    def __init__(
        self, posted: QueryDict | None, *, measures: Sequence[Measure], activities: Sequence[str] = ()
    ) -> None:
        several = len(measures) > 1
        self.measures = [
            AnswersForm(
                posted,
                prefix=of.code if several else None,
                measure=of,
                activities=activities if of.names_activities else (),
                among_others=True,
            )
            for of in measures
        ]
        self.safety = SafetyForm(posted)
        self.is_bound = posted is not None

    @property
    def forms(self) -> list[SafetyForm]:
        return [*self.measures, self.safety]

    def is_valid(self) -> bool:
        read = [form.is_valid() for form in self.forms]
        if self.is_bound:
            for form in self.measures:
                form.check(alarming=bool(self.alarms))
        return all(read) and not any(form.errors for form in self.forms)

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Of what was answered so far in all forms, also where one of them is not complete."""
        if not self.is_bound:
            return ()
        together = self.safety.safety()
        for form in self.measures:
            together |= form.answers()
        return alarms_in(together)

    @property
    def fault_count(self) -> int:
        return sum(len(form.errors) for form in self.forms)

    def refuse(self, refusal: ValidationError) -> None:
        self.safety.add_error(None, refusal)


class LinkForm(forms.Form):
    """What the patient is asked by one link."""

    measures = forms.MultipleChoiceField(
        choices=[(code, of.name) for code, of in MEASURES.items()],
        error_messages={
            "required": "Choose what the patient should answer.",
            "invalid_choice": "There is no such measure: %(value)s.",
        },
    )
