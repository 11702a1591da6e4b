"""What a request to create or update a release says, and the refusal of one that GitHub would not take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_LATEST = ("true", "false", "legacy")


class RefusedError(Exception):
    """GitHub would refuse: status, message, and the list of errors that comes with a failed validation."""

    def __init__(self, status: int, message: str, errors: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message
        self.errors = tuple(errors)


def invalid(*errors: Mapping[str, str]) -> RefusedError:
    """Return the refusal of a request whose members do not pass (422)."""
    return RefusedError(422, "Validation Failed", errors)


@dataclass(frozen=True, slots=True)
class Change:
    """The members of a request that creates or updates a release; None: not said."""

    tag: str | None
    target: str | None
    name: str | None
    body: str | None
    draft: bool | None
    prerelease: bool | None
    make_latest: str | None
    generate_notes: bool


def read_change(members: Mapping[str, object]) -> Change:
    """Return what the JSON of a request says; raises RefusedError (422) when a member is of another type."""
    chosen = text_member(members, "make_latest")
    if chosen is not None and chosen not in _LATEST:
        raise RefusedError(422, f"Invalid request.\n\n{chosen} is not a member of {list(_LATEST)}.")
    return Change(
        tag=text_member(members, "tag_name"),
        target=text_member(members, "target_commitish"),
        name=text_member(members, "name"),
        body=text_member(members, "body"),
        draft=_flag(members, "draft"),
        prerelease=_flag(members, "prerelease"),
        make_latest=chosen,
        generate_notes=bool(_flag(members, "generate_release_notes")),
    )


def text_member(members: Mapping[str, object], name: str) -> str | None:
    """Return a member that is text, None when it is not said; raises RefusedError (422) when it is something else."""
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise RefusedError(422, f"Invalid request.\n\nFor 'properties/{name}', {value!r} is not a string.")
    return value


def _flag(members: Mapping[str, object], name: str) -> bool | None:
    value = members.get(name)
    if value is not None and not isinstance(value, bool):
        raise RefusedError(422, f"Invalid request.\n\nFor 'properties/{name}', {value!r} is not a boolean.")
    return value
