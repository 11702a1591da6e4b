"""`preflight` on a tag asks the index and GitHub before anything is published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.outside import Outside, outside
from tests.repository import Repository

WHEEL, SDIST = "sample-0.1.1-py3-none-any.whl", "sample-0.1.1.tar.gz"


@pytest.fixture
def world(repo: Repository, tmp_path: Path) -> Iterator[Outside]:
    """Return a project at its pushed tag, as the workflow checks it out."""
    with outside(repo, tmp_path / "outside") as made:
        assert repo.release("0.1.1", "--direct").code == 0
        yield made


def test_a_free_version_passes_and_so_does_one_that_is_ours_byte_for_byte(world: Outside) -> None:
    """The second is a re-run of the whole workflow after it has published."""
    free = world.castoff("preflight", "--json")
    assert free.code == 0, free.err
    assert "0.1.1 is free" in json.loads(free.out)["available"]["verdict"]
    files = {name: (world.repo.root / "dist" / name).read_bytes() for name in (WHEEL, SDIST)}
    world.hold(WHEEL, files[WHEEL])
    half = world.castoff("preflight", "--json")
    assert half.code == 0, half.err
    assert f"incomplete: {SDIST} can be added" in json.loads(half.out)["available"]["verdict"]
    world.hold(SDIST, files[SDIST])
    world.release("v0.1.1", files)
    ours = world.castoff("preflight", "--json")
    assert ours.code == 0, ours.err
    assert json.loads(ours.out)["available"] == {
        "verdict": "0.1.1 is ours already: the index has every file, byte for byte",
        "unknown": [],
    }


def test_other_bytes_on_the_index_stop_it_and_the_next_version_is_the_way_on(world: Outside) -> None:
    world.hold(SDIST)
    ran = world.castoff("preflight")
    assert ran.code == 1
    assert f"dist/{SDIST}: the index has this name with other bytes" in ran.err
    assert "type: castoff release --version 0.1.2" in ran.err


def test_a_published_release_without_files_stops_it_before_the_build(world: Outside) -> None:
    world.release("v0.1.1")
    ran = world.castoff("preflight")
    assert ran.code == 1
    assert "the published release v0.1.1 on GitHub is not of this build: it has no files" in ran.err
    assert not (world.repo.root / "dist").exists()


def test_where_it_cannot_ask_it_says_so_and_goes_on(world: Outside) -> None:
    """In the workflow as an annotation, too, so that it is seen on the page of the run."""
    world.index.down = world.forge.down = True
    ran = world.castoff("preflight", GITHUB_ACTIONS="true")
    assert ran.code == 0, ran.err
    assert "cannot know what the index holds: 127.0.0.1 answered 503" in ran.out
    assert "::warning title=castoff::cannot know which releases GitHub has: 127.0.0.1 answered 503" in ran.out
    assert "whether 0.1.1 is free on the index cannot be known" in ran.out


def test_offline_it_does_not_ask_and_says_so(world: Outside) -> None:
    world.hold(SDIST)
    ran = world.castoff("preflight", OFFLINE="1")
    assert ran.code == 0, ran.err
    assert "cannot know what the index holds: not asked: OFFLINE=1" in ran.out
