"""The pins of the actions in a dependabot.yml that is there."""

from __future__ import annotations

import pytest

from castoff.core.dependabot_text import with_actions
from castoff.core.errors import CastoffError, Location
from castoff.core.texts import Text

FILE = ".github/dependabot.yml"
OURS = """\
version: 2
updates:
  - package-ecosystem: github-actions
    directory: /
    groups:
      # all together
      actions:
        patterns: ["*"]
"""
ENTRY = OURS.partition("updates:\n")[2]
FLUSH = "".join(line[2:] for line in ENTRY.splitlines(keepends=True))


def text(written: str) -> Text:
    return Text(FILE, written, "utf-8", bom=False)


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("version: 2\nupdates:\n  - package-ecosystem: pip\n    directory: /\n", ""),
        ("version: 2\nupdates:\n  - package-ecosystem: pip\n    directory: / # here\n", "\nregistries: {}\n"),
        ("updates:\n  - package-ecosystem: pip\n    # limit: 5\n", "\n  # one more\n\n# private\nregistries: {}\n"),
        ("updates:\n  - package-ecosystem: pip\n  - { package-ecosystem: npm } # ours\n", "# end\n"),
        ("updates:\n  - package-ecosystem: pip\n", "# private\nregistries: {}\n"),
        (
            "updates:\n  - a: 1\n  - b: 2\n    c:\n      d: e\n    f: g\n    labels:\n    - h\n    - i\n    - j\n",
            "\nversion: 2\n",
        ),
        ("updates:\n  - a: >-\n      some\n      words\n", "\n\nversion: 2\n"),
    ],
    ids=[
        "at the end",
        "before another key",
        "with comments",
        "behind one in braces",
        "before a comment",
        "long",
        "behind a text",
    ],
)
def test_the_entry_stands_behind_the_last_one_and_comments_stay_with_what_they_are_of(before: str, behind: str) -> None:
    assert with_actions(text(before + behind), OURS) == before + ENTRY + behind


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("updates:\n- package-ecosystem: pip\n", f"updates:\n- package-ecosystem: pip\n{FLUSH}"),
        ("updates:\n- package-ecosystem: pip", f"updates:\n- package-ecosystem: pip\n{FLUSH}".rstrip()),
        (
            "updates:\r\n- package-ecosystem: pip\r\n",
            f"updates:\n- package-ecosystem: pip\n{FLUSH}".replace("\n", "\r\n"),
        ),
    ],
    ids=["no indentation", "no last line end", "Windows"],
)
def test_the_entry_is_indented_and_ended_like_the_others(before: str, after: str) -> None:
    assert with_actions(text(before), OURS) == after


@pytest.mark.parametrize("known", [OURS, "updates: [{package-ecosystem: pip}, {package-ecosystem: github-actions}]"])
def test_a_file_that_knows_the_actions_stays_as_it_is(known: str) -> None:
    assert with_actions(text(known), OURS) == known


@pytest.mark.parametrize(
    "before",
    [
        "version: 2\n",
        "version: 2\nupdates: []\n",
        "version: 2\nupdates:\n",
        "updates: [{package-ecosystem: pip}]\n",
        "updates:\n  package-ecosystem: pip\n",
        "- 1\n",
        "",
        "x: &x {a: 1}\nupdates:\n  - <<: *x\n",
        "updates: &all\n  - package-ecosystem: pip\n",
        "updates:\n  - a: |+\n      kept\n\n",
        "updates:\n  - a: 1\nversion: 2\nupdates:\n  - b: 1\n",
        "updates:\n  - a: 1\nupdates:\n",
        "!!set\nupdates:\n  - a: 1\n",
    ],
    ids=[
        *("no updates", "an empty list", "nothing", "in brackets", "a table", "a list", "an empty file", "merge keys"),
        *("an anchor", "a text that would change", "twice", "twice, and nothing", "a set"),
    ],
)
def test_a_file_without_a_list_to_add_to_is_left_alone(before: str) -> None:
    assert with_actions(text(before), OURS) is None


def test_a_file_that_is_no_yaml_is_refused_in_one_line() -> None:
    with pytest.raises(CastoffError, match=r"^it is not YAML: while parsing a flow node .* line 3, column 1") as caught:
        with_actions(text("version: 2\nupdates: [\n"), OURS)
    (problem,) = caught.value.problems
    assert (problem.where, "\n" in problem.what) == (Location(FILE), False)
