"""What the doctor says in all, of this machine and of releases: how it is, what to do, whether it stops a release."""

from __future__ import annotations

from dataclasses import replace

import pytest

from castoff.core import doctor, doctor_here, doctor_release
from castoff.core.diagnosis import (
    Facts,
    Finding,
    right,
    short,
    unknown,
    wrong,
)
from castoff.core.errors import Location, Problem
from castoff.core.findings import Finding as Found
from castoff.core.findings import Report, Verdict
from castoff.core.standing import Outcome, Standing
from tests.core.doctor_facts import (
    DARK,
    FACTS,
    NOWHERE,
    PAGE,
    WORKFLOW,
    environment,
    facts,
    here,
    signs,
)


def test_a_set_up_in_which_nothing_is_wrong_is_told_line_by_line() -> None:
    found = doctor.examine(FACTS)
    assert doctor.verdict(found) == "a release would work today"
    assert {check.name: finding for check, finding in found} == {
        "git": right("2.40.1"),
        "python": right("3.12.1"),
        "tools": right("build 1.3"),
        "extras": right("gh, sigstore 4.5"),
        "identity": right("git knows who commits and tags"),
        "signing": right("git signs tags (ssh), and the key is there"),
        "remote": right("origin answers"),
        "repository": right("owner/sample, public"),
        "token": right("there is one"),
        "main": right("main is not protected: a release may go through a pull request, or `--direct`"),
        "tags": right("tags like v1.1.0 can be made, and not moved or deleted (versions)"),
        "workflow": right(
            f"{WORKFLOW.file} is right by castoff's rules; `castoff check-workflow` asks two linters, too"
        ),
        "publisher": right("PyPI took 1.0.0 from owner/sample, release.yml, pypi"),
        "environment": right("there is an environment pypi"),
        "reviewers": right("2 to choose from, one of whom must say yes"),
        "deployments": right("only tag v*"),
        "immutable": right("on"),
        "name": right("Sample.Pkg is ours: 1.0.0 came from owner/sample"),
        "last": right("1.0.0 is released"),
    }


def test_the_verdict_names_what_stops_before_what_only_protects_less() -> None:
    def told(**other: object) -> str:
        return doctor.verdict(doctor.examine(facts(**other)))

    assert told(immutable=False) == "a release would work, less protected than it could be: immutable"
    doubt = "; 1 of 19 lines cannot be known"
    assert told(immutable=DARK) == f"nothing is wrong{doubt}"
    weak: dict[str, object] = {"environment": replace(environment(), reviewers=0), "immutable": DARK}
    assert told(**weak) == f"a release would work, less protected than it could be: reviewers{doubt}"
    weak["immutable"] = False
    assert told(**weak) == "a release would work, less protected than it could be: reviewers, immutable"
    gone = {"branch": None, "workflow": None, "immutable": False}
    assert told(**gone) == "a release would not work today: main, workflow"


OFF = "git config tag.gpgSign false"


@pytest.mark.parametrize(
    ("judge", "seen", "told"),
    [
        (doctor_here.git, here(git=DARK), wrong("no network", "install git")),
        (
            doctor_here.git,
            here(git=(2, 28, 9)),
            wrong("2.28.9, and castoff needs 2.29 or newer", "install a newer git"),
        ),
        (doctor_here.git, here(git=(2, 29)), right("2.29")),
        (
            doctor_here.python,
            here(python=(3, 10, 12)),
            wrong("3.10.12, and castoff needs 3.11 or newer", "install a Python"),
        ),
        (doctor_here.python, here(python=(3, 11)), right("3.11")),
        (
            doctor_here.tools,
            here(required={"build": "1.3", "twine": None, "invoke": None}),
            wrong("not installed: twine, invoke", "pip install --upgrade castoff"),
        ),
        (doctor_here.tools, here(required={"build": "1.3", "twine": "6.1"}), right("build 1.3, twine 6.1")),
        (
            doctor_here.extras,
            here(optional={"": {"gh": None}, "verify": {"sigstore": None, "x": "1"}, "status": {"y": None}}),
            right("x 1; not installed: gh, sigstore, y", "pip install 'castoff[verify,status]'"),
        ),
        (doctor_here.extras, here(optional={"": {"gh": None}}), right("none installed; not installed: gh")),
        (doctor_here.identity, here(identity=Problem("who?", fix=("git config",))), wrong("who?", "git config")),
        (doctor_here.signing, here(signing=DARK), unknown("no network")),
        (
            doctor_here.signing,
            here(signing=signs(tags=False)),
            right("not asked for: tags and commits are not signed"),
        ),
        (
            doctor_here.signing,
            here(signing=signs(commits=True)),
            right("git signs tags and commits (ssh), and the key is there"),
        ),
        (
            doctor_here.signing,
            here(signing=signs(found=False)),
            wrong("git is to sign tags, and ssh-keygen is not there", f"install ssh-keygen, or: {OFF}"),
        ),
        (
            doctor_here.signing,
            here(signing=signs(usable=False)),
            wrong(
                "git is to sign tags (ssh), and the key ~/.ssh/id is not there",
                f"git config user.signingKey KEY, or: {OFF}",
            ),
        ),
        (
            doctor_here.signing,
            here(signing=signs(usable=False, key=None, tags=False, commits=True)),
            wrong(
                "git is to sign commits (ssh), and a key for you is not there",
                "git config user.signingKey KEY, or: git config commit.gpgSign false",
            ),
        ),
        (
            doctor_here.signing,
            here(signing=signs(usable=None)),
            unknown(
                "git is to sign tags (ssh); whether its key can be used shows when it is used",
                "git tag --annotate --message try try-signing && git tag --delete try-signing",
            ),
        ),
        (doctor_here.remote, facts(remote_tags=Problem("gone", fix=("git push",))), wrong("gone", "git push")),
        (doctor_here.remote, facts(remote_tags=DARK), unknown("no network", "git ls-remote origin")),
    ],
)
def test_of_this_machine(judge: object, seen: Facts, told: Finding) -> None:
    assert callable(judge)
    assert judge(seen) == told


