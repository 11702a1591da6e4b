"""What the doctor's judges are told: a set-up in which nothing is wrong, and what makes another of it."""

from __future__ import annotations

from dataclasses import replace

from castoff.core.diagnosis import (
    Facts,
    LastPublisher,
    Machine,
    Publishing,
    Signing,
)
from castoff.core.errors import Location
from castoff.core.findings import Report
from castoff.core.forge import Repository
from castoff.core.published import PublishedFile, Unknown
from castoff.core.settings import (
    BranchRules,
    DeployEnvironment,
    Publisher,
    RefPattern,
    RepositorySettings,
    TagRuleset,
)
from castoff.core.standing import Outcome, Standing

PAGE = "https://github.com/owner/sample"
DARK = Unknown("no network")
NOWHERE = Unknown("origin is not on GitHub")
RULESET = TagRuleset(7, "versions", ("refs/tags/v*",), (), ("update", "deletion"), (), None)
WORKFLOW = Location(".github/workflows/release.yml", 90)
PUBLISHING = Publishing("release.yml", "publish", WORKFLOW, "pypi", WORKFLOW, False, True, None)
PUBLISHER = Publisher("owner/sample", "release.yml", "pypi")
SIGNING = Signing(True, False, "ssh", "ssh-keygen", True, "~/.ssh/id", True)
MACHINE = Machine(
    (2, 40, 1), None, (3, 12, 1), {"build": "1.3"}, {"": {"gh": ""}, "verify": {"sigstore": "4.5"}}, True, None, SIGNING
)
TAG = RefPattern("v*", is_tag=True)


def file(name: str) -> PublishedFile:
    return PublishedFile(name, "", None, None, None, False, None, None)


FACTS = Facts(
    name="Sample.Pkg",
    next_tags=("v1.1.0", "v1.1.0-rc1"),
    direct=False,
    token=True,
    here=MACHINE,
    remote="origin",
    remote_tags=("v1.0.0",),
    remote_url="https://github.com/owner/sample.git",
    repository=Repository("owner", "sample"),
    main="main",
    environment_name="pypi",
    workflow=Report(WORKFLOW.file, (), ()),
    publishing=PUBLISHING,
    settings=RepositorySettings("owner/sample", private=False, archived=False, admin=True, push=True),
    branch=BranchRules(False, ()),
    tags=(RULESET,),
    environment=DeployEnvironment("pypi", 2, False, (TAG,)),
    immutable=True,
    files=(file("sample_pkg-0.9.0.tar.gz"), file("sample_pkg-1.0.0.tar.gz"), file("README")),
    last=LastPublisher("1.0.0", PUBLISHER),
    urls=(),
    own_urls=(),
    last_release=Standing((), Outcome.RELEASED, "1.0.0 is released", ""),
    site="https://index.example",
)
"""A set-up in which nothing is wrong."""


def here(**other: object) -> Facts:
    return replace(FACTS, here=replace(MACHINE, **other))  # pyright: ignore[reportArgumentType]


def facts(**other: object) -> Facts:
    return replace(FACTS, **other)  # pyright: ignore[reportArgumentType]


def signs(**other: object) -> Signing:
    return replace(SIGNING, **other)  # pyright: ignore[reportArgumentType]


def settings(**other: object) -> RepositorySettings:
    assert isinstance(FACTS.settings, RepositorySettings)
    return replace(FACTS.settings, **other)  # pyright: ignore[reportArgumentType]


def environment(**other: object) -> DeployEnvironment:
    assert isinstance(FACTS.environment, DeployEnvironment)
    return replace(FACTS.environment, **other)  # pyright: ignore[reportArgumentType]


def ruleset(**other: object) -> TagRuleset:
    return replace(RULESET, **other)  # pyright: ignore[reportArgumentType]


def publishing(**other: object) -> Publishing:
    return replace(PUBLISHING, **other)  # pyright: ignore[reportArgumentType]
