"""`doctor`: nothing wrong in a sound set-up, each planted fault found in its line, and nothing guessed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from castoff.core.doctor import CHECKS
from castoff.services.forge_settings import Environment, Ruleset
from castoff.services.http import Handler, Request, Response, Server, json_response
from tests.doctoring import KEPT, TOKEN, World, lead, publisher, sound
from tests.rehearsing import WORKFLOW, untouched
from tests.repository import CASTOFF
from tests.signing import needs_gpg, needs_ssh, ssh_key

Spoil = Callable[[World], object]
SECRET = "ghp_not-to-be-seen-0123456789"
AFTER_FIRST = ["token", "main", "tags", "environment", "reviewers", "deployments", "immutable"]
"""The lines that GitHub alone can answer, behind `repository`."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with sound(tmp_path, (publisher(), {})) as world:
        yield world


def edit(world: World, old: str, new: str, file: str = WORKFLOW) -> None:
    """Change the only `old` that a file has."""
    text = world.repo.read(file)
    assert text.count(old) == 1
    world.repo.write(file, text.replace(old, new))


def config(world: World, key: str, value: str) -> None:
    world.repo.git("config", key, value)


def environment(world: World, *, reviewers: tuple[str, ...] = ("me",), policy: object = (("v*", "tag"),)) -> None:
    """Set the environment `pypi` another way."""
    assert policy is None or isinstance(policy, str | tuple)
    world.forge.settings.environments["pypi"] = Environment(reviewers, policy)  # pyright: ignore[reportUnknownArgumentType]


def ruleset(world: World, *rules: Mapping[str, object], include: str = "refs/tags/v*", **other: str | None) -> None:
    """Add a ruleset for tags."""
    world.forge.settings.rulesets.append(Ruleset("strict", (include,), rules, **other))  # pyright: ignore[reportArgumentType]


# Nothing wrong.


def test_a_sound_set_up_is_right_in_every_line(world: World) -> None:
    told = world.doctor()
    assert (told.wrong, told.unknown, told.code) == ([], [], 0)
    assert list(told.checks) == [check.name for check in CHECKS]
    assert told.data["verdict"] == "a release would work today"


def test_it_changes_nothing_and_leaves_nothing(world: World) -> None:
    with untouched(world.repo):
        world.doctor()
        world.doctor(direct=True)


def test_before_the_first_release_only_the_pending_publisher_cannot_be_known(tmp_path: Path) -> None:
    with sound(tmp_path, None) as world:
        told = world.doctor()
    assert (told.wrong, told.unknown, told.code) == ([], ["publisher"], 0)
    assert "free" in told.detail("name")
    assert told.data["publisher"]["pending"] is True
    assert told.do("publisher").endswith("/manage/account/publishing/")
    form = ("PyPI project name", "sample", "owner", "repository name", "release.yml", "environment name", "pypi")
    assert all(word in told.text for word in form)


def test_the_form_is_shown_with_its_fields_filled_in_where_the_project_is_there(tmp_path: Path) -> None:
    with sound(tmp_path, (None, {"Source": "https://github.com/owner/sample"})) as world:
        told = world.doctor()
        page = f"{world.index.url}/manage/project/sample/settings/publishing/?provider=github&owner=owner"
    assert told.unknown == ["publisher"]
    assert told.do("publisher") == f"open {page}&repository=sample&workflow_filename=release.yml&environment=pypi"


HARMLESS: dict[str, Spoil] = {
    "only you may make tags": lambda w: ruleset(w, {"type": "creation"}, bypass="always"),
    "other tags": lambda w: ruleset(w, {"type": "creation"}, include="refs/tags/nightly*"),
    "ruleset off": lambda w: ruleset(w, {"type": "creation"}, enforcement="disabled"),
    "ruleset for branches": lambda w: ruleset(w, {"type": "creation"}, target="branch"),
    "tag names begin with v": lambda w: ruleset(
        w,
        {"type": "tag_name_pattern", "parameters": {"operator": "starts_with", "pattern": "v"}},
    ),
    "main not protected": lambda w: w.forge.settings.branches.update(main=()),
    "two patterns": lambda w: environment(w, policy=(("v*.*.*", "tag"), ("v*-rc*", "tag"))),
    "environment in capitals": lambda w: w.forge.settings.environments.update(
        PyPI=w.forge.settings.environments.pop("pypi")
    ),
    "pin bumped": lambda w: edit(w, "@dc37677b2e1c63e2034f94d8a5b11f265b73ba33 # v1.14.2", f"@{'a' * 40} # v1.15.0"),
    "remote in another case": lambda w: lead(w.repo, "https://github.com/Owner/Sample"),
    "remote by ssh": lambda w: lead(w.repo, "git@github.com:owner/sample.git"),
}


