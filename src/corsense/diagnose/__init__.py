"""From what happened to why: traces, and what is known of the app, become diagnoses. Pure: nothing is sent or read here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense._lazy import lazy_names

if TYPE_CHECKING:
    from corsense.diagnose.allowed import admits_lookalike as admits_lookalike
    from corsense.diagnose.allowed import admits_untrusted as admits_untrusted
    from corsense.diagnose.configuration import configuration_faults as configuration_faults
    from corsense.diagnose.diagnosis import allows_page_silently as allows_page_silently
    from corsense.diagnose.diagnosis import cache_faults as cache_faults
    from corsense.diagnose.diagnosis import diagnose as diagnose
    from corsense.diagnose.observation import Diagnosis as Diagnosis
    from corsense.diagnose.observation import Observation as Observation
    from corsense.diagnose.observation import answerers as answerers
    from corsense.diagnose.permissions import refused_together as refused_together
    from corsense.diagnose.policies import missing_in_policy as missing_in_policy
    from corsense.diagnose.respondent import Respondent as Respondent
    from corsense.diagnose.respondent import who_answered as who_answered

__all__ = [
    "Diagnosis",
    "Observation",
    "Respondent",
    "admits_lookalike",
    "admits_untrusted",
    "allows_page_silently",
    "answerers",
    "cache_faults",
    "configuration_faults",
    "diagnose",
    "missing_in_policy",
    "refused_together",
    "who_answered",
]

_HOMES = {
    "admits_lookalike": "corsense.diagnose.allowed",
    "admits_untrusted": "corsense.diagnose.allowed",
    "configuration_faults": "corsense.diagnose.configuration",
    "allows_page_silently": "corsense.diagnose.diagnosis",
    "cache_faults": "corsense.diagnose.diagnosis",
    "diagnose": "corsense.diagnose.diagnosis",
    "Diagnosis": "corsense.diagnose.observation",
    "Observation": "corsense.diagnose.observation",
    "answerers": "corsense.diagnose.observation",
    "missing_in_policy": "corsense.diagnose.policies",
    "refused_together": "corsense.diagnose.permissions",
    "Respondent": "corsense.diagnose.respondent",
    "who_answered": "corsense.diagnose.respondent",
}

__getattr__ = lazy_names(globals(), _HOMES)  # the linter needs little of it
