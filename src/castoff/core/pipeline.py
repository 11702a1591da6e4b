"""The stages of a release: which jobs there are, in which order, and what each takes, does and hands on.

The one list of them. What `check-workflow` demands of a workflow is derived from it, and so is the documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

WORKFLOW = ".github/workflows/release.yml"
"""The file that PyPI's trusted publisher names, too."""

CHECKOUT = "actions/checkout"
UPLOAD = "actions/upload-artifact"
DOWNLOAD = "actions/download-artifact"
ATTEST = "actions/attest"  # and what begins with it: GitHub's own attestations, which a project may add
WHEEL_BUILDER = "pypa/cibuildwheel"
SIGN = "sigstore/gh-action-sigstore-python"
PUBLISH = "pypa/gh-action-pypi-publish"
RELEASE = "softprops/action-gh-release"


@dataclass(frozen=True, slots=True)
class Artifact:
    """What one job hands on to others, by GitHub's artifacts."""

    name: str
    what: str
    path: str
    """What is uploaded."""
    arrives: str
    """The folder that it is fetched into; empty: the work folder itself."""
    joins: str = ""
    """The artifact together with which it is fetched, where there is this one."""
    sbom: str = ""
    """What of the SBOM goes along; a workflow from before there was one does without."""


DIST = Artifact("dist", "the files to be published", "dist/", "dist/")
MANIFEST = Artifact("manifest", "the digests of the build", "dist-manifest.json", "", sbom="dist-sbom/*.cdx.json")
WHEELS = Artifact("dist-*", "the wheels of each platform", "dist/*.whl", "dist/", joins="dist")
BUNDLES = Artifact("bundles", "the signatures", "dist/*.sigstore.json", "bundles/", sbom="dist-sbom/*.sigstore.json")


@dataclass(frozen=True, slots=True)
class Stage:
    """One job of the pipeline."""

    job: str
    """The id of the job."""
    does: str
    proves: str
    against: str
    """Which accident or attack that keeps out."""
    verb: str | None = None
    """What it runs of ours: `make VERB`."""
    action: str | None = None
    """The action that does its work, where there is one."""
    takes: tuple[Artifact, ...] = ()
    with_sbom: tuple[Artifact, ...] = ()
    """What it takes beside that, where an SBOM is handed on."""
    hands_on: tuple[Artifact, ...] = ()
    permissions: Mapping[str, str] = field(default_factory=dict[str, str])
    """Scope to level: exactly what it needs."""
    without: str = ""
    """What happens without that permission."""
    history: bool = False
    """Whether it has to see the whole history."""
    environment: bool = False
    """Whether it runs in the environment that PyPI's trusted publisher names."""
    optional: bool = False
    """Whether a pipeline may do without it."""


STAGES = (
    Stage(
        job="preflight",
        does="runs the checks, compares the tag with every place of the version and with main, builds once",
        proves="what is tagged is what was reviewed on main, it passes its checks, and it was built from that commit",
        against="a tag on a branch that nobody reviewed; a version that the files do not say; a build on a laptop",
        verb="preflight",
        hands_on=(DIST, MANIFEST),
        permissions={"contents": "read"},
        without="a private repository cannot be checked out",
        history=True,
    ),
    Stage(
        job="wheels",
        does="builds the wheels on a runner of each platform, for a package with extension modules",
        proves="each wheel was built from the tagged commit, on the platform that it is for",
        against="a wheel from somebody's laptop; a platform that is forgotten",
        action=WHEEL_BUILDER,
        hands_on=(WHEELS,),
        permissions={"contents": "read"},
        without="a private repository cannot be checked out",
        optional=True,
    ),
    Stage(
        job="twine-check",
        does="compares digests with the manifest, the SBOM's too, checks metadata, installs and imports each file",
        proves="what was handed on is what was built, PyPI will take it, and a user can install it",
        against="an artifact that was changed between two jobs; a description that PyPI refuses; a wheel without code",
        verb="twine-check",
        takes=(DIST, MANIFEST),
        permissions={"contents": "read"},
        without="a private repository cannot be checked out",
    ),
    Stage(
        job="sign",
        does="makes a Sigstore bundle for each file and the SBOM, and verifies each at once against the exact identity",
        proves="these bytes were signed by this workflow of this repository, for this tag",
        against="a file that somebody else uploads under the project's name; a signature that nobody can verify",
        action=SIGN,
        takes=(DIST,),
        with_sbom=(MANIFEST,),
        hands_on=(BUNDLES,),
        permissions={"id-token": "write"},
        without="there is no identity to sign with",
    ),
    Stage(
        job="publish",
        does="uploads wheel and sdist to PyPI by trusted publishing",
        proves="PyPI took them from this repository, this workflow and this environment, behind its reviewers",
        against="a stolen token or password (there is none); a script of ours or of a dependency beside the identity",
        action=PUBLISH,
        takes=(DIST,),
        permissions={"id-token": "write"},
        without="PyPI's trusted publishing gets no identity",
        environment=True,
    ),
    Stage(
        job="github-release",
        does="makes a draft with every file, the SBOM and each bundle, then publishes it",
        proves="the release holds the bytes that PyPI holds, each with its bundle, and is never seen half made",
        against="a release without its files, for good where releases are immutable; assets that are replaced later",
        action=RELEASE,
        takes=(DIST, BUNDLES),
        with_sbom=(MANIFEST,),
        permissions={"contents": "write"},
        without="the release cannot be made, and that shows when PyPI has everything already",
    ),
)
"""In their order: each needs the one before. An optional one is there where a job uses its action."""

VERBS = frozenset(
    {"bump", "check-tag", "lint", "format-check", "typecheck", "test", "check", "build", "preflight", "twine-check"}
    | {"tag", "release", "rehearse", "status", "verify", "undo", "doctor", "check-workflow", "init"}
)
"""The verbs of castoff: what `castoff VERB` and `invoke VERB` may say."""