@pytest.mark.parametrize("harmless", HARMLESS)
def test_what_is_harmless_is_not_called_wrong(world: World, harmless: str) -> None:
    HARMLESS[harmless](world)
    told = world.doctor()
    assert (told.wrong, set(told.unknown) - {"workflow"}) == ([], set()), "a pin that castoff has never seen is unknown"


ALSO = {"workflow", "publisher"}
"""A fault of the workflow may show in both lines."""

# Planted faults: what is spoilt, the one line that must say it, and whether it would stop a release.

FAULTS: dict[str, tuple[str, bool, Spoil]] = {
    "identity unset": ("identity", True, lambda w: config(w, "user.useConfigOnly", "true") or no_identity(w)),
    "signing key missing": ("signing", True, lambda w: sign(w, "ssh", key="/nowhere/key.pub")),
    "no signing key named": ("signing", True, lambda w: sign(w, "ssh")),
    "signing program missing": ("signing", True, lambda w: sign(w, "ssh", program="no-such-program")),
    "no secret key of gpg": ("signing", True, lambda w: sign(w, "openpgp", key="0123456789ABCDEF")),
    "remote gone": ("remote", True, lambda w: w.repo.remote.rename(w.repo.remote.with_name("moved"))),
    "repository renamed": ("repository", True, lambda w: setattr(w.forge.settings, "renamed_to", "owner/spam")),
    "repository archived": ("repository", True, lambda w: setattr(w.forge.settings, "archived", True)),
    "token may not push": ("repository", False, lambda w: w.forge.grant(TOKEN, {"administration": "read"})),
    "main not on GitHub": ("main", True, lambda w: w.forge.settings.branches.clear()),
    "ruleset forbids tags": ("tags", True, lambda w: ruleset(w, {"type": "creation"})),
    "ruleset of names forbids tags": (
        "tags",
        True,
        lambda w: ruleset(
            w, {"type": "tag_name_pattern", "parameters": {"operator": "starts_with", "pattern": "release-"}}
        ),
    ),
    "ruleset of names forbids candidates": (
        "tags",
        True,
        lambda w: ruleset(
            w,
            {"type": "tag_name_pattern", "parameters": {"operator": "contains", "pattern": "rc", "negate": True}},
        ),
    ),
    "tags may be moved": ("tags", False, lambda w: w.forge.settings.rulesets.clear()),
    "tags may be deleted": (
        "tags",
        False,
        lambda w: w.forge.settings.rulesets.clear() or ruleset(w, {"type": "update"}),
    ),
    "only finals are kept": (
        "tags",
        False,
        lambda w: w.forge.settings.rulesets.clear() or ruleset(w, *KEPT, include="refs/tags/v[0-9].[0-9].[0-9]"),
    ),
    "workflow missing": ("publisher", True, lambda w: (w.repo.root / WORKFLOW).unlink()),
    "workflow renamed": (
        "publisher",
        True,
        lambda w: (w.repo.root / WORKFLOW).rename(w.repo.root / ".github/workflows/publish.yml"),
    ),
    "workflow is no YAML": ("publisher", True, lambda w: w.repo.write(WORKFLOW, "on: [push\n")),
    "environment renamed in the workflow": ("publisher", True, lambda w: edit(w, "name: pypi #", "name: production #")),
    "environment missing in the workflow": (
        "publisher",
        True,
        lambda w: edit(
            w,
            "    environment:\n      name: pypi # PyPI's trusted publisher names it too, and its reviewers "
            "have the last word\n",
            "",
        ),
    ),
    "publish job without an identity": (
        "publisher",
        True,
        lambda w: edit(w, "      id-token: write # PyPI takes", "      contents: read # PyPI takes"),
    ),
    "password given": (
        "publisher",
        True,
        lambda w: edit(w, " # v1.14.2\n", " # v1.14.2\n        with:\n          password: ${{ secrets.PYPI }}\n"),
    ),
    "environment missing": ("environment", False, lambda w: w.forge.settings.environments.clear()),
    "environment renamed": (
        "environment",
        False,
        lambda w: w.forge.settings.environments.update(release=w.forge.settings.environments.pop("pypi")),
    ),
    "no reviewers": ("reviewers", False, lambda w: environment(w, reviewers=())),
    "tag rule excludes v*": ("deployments", True, lambda w: environment(w, policy=(("release-*", "tag"),))),
    "tag rule excludes candidates": (
        "deployments",
        True,
        lambda w: environment(w, policy=(("v[0-9].[0-9].[0-9]", "tag"),)),
    ),
    "pattern is for branches": ("deployments", True, lambda w: environment(w, policy=(("v*", "branch"),))),
    "only protected branches": ("deployments", True, lambda w: environment(w, policy="protected")),
    "nothing may deploy": ("deployments", True, lambda w: environment(w, policy=())),
    "everything may deploy": ("deployments", False, lambda w: environment(w, policy=None)),
    "main may deploy as well": (
        "deployments",
        False,
        lambda w: environment(w, policy=(("v*", "tag"), ("main", "branch"))),
    ),
    "releases not immutable": ("immutable", False, lambda w: setattr(w.forge, "immutable", False)),
}


