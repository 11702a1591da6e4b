"""What zizmor and check-jsonschema answer is read to its place, and told only where castoff's rules tell it not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from castoff.core.errors import Location
from castoff.core.findings import Finding, Verdict
from castoff.core.workflow_linters import SAME, beside, read_schema, read_zizmor
from castoff.core.workflow_yaml import read_yaml

FILE = ".github/workflows/release.yml"
WORKFLOW = """\
name: Release
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: Softprops/Action-GH-Release@v2
      - run: make build
        env: {A: 1}
      - [a, b]
"""
OURS = frozenset({"softprops/action-gh-release"})


def place(first: int, last: int, kind: str = "Primary", annotation: str = "this step") -> dict[str, Any]:
    """Make a place as zizmor tells it, from the lines that an editor shows."""
    points = {"start_point": {"row": first - 1, "column": 8}, "end_point": {"row": last - 1, "column": 20}}
    return {
        "symbolic": {"key": {}, "annotation": annotation, "route": {}, "kind": kind},
        "concrete": {"location": {**points, "offset_span": {"start": 1, "end": 2}}, "feature": "", "comments": []},
    }


def zizmor(*places: dict[str, Any], **said: object) -> dict[str, Any]:
    """Make one of the things that zizmor finds."""
    return {
        "ident": "bot-conditions",
        "desc": "spoofable bot actor check",
        "url": "https://docs.zizmor.sh/audits/#bot-conditions",
        "determinations": {"confidence": "High", "severity": "High", "persona": "Regular"},
        "locations": places or [place(8, 9)],
        "ignored": False,
        **said,
    }


def told(*said: dict[str, Any], ours: tuple[Finding, ...] = ()) -> list[Finding]:
    """Return what is told of what zizmor found."""
    theirs = read_zizmor(FILE, json.dumps(said))
    assert theirs is not None
    return beside(ours, theirs, OURS, WORKFLOW.splitlines())


def schema(path: str, message: str, deepest: dict[str, str] | None = None) -> list[Finding]:
    """Return what is told of one error of check-jsonschema's."""
    error: dict[str, Any] = {"filename": FILE, "path": path, "message": message, "has_sub_errors": bool(deepest)}
    if deepest:
        error |= {"best_match": {"path": "$", "message": "no"}, "best_deep_match": deepest}
    output = json.dumps({"status": "fail", "errors": [error], "parse_errors": []})
    found = read_schema(FILE, output, read_yaml(FILE, WORKFLOW))
    assert found is not None
    return found


class TestZizmor:
    """What zizmor finds."""

    def test_it_is_told_at_the_line_that_an_editor_shows_with_the_page_that_explains_it(self) -> None:
        assert told(zizmor(place(8, 9, annotation="actor context may be\n  spoofable"))) == [
            Finding(
                "spoofable bot actor check: actor context may be spoofable",
                Location(FILE, 8),
                fix=("open https://docs.zizmor.sh/audits/#bot-conditions",),
                verdict=Verdict.WRONG,
                rule="zizmor/bot-conditions",
            )
        ]

    @pytest.mark.parametrize(
        ("severity", "verdict"),
        [
            *(("High", Verdict.WRONG), ("Medium", Verdict.WRONG)),
            *(("Low", Verdict.NOTE), ("Informational", Verdict.NOTE), ("Unknown", Verdict.NOTE)),
        ],
    )
    def test_only_what_is_grave_makes_a_workflow_wrong(self, severity: str, verdict: Verdict) -> None:
        (finding,) = told(zizmor(determinations={"confidence": "Low", "severity": severity}))
        assert finding.verdict is verdict

    @pytest.mark.parametrize(
        ("kinds", "line", "what"), [(("Hidden", "Primary", "Related"), 8, "8"), (("Hidden", "Related"), 7, "7")]
    )
    def test_of_many_places_the_primary_one_is_told_or_else_the_first(
        self, kinds: tuple[str, ...], line: int, what: str
    ) -> None:
        at = [place(number, number, kind, f"line {number}") for number, kind in enumerate(kinds, 7)]
        (finding,) = told(zizmor(*at))
        assert (finding.where, finding.what[-1]) == (Location(FILE, line), what)

    def test_what_the_file_tells_it_to_pass_over_is_passed_over(self) -> None:
        seen = told(zizmor(ignored=True), zizmor(place(4, 4)), zizmor(ignored=True))
        assert [one.where for one in seen] == [Location(FILE, 4)]

    def test_a_long_message_is_cut_after_two_hundred_characters(self) -> None:
        (whole,) = told(zizmor(desc="d" * 100, locations=[place(8, 8, annotation="a" * 98)]))
        assert whole.what == f"{'d' * 100}: {'a' * 98}"
        (cut,) = told(zizmor(desc="d" * 100, locations=[place(8, 8, annotation="a" * 99)]))
        assert cut.what == f"{'d' * 100}: {'a' * 95}..."

    @pytest.mark.parametrize(
        "output",
        [
            *("", "error: no inputs collected", "[1", "1", "null", "[1]", '[{"ignored": false}]', '{"errors": []}'),
            *('[{"ignored": false, "locations": []}]', '[{"ignored": false, "locations": [[]]}]'),
            json.dumps([zizmor(determinations=None)]),
            json.dumps([zizmor(locations=[{**place(1, 1), "concrete": {"location": 1}}])]),
        ],
    )
    def test_another_answer_is_none_and_not_taken_for_nothing_found(self, output: str) -> None:
        assert read_zizmor(FILE, output) is None


