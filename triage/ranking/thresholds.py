"""When to test and when to treat (docs/ranking.md, step 8.3; Pauker and Kassirer)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """Probabilities of disease. Below `test` do neither, between `test` and `test_treat` test, above treat.

    `treat` is the threshold without a test. When `test` ≥ `test_treat` the test is not worth doing at all.
    """

    treat: float
    test: float
    test_treat: float

    @property
    def worth_testing(self) -> bool:
        return self.test < self.test_treat


def thresholds(
    *, benefit: float, harm: float, test_harm: float, sensitivity: float, specificity: float
) -> Thresholds:
    """Thresholds from benefit B and harm C of treatment, harm R of the test (same unit) and the test's
    accuracy.

    Raises ValueError unless B, C > 0, R ≥ 0 and both accuracies lie in (0, 1].
    """
    if benefit <= 0 or harm <= 0 or test_harm < 0:
        raise ValueError("benefit and harm must be positive, the harm of the test not negative")
    if not (0 < sensitivity <= 1 and 0 < specificity <= 1):
        raise ValueError("sensitivity and specificity must lie in (0, 1]")
    false_positive, missed = 1 - specificity, 1 - sensitivity
    return Thresholds(
        treat=harm / (benefit + harm),
        test=(false_positive * harm + test_harm) / (false_positive * harm + sensitivity * benefit),
        test_treat=(specificity * harm - test_harm) / (specificity * harm + missed * benefit),
    )