def no_identity(world: World) -> None:
    subprocess.run(["git", "config", "--global", "--remove-section", "user"], check=True)


def sign(world: World, kind: str, *, key: str | None = None, program: str | None = None) -> None:
    """Tell git to sign tags."""
    config(world, "tag.gpgSign", "true")
    config(world, "gpg.format", kind)
    if key:
        config(world, "user.signingKey", key)
    if program:
        config(world, f"gpg.{kind}.program", program)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_in_its_line_and_nowhere_else(world: World, fault: str) -> None:
    line, stops, spoil = FAULTS[fault]
    spoil(world)
    told = world.doctor()
    assert (set(told.wrong) - ALSO, told.code) == ({line} - ALSO, int(bool(told.stopping))), told.text
    assert (line in told.wrong, line in told.stopping) == (True, stops)
    assert told.do(line), "it says what to do"
    assert line in told.data["verdict"]
    assert ("would not work" in told.data["verdict"]) is stops


@pytest.mark.parametrize(
    ("old", "new", "stops"),
    [
        pytest.param("make twine-check", "make twine-chek", True, id="a target that is not there"),
        pytest.param('["v*.*.*", ', "[", True, id="a trigger that misses finals"),
        pytest.param("contents: write # to make", "contents: read # to make", True, id="a right that is missing"),
        pytest.param(" # v1.14.2", "", False, id="a pin without its version"),
    ],
)
def test_what_check_workflow_finds_is_summed_up_in_one_line(world: World, old: str, new: str, stops: bool) -> None:
    edit(world, old, new)
    told = world.doctor()
    assert (told.wrong, told.stopping) == (["workflow"], ["workflow"] if stops else [])
    assert f"{WORKFLOW}:" in told.detail("workflow")
    assert told.do("workflow") == "castoff check-workflow"


def test_a_remote_that_is_not_on_github_is_wrong_and_shown_without_its_password(world: World) -> None:
    lead(world.repo, f"https://me:{SECRET}@git.example.invalid/o/r.git")
    told = world.doctor()
    assert (told.wrong, told.stopping) == (["repository"], ["repository"])
    assert "git.example.invalid" in told.detail("repository")
    assert SECRET not in told.text + json.dumps(told.data)


def test_no_remote_at_all_is_wrong_and_the_command_to_add_one_is_told(world: World) -> None:
    world.repo.git("remote", "remove", "origin")
    told = world.doctor()
    assert {"remote", "repository"} == set(told.wrong)
    assert told.do("remote") == "git remote add origin URL"


def test_a_protected_main_is_wrong_only_for_a_direct_release(world: World) -> None:
    assert world.doctor().wrong == []
    told = world.doctor(direct=True)
    assert (told.wrong, told.stopping) == (["main"], ["main"])
    assert "pull_request" in told.detail("main")


def test_a_main_under_protection_of_the_old_kind_may_refuse_a_direct_release(world: World) -> None:
    world.forge.settings.branches["main"] = ()
    world.forge.settings.protected = frozenset({"main"})
    assert world.doctor().wrong == []
    told = world.doctor(direct=True)
    assert told.unknown == ["main"]
    assert "may be refused" in told.detail("main")


def test_what_keeps_main_from_being_moved_does_not_hinder_a_direct_release(world: World) -> None:
    world.forge.settings.branches["main"] = ("deletion", "non_fast_forward")
    assert world.doctor(direct=True).wrong == []


