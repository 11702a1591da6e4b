"""The clients of the index and the forge, as the checkout and the environment have them made."""

from __future__ import annotations

from castoff.adapters.console import Console
from castoff.adapters.environment import read_environment
from castoff.adapters.github import API, GitHub
from castoff.core.forge import Repository as Forge
from castoff.core.published import Unknown
from castoff.flows.checkout import Checkout
from castoff.flows.clients import github_of
from tests.repository import Repository


def checkout(repo: Repository, **variables: str) -> Checkout:
    environment = read_environment(variables)
    return Checkout(repo.root, environment, Console(environment))


def test_the_remote_says_which_repository_is_asked_with_the_token_of_the_environment(repo: Repository) -> None:
    repo.git("remote", "set-url", "origin", "git@github.com:owner/spam.git")
    github = github_of(checkout(repo, GITHUB_TOKEN="secret", GITHUB_REPOSITORY="some/other"))
    assert isinstance(github, GitHub)
    assert (github.repository, github.api, github.token) == (Forge("owner", "spam"), API, "secret")


def test_where_the_remote_is_not_on_github_the_workflow_says_which_repository_it_is(repo: Repository) -> None:
    variables = {"GITHUB_REPOSITORY": "owner/spam", "GITHUB_API_URL": "http://127.0.0.1:9"}
    github = github_of(checkout(repo, **variables))
    assert isinstance(github, GitHub)
    assert (github.repository, github.api, github.token) == (Forge("owner", "spam"), "http://127.0.0.1:9", None)


def test_a_repository_that_is_not_on_github_cannot_be_asked_for_anything_there(repo: Repository) -> None:
    assert github_of(checkout(repo)) == Unknown("the remote origin is not on GitHub")
    repo.git("remote", "remove", "origin")
    assert github_of(checkout(repo)) == Unknown("there is no remote called origin")
