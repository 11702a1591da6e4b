"""A wrong call: exit code 2, what is wrong, and the call that was meant, which works when it is typed."""

from __future__ import annotations

import shlex

import pytest

from tests.repository import Repository


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("release 0.2.0", "release --version 0.2.0"),
        ("release 0.2.0-rc1 --direct", "release --version 0.2.0-rc1 --direct"),
        ("bump v0.2.0 --dry-run", "bump --version v0.2.0 --dry-run"),
        ("releese --version 0.2.0", "release --version 0.2.0"),
        ("check_workflow", "check-workflow"),
        ("release --verson 0.2.0", "release --version 0.2.0"),
        ("release --verson=0.2.0 --dry-run", "release --version=0.2.0 --dry-run"),
        ("release --version", "--help release"),
        ("release --colour red", "--help release"),
        ("xyzzy", "--list"),
        ("build 0.2.0", "--help build"),
        ("--verson", "--version"),
    ],
)
def test_a_wrong_call_is_answered_with_the_one_that_was_meant(repo: Repository, typed: str, meant: str) -> None:
    ran = repo.castoff(*shlex.split(typed))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
    assert ran.err.endswith(f"  type: castoff {meant}\n")
    again = repo.castoff(*shlex.split(meant))
    assert again.code != 2, again.err


def test_an_option_without_its_value_is_named_as_it_is_typed(repo: Repository) -> None:
    assert repo.castoff("verify", "--trust-config").err.startswith("error: --trust-config needs a value\n")


def test_what_was_typed_is_shown_and_not_run_by_the_terminal(repo: Repository) -> None:
    ran = repo.castoff("\x1b[31mrelease", "a b")
    assert ran.code == 2
    assert "\x1b" not in ran.err