# The last release.


def test_a_last_release_that_stands_half_way_is_shown_with_what_to_do_and_stops_no_new_one(world: World) -> None:
    """The tag is pushed and the wheel is on the index, but there is neither a run nor a release on GitHub."""
    assert "no release yet" in world.doctor().detail("last")
    world.repo.git("tag", "--annotate", "--message", "sample 0.1.0", "v0.1.0")
    world.repo.git("push", "--quiet", "origin", "v0.1.0")
    told = world.doctor()
    assert (told.wrong, told.stopping) == (["last"], []), told.detail("last")
    assert "sample 0.1.0" in told.detail("last")
    assert told.do("last")


# Whose the name is.


@pytest.mark.parametrize(
    ("provenance", "links", "state", "says"),
    [
        pytest.param(publisher(), {}, "right", "ours", id="our-publisher"),
        pytest.param(publisher(repository="Owner/Sample"), {}, "right", "ours", id="our-publisher-in-capitals"),
        pytest.param(publisher(repository="other/sample"), {}, "wrong", "other/sample", id="another-publisher"),
        pytest.param(None, {"Source": "https://github.com/owner/sample/"}, "right", "prove nothing", id="our-link"),
        pytest.param(None, {"Bugs": "https://github.com/owner/sample/issues"}, "right", "ours", id="our-deeper-link"),
        pytest.param(None, {"Source": "https://github.com/other/thing"}, "wrong", "other/thing", id="another-link"),
        pytest.param(None, {"Funding": "https://github.com/sponsors/other"}, "cannot know", "neither", id="sponsors"),
        pytest.param(None, {}, "cannot know", "neither", id="nothing-told"),
        pytest.param({"kind": "GitLab", "repository": "x/y"}, {}, "cannot know", "neither", id="not-github"),
    ],
)
def test_the_name_on_pypi_is_ours_or_another_s_as_far_as_the_index_tells(
    tmp_path: Path, provenance: dict[str, object] | None, links: dict[str, str], state: str, says: str
) -> None:
    with sound(tmp_path, (provenance, links)) as world:
        told = world.doctor()
    assert told.checks["name"]["state"] == state, told.detail("name")
    assert says in told.detail("name")


def test_a_link_that_pyproject_gives_too_is_not_another_s(tmp_path: Path) -> None:
    """A project that has moved shows its old address on both sides."""
    with sound(tmp_path, (None, {"Source": "https://github.com/old/home"})) as world:
        edit(
            world,
            "[tool.castoff",
            '[project.urls]\nSource = "https://github.com/old/home"\n\n[tool.castoff',
            "pyproject.toml",
        )
        told = world.doctor()
    assert told.checks["name"]["state"] == "right"


@pytest.mark.parametrize(
    ("changed", "says"),
    [({"workflow": "publish.yml"}, "workflow publish.yml"), ({"environment": "release"}, "environment release")],
)
def test_a_release_from_another_publisher_of_ours_says_what_pypi_must_be_told_now(
    tmp_path: Path, changed: dict[str, object], says: str
) -> None:
    with sound(tmp_path, (publisher(**changed), {})) as world:
        told = world.doctor()
    assert (told.wrong, told.unknown) == ([], ["publisher"])
    assert says in told.detail("publisher")
    assert "workflow_filename=release.yml" in told.do("publisher")


# What cannot be known is said, and not called wrong.


def test_offline_nothing_is_asked_and_what_is_here_is_still_judged(world: World) -> None:
    world.forge.down = world.index.down = True
    told = world.doctor(offline=True)
    assert (told.wrong, told.code) == ([], 0)
    assert {"remote", "repository", "publisher", "name", "last", *AFTER_FIRST[1:]} <= set(told.unknown)
    assert "offline" in told.detail("name")
    edit(world, "name: pypi #", "name: production #")
    assert world.doctor(offline=True).wrong == ["workflow", "publisher"]


def test_services_that_do_not_answer_make_lines_unknown(world: World) -> None:
    world.forge.down = world.index.down = True
    told = world.doctor()
    assert (told.wrong, told.code) == ([], 0)
    assert {"repository", "name", "publisher", *AFTER_FIRST[1:]} == set(told.unknown)


