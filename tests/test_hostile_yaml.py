"""YAML whose anchors multiply keeps no verb busy, in whichever file it stands."""

from __future__ import annotations

import pytest

from tests.repository import Repository
from tests.test_hostile_archives import ALIASES, MERGES


@pytest.mark.parametrize("bomb", [ALIASES, MERGES], ids=["aliases", "merges"])
@pytest.mark.parametrize("file", ["CITATION.cff", ".pre-commit-config.yaml", ".github/dependabot.yml"])
def test_anchors_that_multiply_keep_no_verb_busy(repo: Repository, file: str, bomb: str) -> None:
    repo.write(file, "version: 0.1.0\n" + bomb)
    for verb in (("bump", "--version", "0.2.0", "--dry-run"), ("init", "--dry-run", "--no-lock")):
        assert repo.castoff(*verb).code in (0, 1, 2), "within its time, and without a traceback"