class TestBesideOurs:
    """What castoff's own rules tell, with what to write, is not told again in zizmor's words."""

    @pytest.mark.parametrize("audit", SAME)
    def test_what_a_rule_of_ours_tells_within_those_lines_is_told_once(self, audit: str) -> None:
        where = zizmor(place(6, 6, "Related"), place(8, 8), place(7, 9, "Hidden"), ident=audit)
        for rule in SAME[audit]:
            by_line = {
                line: told(where, ours=(Finding("as they say", Location(FILE, line), rule=rule),))
                for line in (5, 6, 7, 8, 9, 10)
            }
            apart = [line for line, seen in by_line.items() if seen]
            assert apart == ([] if rule == "no-default-rights" else [5, 10])

    @pytest.mark.parametrize(
        "finding",
        [
            Finding("another rule", Location(FILE, 8), rule="rights"),
            Finding("no line", Location(FILE), rule="pins"),
            Finding("no place", rule="pins"),
            Finding("a note", Location(FILE, 8), verdict=Verdict.NOTE, rule="pins"),
        ],
    )
    def test_what_ours_tell_of_something_else_or_only_as_a_note_takes_nothing_away(self, finding: Finding) -> None:
        assert len(told(zizmor(ident="unpinned-uses"), ours=(finding,))) == 1

    def test_an_audit_that_no_rule_of_ours_knows_is_told(self) -> None:
        assert len(told(zizmor(), ours=(Finding("pin it", Location(FILE, 8), rule="pins"),))) == 1

    def test_one_of_ours_is_enough_and_what_is_told_keeps_its_order(self) -> None:
        other, ours = Finding("x", Location(FILE, 1), rule="jobs"), Finding("y", Location(FILE, 8), rule="pins")
        said = [zizmor(place(line, line), ident="unpinned-uses") for line in (7, 8, 4)]
        assert [one.where for one in told(*said, ours=(other, ours))] == [Location(FILE, 7), Location(FILE, 4)]

    @pytest.mark.parametrize(
        ("audit", "line", "count"),
        [("superfluous-actions", 7, 0), ("superfluous-actions", 8, 1), ("bot-conditions", 7, 1)],
    )
    def test_that_a_script_could_replace_an_action_of_the_pipeline_is_no_finding(
        self, audit: str, line: int, count: int
    ) -> None:
        assert len(told(zizmor(place(line, line), ident=audit))) == count

    @pytest.mark.parametrize(("first", "last", "count"), [(6, 7, 0), (7, 8, 0), (8, 9, 1), (5, 6, 1)])
    def test_the_action_is_looked_for_in_all_of_the_lines_and_in_no_other(
        self, first: int, last: int, count: int
    ) -> None:
        assert len(told(zizmor(place(first, last), ident="superfluous-actions"))) == count


class TestSchema:
    """What check-jsonschema finds."""

    @pytest.mark.parametrize(
        ("path", "line"),
        [
            *(("$", 1), ("$.jobs", 3), ("$.jobs.build", 4), ("$.jobs.build.steps", 6), ("$.jobs.build.runs-on", 5)),
            *(("$.jobs.build.steps[0]", 7), ("$.jobs.build.steps[1]", 8), ("$.jobs.build.steps[1].env.A", 9)),
            *(("$['jobs']['build']", 4), ('$["jobs"]["build"].steps[2][1]', 10), ("$.jobs.gone.steps", 3)),
            *(("$.jobs.build.steps[3]", 6), ("$.jobs.build.steps.run", 6), ("$.jobs[0]", 3), ("$.name.x", 1)),
        ],
    )
    def test_the_line_is_that_of_the_place_or_of_the_nearest_one_around_it(self, path: str, line: int) -> None:
        (finding,) = schema(path, "'x' is no y")
        assert finding.where == Location(FILE, line)

    def test_the_place_stands_in_front_of_what_is_wrong_with_it(self) -> None:
        assert schema("$.jobs.build", "'x' is no\ny") == [
            Finding("jobs.build: 'x' is no y", Location(FILE, 4), rule="schema")
        ]
        assert [one.what for one in schema("$", "'x' is no y")] == ["'x' is no y"]

    def test_what_lies_deepest_is_told_for_a_value_that_could_have_been_many_things(self) -> None:
        deepest = {"path": "$.jobs.build.steps[1]", "message": "'run' is a list"}
        (finding,) = schema("$.jobs.build", "not valid under any of the given schemas", deepest)
        assert (finding.what, finding.where) == ("jobs.build.steps[1]: 'run' is a list", Location(FILE, 8))

    @pytest.mark.parametrize(
        ("said", "line"),
        [
            ("Additional properties are not allowed ('env' was unexpected)", 9),
            ("Additional properties are not allowed ('env', 'run' were unexpected)", 8),
            ("'env' is not of type 'string'", 8),
        ],
    )
    def test_a_key_that_has_to_go_is_told_at_its_own_line(self, said: str, line: int) -> None:
        (finding,) = schema("$.jobs.build.steps[1]", said)
        assert (finding.what, finding.where) == (f"jobs.build.steps[1]: {said}", Location(FILE, line))

    def test_every_error_is_told(self) -> None:
        errors = [{"path": path, "message": "no"} for path in ("$.on", "$.jobs")]
        found = read_schema(FILE, json.dumps({"errors": errors}), read_yaml(FILE, WORKFLOW))
        assert [one.where for one in found or ()] == [Location(FILE, 2), Location(FILE, 3)]

    @pytest.mark.parametrize(
        "output",
        ["", "Error: no such file", "null", "1", "[]", "{}", '{"errors": [1]}', '{"errors": [{"path": "$"}]}'],
    )
    def test_another_answer_is_none_and_not_taken_for_nothing_found(self, output: str) -> None:
        assert read_schema(FILE, output, read_yaml(FILE, WORKFLOW)) is None