def test_without_a_token_what_everybody_may_see_is_judged_and_the_rest_is_unknown(world: World) -> None:
    told = world.doctor(GITHUB_TOKEN=None)
    assert (told.wrong, told.unknown) == ([], ["token", "immutable"])
    assert "immutable" in told.detail("token"), "it says what a token would add"
    assert told.do("token")
    ruleset(world, {"type": "creation"})
    assert "tags" in world.doctor(GITHUB_TOKEN=None).unknown, "who may pass by shows with a token only"


def test_a_private_repository_is_hidden_without_a_token_and_nothing_is_called_missing(world: World) -> None:
    world.forge.public = False
    told = world.doctor(GITHUB_TOKEN=None)
    assert (told.wrong, told.code) == ([], 0)
    assert {"repository", *AFTER_FIRST} <= set(told.unknown)
    assert world.doctor().wrong == []


def test_a_token_without_administration_does_not_make_immutable_releases_look_off(world: World) -> None:
    world.forge.grant(TOKEN, {"contents": "write"})
    for on in (True, False):
        world.forge.immutable = on
        assert world.doctor().unknown == ["immutable"]


def test_a_token_that_github_refuses_is_wrong_itself_and_the_rest_unknown(world: World) -> None:
    told = world.doctor(GITHUB_TOKEN=SECRET)
    assert (told.wrong, told.stopping) == (["token"], [])
    assert {"repository", *AFTER_FIRST[1:]} <= set(told.unknown)
    assert SECRET not in told.text + json.dumps(told.data)


def test_a_computed_environment_cannot_be_judged(world: World) -> None:
    edit(world, "name: pypi #", "name: ${{ vars.ENVIRONMENT }} #")
    assert "publisher" in world.doctor().unknown


def test_a_workflow_that_publishes_in_a_way_of_its_own_cannot_be_judged(world: World) -> None:
    text = re.sub(r"      - uses: pypa/gh-action-pypi-publish@.*", "      - run: uv publish", world.repo.read(WORKFLOW))
    world.repo.write(WORKFLOW, text)
    assert "publisher" in world.doctor().unknown


def test_a_project_without_a_repository_is_still_told_what_is_missing(tmp_path: Path, world: World) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "pyproject.toml").write_text(world.repo.read("pyproject.toml"))
    ran = subprocess.run([CASTOFF, "doctor", "--offline"], cwd=bare, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert "this folder is in no git repository" in ran.stdout
    assert "type: git init" in ran.stderr, "what is to be done first"
    assert "git remote add" not in ran.stdout


# Hostile and broken answers.


def answering(answer: Callable[[Request], Response]) -> Server:
    routes: dict[tuple[str, re.Pattern[str]], Handler] = {("GET", re.compile("/.*")): answer}
    return Server(routes)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"[[[[",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"full_name": 1, "id": "x"}',
        b'[{"type": []}]',
    ],
)
def test_answers_that_make_no_sense_are_unknown(world: World, body: bytes) -> None:
    with answering(lambda _: Response(200, body, "application/json")) as server:
        told = world.doctor(GITHUB_API_URL=server.url, CASTOFF_INDEX_URL=f"{server.url}/simple/")
    assert set(told.wrong) <= ({"tags"} if body == b"[]" else set()), "an empty list is an answer: no rulesets"
    lines = {"repository", "main", "environment", "reviewers", "deployments", "immutable", "name"}
    assert lines <= set(told.unknown)


