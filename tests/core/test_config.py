"""`[tool.castoff]`: what it says, and that a mistake in it is told."""

from __future__ import annotations

import tomllib

import pytest

from castoff.core.config import DEFAULT_CHECKS, Config, read_config
from castoff.core.errors import Location, Problem, UsageError


def config(text: str) -> Config:
    """Return what a `[tool.castoff]` table with this text says."""
    return read_config(tomllib.loads(f"[tool.castoff]\n{text}"))


def test_nothing_said_means_the_defaults() -> None:
    assert read_config({}) == config("") == Config()
    assert Config().checks is DEFAULT_CHECKS
    assert list(DEFAULT_CHECKS) == ["lint", "format-check", "typecheck", "test"]


def test_every_key_is_read() -> None:
    said = config(
        'places = ["pyproject.toml:project.version", "VERSION"]\npackage = "src/x"\nremote = "up"\nmain = "trunk/1"\n'
        'environment = "release"\nbuild = ["sdist"]\n'
        'checks = { lint = ["a", "-b"], test = [["c"], ["d", "e f"]] }\n'
    )
    assert said == Config(
        places=("pyproject.toml:project.version", "VERSION"),
        package="src/x",
        remote="up",
        main="trunk/1",
        environment="release",
        build=("sdist",),
        checks={"lint": (("a", "-b"),), "test": (("c",), ("d", "e f"))},
    )


def test_what_is_built_may_be_said_in_either_order_and_is_an_sdist_at_least() -> None:
    assert config('build = ["wheel", "sdist"]').build == ("wheel", "sdist")
    assert config('environment = "x"').build == Config().build == ("sdist", "wheel")
    assert config('build = ["sdist"]').environment == "pypi"


def test_something_else_than_a_table_is_told() -> None:
    with pytest.raises(UsageError) as caught:
        read_config({"tool": {"castoff": "x"}})
    assert caught.value.problems == (Problem("[tool.castoff] must be a table", Location("pyproject.toml")),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('build = ["wheel"]', 'build must be ["sdist"] or ["sdist", "wheel"]', id="wheels-alone"),
        pytest.param('build = ["sdist", "sdist"]', "build must be [", id="an-sdist-twice"),
        pytest.param('build = "sdist"', "build must be a list", id="build-that-is-a-text"),
        pytest.param('place = ["x"]', "did you mean places?", id="nearly-a-key"),
        pytest.param("zzz = 1", "is not known; the keys are build, checks, ", id="no-key"),
        pytest.param('places = "VERSION"', "places must be a list", id="one-place-without-a-list"),
        pytest.param("places = []", "places must be a list", id="no-places"),
        pytest.param('places = ["a", 1]', "places must be a list", id="a-place-that-is-a-number"),
        pytest.param('places = ["a", ""]', "places must be a list", id="an-empty-place"),
        pytest.param("package = 1", "package must be a name", id="package-that-is-a-number"),
        pytest.param('package = ""', "package must be a name", id="package-without-a-name"),
        pytest.param('remote = "--upload-pack=touch canary"', "remote must be a name", id="remote-that-is-an-option"),
        pytest.param('main = "-x"', "main must be a name", id="main-that-is-an-option"),
        pytest.param('main = "a\\nb"', "main must be a name", id="main-over-two-lines"),
        pytest.param('main = "a\\u001bb"', "main must be a name", id="main-with-a-control-character"),
        pytest.param("main = []", "main must be a name", id="main-that-is-a-list"),
        pytest.param("checks = {}", "checks must be a table", id="no-checks"),
        pytest.param('checks = ["ruff"]', "checks must be a table", id="checks-that-are-a-list"),
        pytest.param('checks = { lint = "ruff check" }', "checks.lint must be a list", id="a-shell-line"),
        pytest.param("checks = { lint = 5 }", "checks.lint must be a list", id="a-number"),
        pytest.param("checks = { lint = [] }", "checks.lint must be a list", id="no-command"),
        pytest.param("checks = { lint = [[]] }", "checks.lint must be a list", id="an-empty-command"),
        pytest.param('checks = { lint = ["a", ["b"]] }', "checks.lint must be a list", id="lists-and-texts"),
        pytest.param('checks = { lint = [["a"], [1]] }', "checks.lint must be a list", id="a-number-in-a-command"),
    ],
)
def test_a_mistake_is_told_with_its_key(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        config(text)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"[tool.castoff] {text.partition(' ')[0]}")
    assert str(caught.value.problems[0].where) == "pyproject.toml"
    assert caught.value.exit_code == 2
