"""What the doctor says of PyPI: how it is, what to do, and whether it stops a release."""

from __future__ import annotations

import pytest

from castoff.core import doctor_index
from castoff.core.diagnosis import (
    Facts,
    Finding,
    LastPublisher,
    right,
    unknown,
    wrong,
)
from castoff.core.errors import Location, Problem
from castoff.core.published import Unknown
from castoff.core.settings import (
    Publisher,
)
from tests.core.doctor_facts import (
    DARK,
    FACTS,
    NOWHERE,
    WORKFLOW,
    facts,
    publishing,
)

FORM = "provider=github&owner=owner&repository=sample&workflow_filename=release.yml&environment=pypi"
MANAGE = f"open https://index.example/manage/project/sample-pkg/settings/publishing/?{FORM}"
LOOK = "open https://index.example/project/sample-pkg/"
LINKED = {"last": None, "urls": ("https://github.com/Owner/Sample?tab=readme#use",)}


@pytest.mark.parametrize(
    ("judge", "seen", "told"),
    [
        (
            doctor_index.publisher,
            facts(publishing=Problem("no job publishes", WORKFLOW, ("castoff init",))),
            wrong(f"{WORKFLOW}: no job publishes", "castoff init"),
        ),
        (doctor_index.publisher, facts(publishing=Problem("no workflow")), wrong("no workflow")),
        (doctor_index.publisher, facts(publishing=DARK), unknown("no network")),
        (
            doctor_index.publisher,
            facts(publishing=publishing(file="publish.yml")),
            wrong(
                f"{WORKFLOW}: the workflow that publishes is publish.yml, and castoff's is release.yml",
                "git mv .github/workflows/publish.yml .github/workflows/release.yml",
            ),
        ),
        (
            doctor_index.publisher,
            facts(publishing=publishing(password=Location("a.yml", 3))),
            wrong("a.yml:3: with a password there is no trusted publishing", "take the password out"),
        ),
        (
            doctor_index.publisher,
            facts(publishing=publishing(identity=False)),
            wrong(f"{WORKFLOW}: the job publish lacks `id-token: write`", "castoff check-workflow"),
        ),
        (
            doctor_index.publisher,
            facts(publishing=publishing(computed=True)),
            unknown(f"{WORKFLOW}: the environment's name is computed; PyPI is told pypi"),
        ),
        (
            doctor_index.publisher,
            facts(publishing=publishing(environment="release")),
            wrong(
                f"{WORKFLOW}: the job publish has the environment release, and PyPI is told pypi",
                'write `environment: pypi` there, or in pyproject.toml: [tool.castoff] environment = "release"',
            ),
        ),
        (
            doctor_index.publisher,
            facts(publishing=publishing(environment=None)),
            wrong(
                f"{WORKFLOW}: the job publish has no environment, and PyPI is told pypi",
                'write `environment: pypi` there, or in pyproject.toml: [tool.castoff] environment = "pypi"',
            ),
        ),
        (
            doctor_index.publisher,
            facts(publishing=publishing(environment="PyPI"), environment_name="pYpI"),
            right("PyPI took 1.0.0 from owner/sample, release.yml, pypi"),
        ),
        (
            doctor_index.publisher,
            facts(repository=NOWHERE),
            unknown("the repository is not known, and PyPI is told it", "git remote --verbose"),
        ),
        (
            doctor_index.publisher,
            facts(files=None),
            unknown(
                "whether a pending publisher waits for the first release only PyPI's page shows",
                "open https://index.example/manage/account/publishing/",
            ),
        ),
        (
            doctor_index.publisher,
            facts(last=None),
            unknown("what PyPI was told only its page shows: no release there says who published it", MANAGE),
        ),
        (
            doctor_index.publisher,
            facts(last=DARK, site=DARK),
            unknown("what PyPI was told only its page shows: no release there says who published it (no network)"),
        ),
        (
            doctor_index.publisher,
            facts(last=LastPublisher("1.0.0", Publisher("me/old", "ci.yml", "prod"))),
            unknown(
                "1.0.0 came from another publisher (repository me/old, workflow ci.yml, environment prod);"
                " PyPI must be told of this one as well",
                MANAGE,
            ),
        ),
        (
            doctor_index.publisher,
            facts(last=LastPublisher("1.0.0", Publisher("OWNER/sample", "ci.yml", None))),
            unknown(
                "1.0.0 came from another publisher (workflow ci.yml); PyPI must be told of this one as well", MANAGE
            ),
        ),
        (
            doctor_index.publisher,
            facts(last=LastPublisher("1.0.0", Publisher("OWNER/sample", "release.yml", None))),
            right("PyPI took 1.0.0 from owner/sample, release.yml, any environment"),
        ),
        (doctor_index.name, facts(files=DARK), unknown("no network")),
        (doctor_index.name, facts(files=Unknown("not here", "pip install it")), unknown("not here", "pip install it")),
        (
            doctor_index.name,
            facts(files=None),
            right("Sample.Pkg is free; whether PyPI finds it too like another name shows only when it is taken"),
        ),
        (
            doctor_index.name,
            facts(repository=NOWHERE),
            unknown("Sample.Pkg is taken; whose it is cannot be told without knowing this repository"),
        ),
        (
            doctor_index.name,
            facts(last=LastPublisher("1.0.0", Publisher("me/old", "release.yml", "pypi"))),
            wrong("Sample.Pkg is another's: 1.0.0 came from me/old", LOOK),
        ),
        (
            doctor_index.name,
            facts(last=None, urls=DARK),
            unknown("Sample.Pkg 1.0.0 is there; whose it is cannot be known: no network"),
        ),
        (
            doctor_index.name,
            facts(**LINKED),
            right("Sample.Pkg 1.0.0 is ours by the links that it shows (which prove nothing)"),
        ),
        (
            doctor_index.name,
            facts(last=None, urls=("https://github.com/a/b",), own_urls=("https://github.com/A/B/tree/main",)),
            right("Sample.Pkg 1.0.0 is ours by the links that it shows (which prove nothing)"),
        ),
        (
            doctor_index.name,
            facts(last=None, urls=("https://example.com/owner/sample", "https://github.com/sponsors/owner")),
            unknown("Sample.Pkg 1.0.0 is there, and says neither who published it nor where it is developed", LOOK),
        ),
        (
            doctor_index.name,
            facts(last=None, files=(), urls=("https://github.com/z/z", "https://github.com/a/b#x")),
            wrong("Sample.Pkg is another's: Sample.Pkg is developed in a/b, z/z", LOOK),
        ),
        (
            doctor_index.name,
            facts(last=None, site=DARK, urls=("https://github.com/z/z",)),
            wrong("Sample.Pkg is another's: Sample.Pkg 1.0.0 is developed in z/z"),
        ),
    ],
)
def test_of_pypi(judge: object, seen: Facts, told: Finding) -> None:
    assert callable(judge)
    assert judge(seen) == told


def test_the_form_says_field_by_field_what_pypi_is_told() -> None:
    filled = doctor_index.form(FACTS)
    assert filled == doctor_index.PublisherForm(
        "Sample.Pkg", "owner", "sample", "release.yml", "pypi", False, MANAGE.removeprefix("open ")
    )
    assert doctor_index.form(facts(repository=NOWHERE)) is None
    renamed = doctor_index.form(facts(publishing=publishing(file="a.yml")))
    assert renamed is not None
    assert renamed.workflow == "a.yml"
    unread = doctor_index.form(facts(publishing=DARK, site=DARK, files=None))
    assert unread is not None
    assert (unread.workflow, unread.pending, unread.page) == ("release.yml", True, None)
