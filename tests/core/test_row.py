"""Words for sizes, times and days; and what an observation says of itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from packaging.version import Version

from castoff.core.commands import Typed
from castoff.core.observation import Observation
from castoff.core.published import Unknown
from castoff.core.row import days, moment, one_line, size
from tests.sights import (
    DRAFT,
    FILES,
    FREE,
    RELEASE,
)

GONE = Unknown("it cannot be reached")


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "of unknown size"),
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (1024**2 - 1, "1024.0 KiB"),
        (1536 * 1024, "1.5 MiB"),
        (3 * 1024**3, "3.0 GiB"),
        (2048 * 1024**3, "2048.0 GiB"),
    ],
)
def test_a_size_is_told_in_the_largest_unit_that_fits(count: int | None, text: str) -> None:
    assert size(count) == text


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the machine nine hours ahead of UTC."""
    with monkeypatch.context() as there:
        there.setenv("TZ", "JST-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
def test_a_time_is_told_in_utc_to_the_minute_wherever_the_machine_stands() -> None:
    east = timezone(timedelta(hours=2))
    assert moment(datetime(2026, 3, 20, 1, 2, 59, tzinfo=east)) == "2026-03-19 23:02 UTC"
    assert moment(datetime(2026, 3, 20, tzinfo=UTC)) == "2026-03-20 00:00 UTC"
    assert moment(None) == "at an unknown time"


def test_days_are_counted_and_text_from_outside_stays_on_its_line() -> None:
    assert [days(count) for count in (0, 1, 2)] == ["0 days", "1 day", "2 days"]
    assert one_line(" a\n b\r\n\tc ") == "a b c"


def test_every_part_of_a_release_has_its_rows_in_order() -> None:
    from castoff.core.standing import rows_of

    places = ["main", "bump branch", "tag here", "tag on origin", "workflow run"]
    assert [row.place for row in rows_of(FREE)] == [*places, "index", "release"]


def test_an_observation_is_published_when_anything_of_it_is_out() -> None:
    """What is out outweighs what cannot be known; a draft is not out."""

    def published(**changes: object) -> object:
        return replace(FREE, **changes).published

    assert published() is False
    assert published(releases=(DRAFT,)) is False
    assert published(files=FILES, releases=GONE) is True
    assert published(files=GONE, releases=(DRAFT, RELEASE)) is True
    assert published(files=GONE) == GONE
    assert published(releases=GONE) == GONE


def test_an_observation_s_commands_name_its_version_in_the_spelling_of_tags() -> None:
    candidate: Observation = replace(FREE, version=Version("0.4.0rc1"))
    assert candidate.command("status") == "castoff status --version 0.4.0-rc1"
    assert candidate.command("release", Version("1.0.0")) == "castoff release --version 1.0.0"
    assert replace(candidate, typed=Typed(make=True)).command("undo") == "make undo VERSION=0.4.0-rc1"
