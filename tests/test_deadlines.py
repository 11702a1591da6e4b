"""What waits on the network is cut off at its deadline, and at no other time."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

from castoff.adapters.deadlines import Deadlines


def test_what_is_not_left_by_its_deadline_is_cut_off() -> None:
    deadlines, cut = Deadlines(), threading.Event()
    began = time.monotonic()
    with deadlines.cut_off(cut.set, began + 0.1):
        assert cut.wait(10)
    assert time.monotonic() - began >= 0.1


def test_what_is_left_in_time_is_never_cut_off() -> None:
    """It may be in use for something else by then: a connection is."""
    deadlines, cut, later = Deadlines(), threading.Event(), threading.Event()
    at = time.monotonic() + 0.1
    with deadlines.cut_off(cut.set, at):
        pass
    with deadlines.cut_off(later.set, at):
        assert later.wait(10)
    assert not cut.is_set()


def test_a_nearer_deadline_does_not_wait_for_a_later_one() -> None:
    deadlines, far, near = Deadlines(), threading.Event(), threading.Event()
    with deadlines.cut_off(far.set, time.monotonic() + 60), deadlines.cut_off(near.set, time.monotonic() + 0.1):
        assert near.wait(10)
        assert not far.is_set()


def test_one_that_has_passed_already_is_cut_off_at_once() -> None:
    deadlines, cut = Deadlines(), threading.Event()
    with deadlines.cut_off(cut.set, time.monotonic() - 1):
        assert cut.wait(10)


def test_what_cannot_be_cut_off_any_more_does_not_stop_the_others_from_being() -> None:
    def closed() -> None:
        raise OSError

    deadlines, cut = Deadlines(), threading.Event()
    with deadlines.cut_off(closed, time.monotonic()), deadlines.cut_off(cut.set, time.monotonic() + 0.1):
        assert cut.wait(10)


def test_any_number_of_deadlines_takes_one_thread() -> None:
    deadlines, cut, before = Deadlines(), list[int](), threading.active_count()
    with ExitStack() as stack:
        for number in range(100):
            stack.enter_context(deadlines.cut_off(lambda number=number: cut.append(number), time.monotonic() + 0.1))
        assert threading.active_count() == before + 1
        end = time.monotonic() + 10
        while len(cut) < 100 and time.monotonic() < end:
            time.sleep(0.01)
    assert sorted(cut) == list(range(100))
