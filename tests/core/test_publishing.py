"""Which job publishes, and what PyPI sees of it, by the workflows of the repository."""

from __future__ import annotations

from castoff.core.diagnosis import Publishing
from castoff.core.errors import Location, Problem
from castoff.core.pins import pinned
from castoff.core.pipeline import WORKFLOW
from castoff.core.published import Unknown
from castoff.core.publishing import publishing
from tests.memory import Memory
from tests.rehearsing import REAL, changed, line_of

PUBLISH = f"- uses: {pinned('pypa/gh-action-pypi-publish')}"
OTHER = ".github/workflows/publish.yml"
WITHOUT = changed(PUBLISH, "- run: make upload", text=REAL)


def seen(*files: tuple[str, str]) -> Publishing | Problem | Unknown:
    return publishing(Memory({path: text.encode() for path, text in files}))


def of(text: str, path: str = WORKFLOW) -> Publishing:
    found = seen((path, text))
    assert isinstance(found, Publishing)
    return found


def test_castoffs_own_job_is_seen_with_all_that_pypi_sees() -> None:
    where, at = (Location(WORKFLOW, line) for line in (line_of(REAL, "  publish:"), line_of(REAL, "    environment:")))
    assert of(REAL) == Publishing("release.yml", "publish", where, "pypi", at, False, True, None)


def test_what_is_not_there_is_none_and_told_at_the_job() -> None:
    begin = REAL.index("    environment:\n")
    text = REAL[:begin] + REAL[REAL.index("    permissions:\n      id-token: write # PyPI") :]
    text = changed("      id-token: write # PyPI", "      contents: read # PyPI", text=text)
    found = of(text)
    assert (found.environment, found.environment_at, found.computed) == (None, found.where, False)
    assert not found.identity


def test_a_permission_to_read_is_no_identity() -> None:
    assert not of(changed("id-token: write # PyPI", "id-token: none # PyPI", text=REAL)).identity


def test_a_job_that_says_nothing_has_what_the_workflow_gives_it() -> None:
    rights = REAL[
        REAL.index("    permissions:\n      id-token: write # PyPI") : REAL.index("    # No checkout and no code")
    ]
    text = REAL.replace(rights, "")
    assert not of(text).identity
    assert of(changed("permissions: {}", "permissions: write-all", text=text)).identity


def test_a_computed_environment_and_a_password_are_seen() -> None:
    text = changed("name: pypi", "name: ${{ vars.ENVIRONMENT }}", text=REAL)
    text = changed(PUBLISH, f"{PUBLISH}\n        with:\n          password: ${{{{ secrets.TOKEN }}}}", text=text)
    found = of(text)
    assert found.computed
    assert found.password == Location(WORKFLOW, line_of(text, "password:"))


def test_the_action_is_the_same_in_capitals() -> None:
    assert of(REAL.replace("pypa/gh-action-pypi-publish", "PyPA/gh-action-pypi-publish")).job == "publish"


def test_where_there_is_no_workflow_the_one_that_publishes_is_taken() -> None:
    found = seen((".github/workflows/a.txt", REAL), (".github/workflows/broken.yml", "a: b: c"), (OTHER, REAL))
    assert isinstance(found, Publishing)
    assert (found.file, found.where.file) == ("publish.yml", OTHER)
    assert isinstance(seen((OTHER.replace(".yml", ".yaml"), REAL)), Publishing)
    for none in ((), ((OTHER, WITHOUT),), ((".github/workflows/a.txt", REAL),)):
        assert seen(*none) == Problem("there is no such workflow", Location(WORKFLOW), ("castoff init",))


def test_a_workflow_that_cannot_be_read_is_told_with_what_to_type() -> None:
    found = seen((WORKFLOW, "a: b: c"))
    assert isinstance(found, Problem)
    assert (found.where, found.fix) == (Location(WORKFLOW, 1), ("castoff check-workflow",))
    assert found.what.startswith("the workflow is not YAML: ")


def test_a_reusable_workflow_cannot_publish_to_pypi() -> None:
    begin, end = REAL.index("  publish:\n"), REAL.index("  github-release:\n")
    text = f"{REAL[:begin]}  publish:\n    needs: sign\n    uses: ./.github/workflows/part.yml\n\n{REAL[end:]}"
    what = "the job publish is a reusable workflow, from which PyPI takes no trusted publishing"
    where = Location(WORKFLOW, line_of(text, "part.yml"))
    assert seen((WORKFLOW, text), (OTHER, REAL)) == Problem(what, where, ("write its steps into release.yml",))


def test_a_job_of_another_workflow_is_named_and_else_nobody_can_tell() -> None:
    what = "no job publishes, and the job publish in publish.yml does"
    assert seen((WORKFLOW, WITHOUT), (OTHER, REAL)) == Problem(what, Location(WORKFLOW))
    said = "no job of release.yml uses pypa/gh-action-pypi-publish: how it publishes cannot be told"
    assert seen((WORKFLOW, WITHOUT)) == Unknown(said)
    assert seen((WORKFLOW, WITHOUT), (OTHER, WITHOUT)) == Unknown(said)


def test_a_byte_that_is_no_text_in_a_comment_hides_nothing() -> None:
    data = REAL.encode() + b"# \xff\n"
    for path in (WORKFLOW, OTHER):
        assert isinstance(publishing(Memory({path: data})), Publishing)
