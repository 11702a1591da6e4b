"""Plays softprops/action-gh-release v3.0.2 (`src/main.ts`, `src/github.ts`, `src/util.ts`) against the local forge.

Read at v3.0.0, with what its releases and pull requests 801, 815 and 816 say of the two after it. Two differences:
files are uploaded one after the other, and no time is spent waiting for a release to show in listings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast
from urllib.parse import quote

from castoff.standins.gh_release_inputs import Config, matching, read_config
from castoff.standins.github import HttpError, Members, Releases
from castoff.standins.step import Step, StepError, fail, notice, say

_TRIES = 3
_PAGES = 2
"""How many pages of releases are looked through for a draft."""
_LONGEST_BODY = 124_999


def play(step: Step) -> None:
    """Make, fill and finish the release."""
    try:
        _play(step)
    except HttpError as error:
        raise StepError(str(error)) from None


def _play(step: Step) -> None:
    config = read_config(step)
    _check_target(step, config)
    base = step.workspace / (step.text("working_directory") or ".")
    files = matching(config, base, step.env.get("HOME", ""))
    releases = Releases(step.stage.forge_url, step.stage.repository, _token(step))
    release = _release(config, releases, step.env.get("GITHUB_REF", ""), _TRIES)
    uploaded = {found["id"] for file in files if (found := _upload(config, releases, release, file))}
    say("Finalizing release...")
    release = _finalize(config, releases, release)
    say("Getting assets list...")
    there = releases.assets(release["id"]) if uploaded else []
    assets = [_without_uploader(asset) for asset in there if asset["id"] in uploaded]
    step.output("assets", json.dumps(assets))
    say(f"🎉 Release ready at {release['html_url']}")
    step.output("url", str(release["html_url"]))
    step.output("id", str(release["id"]))
    step.output("upload_url", str(release["upload_url"]))


def _check_target(step: Step, config: Config) -> None:
    if not config.tag_given and not step.env.get("GITHUB_REF", "").startswith("refs/tags/") and not config.draft:
        fail("⚠️ GitHub Releases requires a tag")
    asked = step.text("repository")
    if asked and asked.lower() != step.stage.repository.lower():
        fail(f"a rehearsal has the releases of {step.stage.repository} only, not those of {asked}")


def _token(step: Step) -> str:
    """Return the token of the job, which stands for every other in a rehearsal."""
    given = step.text("token")
    job = step.env.get("CASTOFF_JOB_TOKEN", "")
    if given and given not in (job, step.env.get("GITHUB_TOKEN")):
        notice("The input token is not the job's own; in a rehearsal the job's own is used, with its permissions.")
    return job


def _release(config: Config, releases: Releases, ref: str, tries: int) -> Members:
    """Return the release, changed or created."""
    if tries <= 0:
        say("❌ Too many retries. Aborting...")
        fail("Too many retries.")
    try:
        found = _find(releases, config.tag)
        if found is not None:
            return _update(config, releases, found)
    except HttpError as error:
        if error.status != 404:  # noqa: PLR2004 - not found
            say(f"⚠️ Unexpected error fetching GitHub release for tag {ref}: HttpError: {error}")
            raise
    return _create(config, releases, ref, tries)


def _find(releases: Releases, tag: str) -> Members | None:
    """Return the release of a tag: the published one, else the first made of the recent drafts."""
    try:
        return releases.by_tag(quote(tag, safe="/"))
    except HttpError as error:
        if error.status != 404:  # noqa: PLR2004 - not found
            raise
    same = [release for release in releases.recent(_PAGES) if release["tag_name"] == tag]
    return min(same, key=lambda release: (bool(release["draft"]), int(str(release["id"]))), default=None)


def _update(config: Config, releases: Releases, found: Members) -> Members:
    """Write name, notes and marks of a release that is there; it stays a draft, or stays published."""
    say(f"Found release {found['name']} (with id={found['id']})")
    if config.target and config.target != found["target_commitish"]:
        say(f'Updating commit from "{found["target_commitish"]}" to "{config.target}"')
    before = str(found.get("body") or "")
    body = f"{before}\n{config.body}" if config.append_body and config.body and before else config.body or before
    members = {
        "tag_name": config.tag,
        "target_commitish": config.target or found["target_commitish"],
        "name": config.name or found["name"] or config.tag,
        "body": body,
        "draft": found["draft"],
        "prerelease": found["prerelease"] if config.prerelease is None else config.prerelease,
        "discussion_category_name": config.discussion,
        "make_latest": config.make_latest,
    }
    return releases.update(found["id"], _prepared(config, releases, members))


def _create(config: Config, releases: Releases, ref: str, tries: int) -> Members:
    """Create the release: as a draft, to be published once it is full; a pre-release is published at once."""
    commit = f' using commit "{config.target}"' if config.target else ""
    say(f"👩‍🏭 Creating new GitHub release for tag {config.tag}{commit}...")
    members = {
        "tag_name": config.tag,
        "name": config.name or config.tag,
        "body": config.body,
        "draft": config.draft is True if config.prerelease else True,
        "prerelease": config.prerelease,
        "target_commitish": config.target,
        "discussion_category_name": config.discussion,
        "make_latest": config.make_latest,
    }
    try:
        made = releases.create(_prepared(config, releases, members))
    except HttpError as error:
        _explain(error)
        say(f"retrying... ({tries - 1} retries remaining)")
        return _release(config, releases, ref, tries - 1)
    return _canonical(releases, made)


def _explain(error: HttpError) -> None:
    """Say why no release was created; raises the error when trying again is no use."""
    say(f"⚠️ GitHub release failed with status: {error.status}")
    say(json.dumps(error.data or str(error)))
    reasons = {
        403: "Skip retry — your GitHub token/PAT does not have the required permission to create a release",
        404: "Skip retry - discussion category mismatch",
        422: "Skip retry - validation failed",
    }
    if error.first_code == "already_exists":
        say("⚠️ Release already exists (race condition detected), retrying to find and update existing release...")
    elif error.status in reasons:
        say(reasons[error.status])
        raise error


def _canonical(releases: Releases, made: Members) -> Members:
    """Return the release to go on with: another step may have made one of the same tag; an empty double goes."""
    kept = _find(releases, str(made["tag_name"])) or made
    if kept["id"] == made["id"]:
        return kept
    say(f"↪️ Using release {kept['id']} for tag {made['tag_name']} instead of duplicate draft {made['id']}")
    if made["draft"] and not made["assets"]:
        say(f"🧹 Removing duplicate draft release {made['id']} for tag {made['tag_name']}...")
        releases.delete(made["id"])
    return kept


def _prepared(config: Config, releases: Releases, members: Mapping[str, object]) -> Members:
    """Return the members of a request, with generated notes after the body, and without what is not said."""
    body = str(members["body"])
    if config.generate_notes:
        wanted = {
            "tag_name": members["tag_name"],
            "target_commitish": members["target_commitish"],
            "previous_tag_name": config.previous_tag,
        }
        made = releases.notes({name: value for name, value in wanted.items() if value is not None})
        body = f"{body}\n\n{made}" if body else made
    whole = {**members, "body": body[:_LONGEST_BODY] or None}
    return {name: value for name, value in whole.items() if value is not None}


def _upload(config: Config, releases: Releases, release: Members, file: Path) -> Members | None:
    """Upload a file; None when one of that name is there and stays."""
    there = _same(release["assets"], file.name)
    if there and config.overwrite is False:
        say(f"Asset {file.name} already exists and overwrite_files is false...")
        return None
    if there:
        say(f"♻️ Deleting previously uploaded asset {file.name}...")
        releases.delete_asset(there["id"])
    say(f"⬆️ Uploading {file.name}...")
    url = str(release["upload_url"]).partition("{")[0]
    try:
        made = releases.upload(url, file)
    except HttpError as error:
        made = _upload_again(config, releases, release, file, error)
    if made["name"] != file.name:
        say(f"✏️ Restoring asset label to {file.name}...")
        made = releases.label_asset(made["id"], str(made["name"]), file.name)
    say(f"✅ Uploaded {file.name}")
    return made


def _upload_again(config: Config, releases: Releases, release: Members, file: Path, error: HttpError) -> Members:
    """Upload a file once more, in place of one that was there already; raises what stopped it otherwise."""
    if error.status != 422:  # noqa: PLR2004 - refused
        raise error
    if "immutable release" in error.message.lower():
        fail(_immutable(file.name, config.prerelease))
    if config.overwrite is False or error.first_code != "already_exists":
        raise error
    say(f"⚠️ Asset {file.name} already exists (race condition), refreshing assets and retrying once...")
    there = _same(releases.assets(release["id"]), file.name)
    if there is None:
        raise error
    releases.delete_asset(there["id"])
    return releases.upload(str(release["upload_url"]).partition("{")[0], file)


def _immutable(name: str, prerelease: bool | None) -> str:
    what = f"Cannot upload asset {name} to an immutable release."
    if not prerelease:
        return (
            f"{what} GitHub only allows asset uploads before a release is published, "
            "so upload assets to a draft release before you publish it."
        )
    return (
        f"{what} GitHub only allows asset uploads before a release is published, but draft prereleases publish with "
        "the release.published event instead of release.prereleased. If you need prereleases with assets on an "
        "immutable-release repository, keep the release as a draft with draft: true, then publish it later from that "
        "draft and subscribe downstream workflows to release.published."
    )


def _same(assets: object, name: str) -> Members | None:
    """Return the asset that a file of this name would be."""
    for asset in cast("list[Members]", assets):
        if asset["name"] in (name, name.replace(" ", ".")) or asset.get("label") == name:
            return asset
    return None


def _finalize(config: Config, releases: Releases, release: Members) -> Members:
    """Publish a draft, unless it is to stay one."""
    if config.draft or not release["draft"]:
        return release
    members = {"draft": False, "make_latest": config.make_latest, "discussion_category_name": config.discussion}
    for left in range(_TRIES - 1, -1, -1):
        try:
            return releases.update(release["id"], {name: value for name, value in members.items() if value is not None})
        except HttpError as error:
            say(f"error finalizing release: HttpError: {error}")
            say(f"retrying... ({left} retries remaining)")
    say("❌ Too many retries. Aborting...")
    return fail("Too many retries.")


def _without_uploader(asset: Members) -> Members:
    return {name: value for name, value in asset.items() if name != "uploader"}
