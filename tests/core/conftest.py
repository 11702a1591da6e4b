"""What a run of the mutants (CONTRIBUTING) asks of the properties: the same examples each time, and no smallest one."""

from __future__ import annotations

from hypothesis import Phase, settings

settings.register_profile("mutants", derandomize=True, phases=[Phase.explicit, Phase.generate])
