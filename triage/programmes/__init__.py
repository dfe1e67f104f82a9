"""Stop rules of a step against what a run felt like, and weeks of running: pure Python, no rows, no pages."""

from triage.programmes.stops import Checked, Felt, StopMet, check_stops
from triage.programmes.weeks import Ran, Week, weeks_of

__all__ = ["Checked", "Felt", "Ran", "StopMet", "Week", "check_stops", "weeks_of"]
