"""From what happened to why: traces, and what is known of the app, become diagnoses. Pure: nothing is sent or read here."""

from __future__ import annotations

from corsense.diagnose.allowed import lets_strangers_in
from corsense.diagnose.configuration import configuration_faults
from corsense.diagnose.diagnosis import cache_faults, diagnose
from corsense.diagnose.observation import Diagnosis, Observation, answerers
from corsense.diagnose.policies import missing_in_policy
from corsense.diagnose.preflights import refused_together

__all__ = [
    "Diagnosis",
    "Observation",
    "answerers",
    "cache_faults",
    "configuration_faults",
    "diagnose",
    "lets_strangers_in",
    "missing_in_policy",
    "refused_together",
]
