"""Bytes that arrive, compared with a file that is here."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from castoff.adapters.arriving import Beside, Compared, Downloaded


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arriving") / "file"


def the_first_that_differs(one: bytes, other: bytes) -> int | None:
    if one == other:
        return None
    return next(at for at in range(len(one) + 1) if one[: at + 1] != other[: at + 1]) + 1


few = st.binary(max_size=6).map(lambda data: bytes(byte % 2 for byte in data))


@given(few, st.lists(few))
@example(b"\0\1", [b"\0", b"", b"\1"])
@example(b"\0\1", [b"\0\1", b"\0"])
@example(b"\0\1", [])
def test_it_tells_the_digest_of_what_came_and_where_it_parts_from_the_file(
    file: Path, here: bytes, blocks: list[bytes]
) -> None:
    file.write_bytes(here)
    came, beside = b"".join(blocks), Beside(Downloaded(file, hashlib.sha256(here).hexdigest(), len(here)))
    with beside:
        for block in blocks:
            beside.take(block)
        said = beside.whole()
    assert said == Compared(hashlib.sha256(came).hexdigest(), the_first_that_differs(here, came))
