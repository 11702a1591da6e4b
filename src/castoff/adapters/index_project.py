"""What an index's pages for people say of a project: the site's address, and the links of a project."""

from __future__ import annotations

import json
from http import HTTPStatus

from packaging.utils import canonicalize_name

from castoff.adapters.web import Ask, Web
from castoff.core.published import Unknown
from castoff.core.settings import Publisher
from castoff.core.toml_text import get_table, get_tables, get_text

_SIMPLE = "/simple"


def site(simple_url: str | Unknown) -> str | Unknown:
    """Return the address of the site (without `/` at its end) whose simple API is `simple_url`."""
    return simple_url if isinstance(simple_url, Unknown) else simple_url.rstrip("/").removesuffix(_SIMPLE)


def project_urls(web: Web, base: str, project: str) -> tuple[str, ...] | Unknown:
    """Return the links that the newest release of a project gives (the JSON API, `/pypi/NAME/json`)."""
    answer = web.get(Ask(f"{base}/pypi/{canonicalize_name(project)}/json", "application/json"))
    if isinstance(answer, Unknown):
        return answer
    if answer.status != HTTPStatus.OK:
        return Unknown(f"the index answered {answer.status}")
    data = answer.json()
    if isinstance(data, Unknown):
        return data
    said = get_table(data, "info")
    links = [*get_table(said, "project_urls").values(), said.get("home_page")]
    return tuple(link for link in links if isinstance(link, str))


def publisher(provenance: bytes) -> Publisher | Unknown | None:
    """Return the trusted publisher in a provenance object (PEP 740); None for one that is not GitHub's."""
    try:
        data: object = json.loads(provenance)
    except (ValueError, RecursionError):
        return Unknown("the index answered with provenance that is no JSON")
    for bundle in get_tables(data, "attestation_bundles"):
        said = get_table(bundle, "publisher")
        repository, workflow = get_text(said, "repository"), get_text(said, "workflow")
        if get_text(said, "kind") == "GitHub" and repository and workflow:
            return Publisher(repository, workflow, get_text(said, "environment") or None)
    return None
