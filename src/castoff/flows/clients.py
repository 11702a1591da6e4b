"""The clients of the index and the forge: made here only, from the checkout and the caller's environment."""

from __future__ import annotations

from castoff.adapters.git import remote_name
from castoff.adapters.github import API, GitHub
from castoff.adapters.index import Index
from castoff.adapters.web import Limits, Web
from castoff.core.errors import CastoffError
from castoff.core.forge import Repository, from_full_name, repository
from castoff.core.published import Unknown
from castoff.flows.checkout import Checkout


def index_of(checkout: Checkout, limits: Limits | None = None) -> Index:
    """Return the index that releases go to: PyPI, or the one that CASTOFF_INDEX_URL names."""
    return Index(Web(limits), checkout.environment.index_url)


def github_of(checkout: Checkout, limits: Limits | None = None) -> GitHub | Unknown:
    """Return the repository on GitHub, or why there is none to ask; with a token where the environment has one."""
    found = repository_of(checkout)
    if isinstance(found, Unknown):
        return found
    environment = checkout.environment
    return GitHub(Web(limits), found, environment.github_api or API, environment.github_token)


def repository_of(checkout: Checkout) -> Repository | Unknown:
    """Return the repository that the remote's URL names; where that names none, the one of GITHUB_REPOSITORY."""
    remotes = checkout.git.remotes()
    try:
        name = remote_name(remotes, checkout.project().config.remote)
    except CastoffError as error:
        name, reason = "", str(error)
    else:
        reason = f"the remote {name} is not on GitHub"
    found = repository(remotes.get(name)) or from_full_name(checkout.environment.github_repository)
    return found or Unknown(reason)
