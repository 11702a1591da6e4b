"""The faults of a rehearsal, by their names."""

from __future__ import annotations

import pytest

from castoff.core.errors import UsageError
from castoff.core.faults import FAULTS, catalogue, find

JOBS = ("preflight", "publish")


def test_the_runner_can_die_in_each_job_and_a_re_run_is_the_way_out() -> None:
    assert catalogue(JOBS)[: len(FAULTS)] == FAULTS
    told = [(one.name, one.what, one.way_out) for one in catalogue(JOBS)[len(FAULTS) :]]
    died = "the runner dies when the last step of {} has done its work"
    assert told == [(f"runner-killed:{job}", died.format(job), "re-run the failed jobs") for job in JOBS]


def test_a_fault_is_found_by_its_name_and_no_two_have_the_same() -> None:
    assert [find(fault.name, JOBS) for fault in catalogue(JOBS)] == [*catalogue(JOBS)]


@pytest.mark.parametrize("name", ["index-donw", "runner-killed:sign", "runner-killed", "", "list"])
def test_another_name_is_refused_with_the_command_that_lists_them(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        find(name, JOBS)
    (problem,) = caught.value.problems
    assert (problem.what, problem.fix) == (f"there is no fault called {name!r}", ("castoff rehearse --fault list",))