def test_a_rate_limit_is_named_and_not_taken_for_a_no(world: World) -> None:
    limited = Response(403, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1900000000"})
    with answering(lambda _: limited) as server:
        told = world.doctor(GITHUB_API_URL=server.url)
    assert told.wrong == []
    assert {"repository", *AFTER_FIRST[1:]} <= set(told.unknown)
    assert all("rate limit" in told.detail(name) for name in AFTER_FIRST[1:])


def test_names_from_outside_cannot_forge_lines_or_command_the_terminal(world: World) -> None:
    evil = "x\n  ok     everything   fine\x1b[2J\x1b]0;title\x07" + "y" * 5000
    world.forge.settings.environments["pypi"] = Environment((), ((evil, "tag"),))
    ruleset(world, {"type": "tag_name_pattern", "parameters": {"operator": "regex", "pattern": evil}})
    told = world.doctor()
    assert "\x1b" not in told.text
    assert "\x07" not in told.text
    assert not any(line.startswith("  ok     everything") for line in told.text.splitlines())
    assert max(map(len, told.text.splitlines())) < 600
    assert "tags" in told.unknown, "a stranger's regular expression is not run"


def test_an_answer_that_names_another_repository_is_shown_on_one_line(world: World) -> None:
    with answering(lambda _: json_response({"full_name": "a/b\n::error::owned\x1b[31m"})) as server:
        told = world.doctor(GITHUB_API_URL=server.url)
    assert "repository" in told.wrong
    assert not any(line.startswith("::error") for line in told.text.splitlines())


def test_the_token_is_sent_to_github_s_api_alone_and_never_printed(world: World) -> None:
    seen: dict[str, set[str]] = {"hub": set(), "index": set()}

    def watch(name: str) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            seen[name].add(request.header("Authorization"))
            return json_response({"message": f"Bearer {SECRET}"}, 404)

        return answer

    with answering(watch("hub")) as hub, answering(watch("index")) as index:
        env = {"GITHUB_API_URL": hub.url, "CASTOFF_INDEX_URL": f"{index.url}/simple/", "GITHUB_TOKEN": SECRET}
        ran = world.repo.castoff("doctor", "--json", **env)
        plain = world.repo.castoff("doctor", **env)
    assert seen == {"hub": {f"Bearer {SECRET}"}, "index": {""}}
    assert SECRET not in ran.all + plain.all


# Signing, with real keys.


@needs_ssh
def test_a_key_of_ssh_that_is_there_is_right(world: World, tmp_path: Path) -> None:
    key = ssh_key(tmp_path)
    for named in (key, key.with_suffix(".pub")):
        sign(world, "ssh", key=str(named))
        told = world.doctor()
        assert told.checks["signing"]["state"] == "right", told.detail("signing")
    key.unlink()
    assert world.doctor(SSH_AUTH_SOCK=None).wrong == ["signing"], "the public half alone does not sign"


def test_a_literal_key_of_ssh_is_looked_for_in_the_agent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    sign(world, "ssh", key="key::ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINotThere me")
    assert world.doctor().wrong == ["signing"]


@needs_ssh
def test_a_key_that_a_command_chooses_cannot_be_known(world: World) -> None:
    sign(world, "ssh")
    config(world, "gpg.ssh.defaultKeyCommand", "ssh-add -L")
    told = world.doctor()
    assert (told.wrong, told.unknown) == ([], ["signing"])
    assert "git tag" in told.do("signing")


@pytest.fixture
def short() -> Iterator[Path]:
    """Return a new folder with a short path: the one of a socket, as gpg's agent makes it, has 107 bytes at most."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@needs_gpg
def test_a_key_of_gpg_that_is_there_is_right(world: World, short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNUPGHOME", str(short))
    quick = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "maintainer@example.com"]
    try:
        subprocess.run([*quick, "ed25519", "sign", "never"], check=True, capture_output=True)
        sign(world, "openpgp")
        assert world.doctor().checks["signing"]["state"] == "right", "git takes the committer's address"
        sign(world, "openpgp", key="nobody@example.com")
        assert world.doctor().wrong == ["signing"]
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], check=False, capture_output=True)


def test_looking_for_a_key_makes_no_folder_for_keys(world: World) -> None:
    sign(world, "openpgp", key="0123456789ABCDEF")
    assert world.doctor().wrong == ["signing"]
    assert not (Path(os.environ["HOME"]) / ".gnupg").exists()


# The call itself.


def test_the_command_prints_one_screen_and_its_json_says_the_same(world: World) -> None:
    world.forge.immutable = False
    plain = world.repo.castoff("doctor", **world.env)
    assert plain.code == 0
    assert len(plain.out.splitlines()) <= len(CHECKS) + 12, "one screen"
    assert re.search(r"^  weak   immutable    off", plain.out, re.MULTILINE)
    ran = world.repo.castoff("doctor", "--json", **world.env)
    data = json.loads(ran.out)
    assert (ran.code, data["ok"]) == (0, True)
    assert [check["name"] for check in data["checks"] if check["state"] == "wrong"] == ["immutable"]


def test_make_hands_direct_over_by_the_environment(world: World) -> None:
    ran = world.repo.castoff("doctor", **world.env, DIRECT="1")
    assert (ran.code, "`release --direct` would be refused" in ran.out) == (1, True)


def test_the_page_has_a_row_for_each_line_made_from_the_list_of_questions() -> None:
    page = (Path(__file__).parent.parent / "docs" / "doctor.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| line ")]
    assert rows == [f"| {check.name} | {check.question} | {check.asks} | {check.needs} |" for check in CHECKS]
