"""Step 11: a clinic's own numbers lie over a release and never change it."""

from __future__ import annotations

import copy

import pytest

from tests.ranking.releases import case, release, study
from triage.ranking import InvalidRelease, compile_release, rank, read_case
from triage.ranking.clinic_model import with_clinic

DOCUMENT = release(evidence=[study("a", "f", 18, 20)])


def ranked(document):
    model = compile_release(document)
    return rank(model, read_case(case(("f", "present")), model)).to_dict()


def test_other_temperature_and_default_rates_are_the_clinics():
    before = copy.deepcopy(DOCUMENT)
    settings = {
        "other_prior": 0.2,
        "temperature": 2.0,
        "default_rates": {"f": {"rates": {"present": 0.4}, "n": 50}},
    }
    result = ranked(with_clinic(DOCUMENT, settings))
    bars = result["hypotheses"][0]["bars"]
    # π 0.4 each against 0.2; 0.880952/0.4
    assert [bar["likelihood_ratio"] for bar in bars] == pytest.approx([2.0, 2.202381])
    assert result["hypotheses"][0]["score"] == pytest.approx(0.5 * (0.693147 + 0.789539), abs=1e-5)
    assert before == DOCUMENT
    assert result["release"] != ranked(DOCUMENT)["release"]


def test_without_settings_it_is_the_release():
    assert ranked(with_clinic(DOCUMENT, {})) == ranked(DOCUMENT)


@pytest.mark.parametrize(
    "settings", [{"other_prior": 1.0}, {"temperature": 0}, {"default_rates": {"ff": {}}}, {"others": 0.1}]
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(InvalidRelease):
        with_clinic(DOCUMENT, settings)