def report(*findings: Found) -> Report:
    return Report(WORKFLOW.file, (), findings)


WEAK = Found("it is not pinned", Location("a.yml", 3), rule="pins")
STOPS = Found("there is no job sign", rule="jobs")
TYPE = "castoff check-workflow"


@pytest.mark.parametrize(
    ("judge", "seen", "told"),
    [
        (
            doctor_release.workflow,
            facts(workflow=None),
            wrong("there is no .github/workflows/release.yml", "castoff init --dry-run"),
        ),
        (doctor_release.workflow, facts(workflow=report(WEAK)), wrong("a.yml:3: it is not pinned", TYPE, stops=False)),
        (
            doctor_release.workflow,
            facts(workflow=report(WEAK, STOPS, WEAK)),
            wrong("there is no job sign (and 2 more)", TYPE),
        ),
        (
            doctor_release.workflow,
            facts(workflow=report(STOPS, WEAK)),
            wrong("there is no job sign (and 1 more)", TYPE),
        ),
        *(
            (
                doctor_release.workflow,
                facts(workflow=report(replace(WEAK, rule=rule))),
                wrong("a.yml:3: it is not pinned", TYPE),
            )
            for rule in ("rights", "history", "needs")
        ),
        (
            doctor_release.workflow,
            facts(workflow=report(replace(WEAK, verdict=Verdict.UNKNOWN), replace(STOPS, verdict=Verdict.NOTE))),
            unknown("a.yml:3: it is not pinned", TYPE),
        ),
        (
            doctor_release.workflow,
            facts(workflow=report(replace(STOPS, verdict=Verdict.UNKNOWN))),
            unknown("there is no job sign", TYPE),
        ),
        (doctor_release.last, facts(last_release=DARK), unknown("no network")),
        (doctor_release.last, facts(last_release=None), right("origin has no release yet")),
        (
            doctor_release.last,
            facts(last_release=Standing((), Outcome.WAITING, "it waits", "open page")),
            right("it waits", "open page"),
        ),
        (
            doctor_release.last,
            facts(last_release=Standing((), Outcome.UNKNOWN, "nobody knows", "castoff status")),
            unknown("nobody knows", "castoff status"),
        ),
        (
            doctor_release.last,
            facts(last_release=Standing((), Outcome.STOPPED, "it stands still", "castoff undo")),
            wrong("it stands still", "castoff undo", stops=False),
        ),
    ],
)
def test_of_releases(judge: object, seen: Facts, told: Finding) -> None:
    assert callable(judge)
    assert judge(seen) == told


def test_a_name_from_outside_is_one_line_of_eighty_characters_at_most() -> None:
    assert short(" a\n\tb ") == "a b"
    assert short("x" * 80) == "x" * 80
    assert short("x" * 81) == "x" * 77 + "..."


def test_a_page_of_the_repository_is_opened_where_it_is_known() -> None:
    assert FACTS.page() == PAGE
    assert FACTS.page("settings") == f"{PAGE}/settings"
    assert FACTS.open("settings") == (f"open {PAGE}/settings",)
    assert facts(repository=NOWHERE).page() == ""
    assert facts(repository=NOWHERE).open("settings") == ()
