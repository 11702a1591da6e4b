"""Versions and the names made of them.

The rules: versions are PEP 440 and compared as such; files hold the normal form (`0.4.0rc1`); the one spelling
of a tag is `v{release}[-rc{N}]` (`v0.4.0-rc1`), which is what the workflow's tag filter `v*.*.*` starts on.
"""

from __future__ import annotations

from packaging.version import Version

from castoff.core.errors import UsageError, misuse

BRANCH_PREFIX = "chore/release-"


def parse(text: str) -> Version | None:
    """Return `text` as a PEP 440 version in any of its spellings, or None when it is none."""
    try:
        return Version(text)
    except ValueError:  # InvalidVersion is one; so is Python's refusal of a number of 5,000 digits
        return None


def parse_new(text: str) -> Version:
    """Return the version that a person asked for.

    Raises UsageError when it is not PEP 440, or has a local (`+x`) or development (`.devN`) part: neither
    can be released (PyPI refuses local versions, and a development version is not a release).
    """
    version = parse(text)
    if version is None:
        raise misuse(f"{text!r} is not a version (PEP 440); a version looks like 0.4.0 or 0.4.0-rc1")
    if version.local is not None:
        raise misuse(f"{text!r} has a local part (+{version.local}), which no index accepts; leave it out")
    if version.dev is not None:
        raise misuse(f"{text!r} is a development version (.dev{version.dev}); release candidates are 0.4.0-rc1")
    return version


def tag_name(version: Version) -> str:
    """Return the one tag spelling of `version`: `v0.4.0`, or `v0.4.0-rc1` for a release candidate.

    Raises UsageError for a version that has no such spelling: an alpha, beta, post-release or epoch, or fewer
    than three numbers (the tag `v1.0` would start no workflow: its filter is `v*.*.*`).
    """
    strange = version.epoch or version.post is not None or version.dev is not None or version.local is not None
    if strange or (version.pre and version.pre[0] != "rc"):
        raise misuse(f"{version} has no tag: releases are finals (0.4.0) and release candidates (0.4.0-rc1)")
    candidate = f"-rc{version.pre[1]}" if version.pre else ""
    if len(version.release) < 3:  # noqa: PLR2004 - the three numbers of the filter v*.*.*
        padded = ".".join(str(part) for part in (*version.release, 0, 0)[:3]) + candidate
        raise misuse(f"{version} has fewer than three numbers, and its tag would start no workflow; write {padded}")
    return f"v{'.'.join(map(str, version.release))}{candidate}"


def version_of_tag(tag: str) -> Version | None:
    """Return the version that a tag names, in whatever spelling (`v1.2.3`, `1.2.3`, `v1.2.3rc1`), or None."""
    return parse(tag.removeprefix("v"))


def misspelt(tag: str) -> str | None:
    """Return the tag to make instead when `tag` spells a version in another way than ours, else None."""
    version = version_of_tag(tag)
    if version is None:
        return None
    try:
        right = tag_name(version)
    except UsageError:
        return None
    return None if tag == right else right


def bump_branch(version: Version) -> str:
    """Return the name of the branch on which the bump to `version` is proposed."""
    return f"{BRANCH_PREFIX}{version}"


def bump_subject(version: Version) -> str:
    """Return the subject line of the commit that bumps to `version`."""
    return f"chore(release): bump to {version}"


def next_patch(version: Version) -> Version:
    """Return the release after `version`: the final of a candidate, else the last of three numbers plus one."""
    major, minor, patch = (*version.release, 0, 0)[:3]
    return Version(f"{major}.{minor}.{patch if version.is_prerelease else patch + 1}")


def instead_of(version: Version) -> Version:
    """Return the version to release when `version` is spent: the next candidate after one, else the next patch."""
    if version.pre and version.pre[0] == "rc":
        return Version(f"{'.'.join(map(str, version.release))}rc{version.pre[1] + 1}")
    return next_patch(version)
