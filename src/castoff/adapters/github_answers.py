"""Answers of GitHub's API, taken apart: a member that is not as the API documents it makes the whole answer Unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import TypeVar, cast

from castoff.adapters.web import Answer
from castoff.core.published import TOKEN_REFUSED, Unknown
from castoff.core.toml_text import get, get_text

ODD = Unknown("GitHub answered with something else than its API documents")
_T = TypeVar("_T")


class OddError(Exception):
    """An answer that is not as the API documents it."""


def taken(answer: Answer | Unknown, take: Callable[[object], _T]) -> _T | Unknown:
    """Return what `take` makes of an answer's data; Unknown for another status, or data of another shape."""
    if isinstance(answer, Unknown):
        return answer
    if answer.status != HTTPStatus.OK:
        return Unknown(status_said(answer.status))
    data = answer.json()
    if isinstance(data, Unknown):
        return data
    try:
        return take(data)
    except OddError:
        return ODD


def status_said(status: int) -> str:
    """Return what a status other than 200 means, in a few words."""
    said: dict[int, str] = {
        HTTPStatus.UNAUTHORIZED: TOKEN_REFUSED.reason,
        HTTPStatus.FORBIDDEN: "the token may not look at this",
        HTTPStatus.NOT_FOUND: "GitHub shows nothing there (without a token that may, it hides what is private)",
    }
    return said.get(status, f"GitHub answered {status}")


def items(data: object) -> list[object]:
    """Return the items of an array."""
    if not isinstance(data, list):
        raise OddError
    return cast("list[object]", data)


def text(data: object, key: str) -> str:
    """Return a member that is a string."""
    value = get_text(data, key)
    if value is None:
        raise OddError
    return value


def number(data: object, key: str) -> int:
    """Return a member that is a whole number."""
    value = get(data, key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise OddError
    return value


def flag(data: object, key: str) -> bool:
    """Return a member that is true or false."""
    value = get(data, key)
    if not isinstance(value, bool):
        raise OddError
    return value


def is_true(data: object, key: str) -> bool:
    """Return whether a member that may be missing is true."""
    return get(data, key) is True


def moment(data: object, key: str) -> datetime | None:
    """Return a time, or None where there is none yet; one without a zone is no time."""
    said = get_text(data, key)
    try:
        when = datetime.fromisoformat(said) if said else None
    except ValueError:
        raise OddError from None
    if when is not None and when.tzinfo is None:
        raise OddError
    return when
