"""The local forge, spoken to over HTTP in the order in which softprops/action-gh-release (v3) does it."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from castoff.core.errors import CastoffError
from castoff.services.forge import Forge
from castoff.services.forge_releases import AssetFacts, ReleaseFacts, asset_name, notes
from castoff.services.forge_runs import JobRecord, RunRecord

REPOSITORY = "owner/spam"
TOKEN = "write-token"
READER = "read-token"
WHEEL = "spam-1.0-py3-none-any.whl"

Json = Any
"""Whatever JSON holds."""


class RefusedError(Exception):
    """GitHub said no."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__(f"{answer.status_code} {answer.text}")
        self.status = answer.status_code
        self.data: dict[str, Any] = answer.json() if answer.text.startswith("{") else {}

    @property
    def codes(self) -> list[str]:
        return [error["code"] for error in self.data.get("errors", [])]

    @property
    def words(self) -> str:
        return " ".join([self.data.get("message", ""), *(e.get("message", "") for e in self.data.get("errors", []))])


class Client:
    """GitHub's REST API as octokit calls it."""

    def __init__(self, url: str, token: str = TOKEN) -> None:
        self.releases = f"{url}/repos/{REPOSITORY}/releases"
        self._headers = {"Accept": "application/vnd.github.v3+json", "Authorization": f"token {token}"}

    def call(self, method: str, url: str, **options: Json) -> Json:
        headers = {**self._headers, **options.pop("headers", {})}
        answer = requests.request(method, url, headers=headers, timeout=30, **options)
        if not answer.ok:
            raise RefusedError(answer)
        return answer.json() if answer.content else None

    def by_tag(self, tag: str) -> dict[str, Any] | None:
        try:
            return self.call("GET", f"{self.releases}/tags/{tag}")
        except RefusedError as error:
            if error.status != 404:
                raise
            return None

    def create(self, tag: str, **members: Json) -> dict[str, Any]:
        return self.call("POST", self.releases, json={"tag_name": tag, **members})

    def update(self, release: Mapping[str, Any], **members: Json) -> dict[str, Any]:
        return self.call("PATCH", f"{self.releases}/{release['id']}", json=members)

    def upload(self, release: Mapping[str, Any], name: str, data: bytes = b"data") -> dict[str, Any]:
        url = str(release["upload_url"]).partition("{")[0]
        return self.call(
            "POST", url, params={"name": name}, data=data, headers={"Content-Type": "application/octet-stream"}
        )

    def list(self, **query: int) -> list[dict[str, Any]]:
        return self.call("GET", self.releases, params={"per_page": 100, **query})


@dataclass(frozen=True)
class Inputs:
    """The inputs of the action that matter here, with its defaults."""

    tag: str = "v1.0"
    files: Mapping[str, bytes] | None = None
    draft: bool | None = None
    prerelease: bool | None = None
    make_latest: str | None = None
    body: str | None = None
    overwrite_files: bool = True


def softprops(client: Client, inputs: Inputs) -> dict[str, Any]:
    """Do what the action does with generated notes: find or create, upload, publish unless a draft is wanted."""
    release = client.by_tag(inputs.tag)
    release = _create(client, inputs) if release is None else _take_over(client, inputs, release)
    for name, data in (inputs.files or {}).items():
        for asset in release["assets"]:
            if asset["name"] in (name, name.replace(" ", ".")) and inputs.overwrite_files:
                client.call("DELETE", f"{client.releases}/assets/{asset['id']}")
        client.upload(release, name, data)
    if inputs.draft is True or not release["draft"]:
        return release
    return client.update(release, **_said(draft=False, make_latest=inputs.make_latest))


def _create(client: Client, inputs: Inputs) -> dict[str, Any]:
    """Publish a prerelease at once, unless a draft is asked for; begin everything else as a draft."""
    draft = inputs.draft is True if inputs.prerelease else True
    members = _said(
        name=inputs.tag,
        body=_noted(client, inputs.tag, inputs.body),
        draft=draft,
        prerelease=inputs.prerelease,
        generate_release_notes=False,
        make_latest=inputs.make_latest,
    )
    made = client.create(inputs.tag, **members)
    found = client.by_tag(inputs.tag)
    listed = [release for release in client.list() if release["tag_name"] == inputs.tag]
    assert made["id"] in [release["id"] for release in listed]
    return found or min(listed, key=lambda release: (release["draft"], release["id"]))


def _take_over(client: Client, inputs: Inputs, release: dict[str, Any]) -> dict[str, Any]:
    members = _said(
        tag_name=inputs.tag,
        target_commitish=release["target_commitish"],
        name=release["name"],
        body=_noted(client, inputs.tag, inputs.body or release["body"]),
        draft=release["draft"],
        prerelease=release["prerelease"] if inputs.prerelease is None else inputs.prerelease,
        generate_release_notes=False,
        make_latest=inputs.make_latest,
    )
    return client.update(release, **members)


def _noted(client: Client, tag: str, body: str | None) -> str:
    made = client.call("POST", f"{client.releases}/generate-notes", json={"tag_name": tag})["body"]
    return f"{body}\n\n{made}" if body else made


def _said(**members: Json) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Forge]:
    with Forge(tmp_path / "forge", REPOSITORY, merged) as forge:
        forge.grant(TOKEN, {"contents": "write"})
        forge.grant(READER, {"contents": "read"})
        yield forge
        assert forge.failures == ()


def merged(tag: str, previous: str | None) -> Sequence[str]:
    return () if previous else (f"Everything for {tag} by @maintainer",)


@pytest.fixture
def client(forge: Forge) -> Client:
    return Client(forge.url)


# Releases as they should go.


def test_the_action_makes_a_draft_uploads_and_publishes(forge: Forge, client: Client) -> None:
    files = {WHEEL: b"wheel", "spam-1.0.tar.gz": b"sdist", f"{WHEEL}.sigstore.json": b"{}"}
    release = softprops(client, Inputs(files=files))
    assert (release["draft"], release["prerelease"], release["immutable"]) == (False, False, False)
    assert release["html_url"] == f"{forge.url}/{REPOSITORY}/releases/tag/v1.0"
    assert client.by_tag("v1.0") == release
    assert {asset["name"]: asset["digest"] for asset in release["assets"]} == {
        name: f"sha256:{hashlib.sha256(data).hexdigest()}" for name, data in files.items()
    }
    asset = release["assets"][0]
    for url, accept in ((asset["url"], "application/octet-stream"), (asset["browser_download_url"], "*/*")):
        headers = {"Authorization": f"Bearer {READER}", "Accept": accept}
        assert requests.get(url, headers=headers, timeout=10).content == b"wheel"


def test_a_report_has_all_facts_of_a_release(forge: Forge, client: Client) -> None:
    softprops(client, Inputs("v1.0-rc1", {"b": b"bb", "a": b"a"}, prerelease=True, draft=True, body="Mine."))
    assert forge.facts("v1.0-rc1") == (
        ReleaseFacts(
            tag="v1.0-rc1",
            draft=True,
            prerelease=True,
            immutable=False,
            body="Mine.\n\n## What's Changed\n* Everything for v1.0-rc1 by @maintainer\n\n\n"
            "**Full Changelog**: https://github.com/owner/spam/commits/v1.0-rc1",
            assets=(
                AssetFacts("a", 1, hashlib.sha256(b"a").hexdigest()),
                AssetFacts("b", 2, hashlib.sha256(b"bb").hexdigest()),
            ),
        ),
    )
    assert forge.facts("v2.0") == ()
    (release,) = forge.releases
    assert [forge.file(asset).read_bytes() for asset in release.assets] == [b"bb", b"a"]


def test_notes_compare_with_the_release_before() -> None:
    assert notes("P", "v2", "v1", []) == "**Full Changelog**: P/compare/v1...v2"
    assert notes("P", "v1", None, ["A by @b"]) == "## What's Changed\n* A by @b\n\n\n**Full Changelog**: P/commits/v1"


def test_create_generates_notes_itself_when_told_to(client: Client) -> None:
    client.create("v1.0")
    release = client.create("v2.0", body="Mine.", generate_release_notes=True)
    assert release["body"] == "Mine.\n\n**Full Changelog**: https://github.com/owner/spam/compare/v1.0...v2.0"
    assert release["name"] == "v2.0"


def test_a_draft_is_not_found_by_its_tag_and_only_shown_to_writers(forge: Forge, client: Client) -> None:
    draft = client.create("v1.0", draft=True)
    client.upload(draft, "a")
    assert "/releases/tag/untagged-" in draft["html_url"]
    assert client.by_tag("v1.0") is None
    assert [release["id"] for release in client.list()] == [draft["id"]]
    reader = Client(forge.url, READER)
    assert reader.list() == []
    for url in (draft["url"], draft["assets_url"], client.list()[0]["assets"][0]["url"]):
        with pytest.raises(RefusedError, match=r"^404"):
            reader.call("GET", url)


def test_the_latest_release_is_the_newest_full_one(client: Client) -> None:
    latest = f"{client.releases}/latest"
    with pytest.raises(RefusedError, match=r"^404"):
        client.call("GET", latest)
    first = client.create("v1.0")
    client.create("v1.1-rc1", prerelease=True)
    client.create("v1.1", draft=True)
    client.create("v0.9.1", make_latest="false")
    assert client.call("GET", latest)["id"] == first["id"]


def test_a_release_that_leaves_it_to_github_is_latest_only_where_its_version_is_the_highest(client: Client) -> None:
    """1.9.1, which comes out after 2.0, is not what the repository's page is to show."""
    ids = [client.create(tag, make_latest="legacy")["id"] for tag in ("v1.9", "v2.0", "v1.9.1")]
    assert client.call("GET", f"{client.releases}/latest")["id"] == ids[1]
    after = client.create("v2.0.1", make_latest="legacy")
    assert client.call("GET", f"{client.releases}/latest")["id"] == after["id"]


@pytest.mark.parametrize("mark", ["prerelease", "draft"])
def test_neither_a_prerelease_nor_a_draft_becomes_latest(client: Client, mark: str) -> None:
    release = client.create("v1.0", draft=True, make_latest="true")
    with pytest.raises(RefusedError) as refused:
        client.update(release, tag_name="v1.0", draft=mark == "draft", prerelease=True, make_latest="true")
    assert "Latest release cannot be draft or prerelease." in refused.value.words


def test_lists_come_newest_first_in_pages_with_links(client: Client) -> None:
    for number in range(5):
        client.create(f"v{number}", draft=True)
    headers = {"Authorization": f"token {TOKEN}"}
    seen: list[str] = []
    url: str | None = f"{client.releases}?per_page=2"
    while url:
        answer = requests.get(url, headers=headers, timeout=10)
        seen += [release["tag_name"] for release in answer.json()]
        url = answer.links.get("next", {}).get("url")
    assert seen == ["v4", "v3", "v2", "v1", "v0"]


def test_deleted_releases_and_assets_are_gone(forge: Forge, client: Client) -> None:
    release = client.create("v1.0")
    asset = client.upload(release, "a")
    client.upload(release, "b")
    path = forge.file(forge.releases[0].assets[0])
    client.call("DELETE", asset["url"])
    assert [kept["name"] for kept in client.call("GET", release["assets_url"])] == ["b"]
    assert not path.exists()
    client.call("DELETE", release["url"])
    assert (forge.releases, client.by_tag("v1.0"), list(path.parent.iterdir())) == ((), None, [])
    client.create("v1.0")


def test_a_draft_that_is_edited_without_its_tag_loses_it(client: Client) -> None:
    """As on GitHub; publishing keeps it, with or without."""
    draft = client.create("v1.0", draft=True)
    assert client.update(draft, tag_name="v1.0", body="Better.")["tag_name"] == "v1.0"
    assert client.update(draft, body="Better.")["tag_name"].startswith("untagged-")
    other = client.create("v2.0", draft=True)
    assert client.update(other, draft=False)["tag_name"] == "v2.0"


def test_odd_names_of_files_are_changed_as_github_does(client: Client) -> None:
    release = client.create("v1.0")
    asset = client.upload(release, "my file~1.txt")
    assert asset["name"] == "my.file.1.txt"
    again = client.call("PATCH", asset["url"], json={"name": asset["name"], "label": "my file~1.txt"})
    assert (again["name"], again["label"]) == ("my.file.1.txt", "my file~1.txt")
    assert asset_name(WHEEL) == WHEEL
    assert asset_name("spam-1.0+local-py3-none-any.whl") == "spam-1.0+local-py3-none-any.whl"


def test_a_later_forge_on_the_same_folder_has_the_same(tmp_path: Path, forge: Forge, client: Client) -> None:
    forge.immutable = True
    softprops(client, Inputs(files={"a": b"a"}))
    client.create("v2.0", draft=True)
    with Forge(tmp_path / "forge", REPOSITORY) as later:
        later.grant(TOKEN, {"contents": "write"})
        assert (later.releases, later.locked_tags) == (forge.releases, {"v1.0"})
        asset = Client(later.url).list()[1]["assets"][0]
        headers = {"Authorization": f"token {TOKEN}", "Accept": "application/octet-stream"}
        assert requests.get(asset["url"], headers=headers, timeout=10).content == b"a"
        made = Client(later.url).create("v3.0")
        assert made["id"] not in [release.id for release in forge.releases]


def test_a_folder_that_holds_something_else_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "forge.json").write_text("[]")
    with pytest.raises(CastoffError, match="cannot read what it kept"):
        Forge(tmp_path, REPOSITORY)


# What is refused.


def test_a_tag_has_one_published_release(client: Client) -> None:
    client.create("v1.0")
    draft = client.create("v1.0", draft=True)
    for act in (lambda: client.create("v1.0"), lambda: client.update(draft, draft=False)):
        with pytest.raises(RefusedError) as refused:
            act()
        assert (refused.value.status, refused.value.codes) == (422, ["already_exists"])
        assert refused.value.data["message"] == "Validation Failed"


def test_an_asset_name_is_taken_once(client: Client) -> None:
    release = client.create("v1.0")
    client.upload(release, "a")
    with pytest.raises(RefusedError) as refused:
        client.upload(release, "a", b"other")
    assert (refused.value.status, refused.value.codes) == (422, ["already_exists"])
    assert len(client.call("GET", release["assets_url"])) == 1


Act = Callable[[Client, Mapping[str, Any]], Any]
WRITES: list[Act] = [
    lambda client, _: client.create("v2.0"),
    lambda client, release: client.update(release, body="x"),
    lambda client, release: client.upload(release, "b"),
    lambda client, _: client.call("POST", f"{client.releases}/generate-notes", json={"tag_name": "v2.0"}),
    lambda client, release: client.call("DELETE", release["assets"][0]["url"]),
    lambda client, release: client.call("DELETE", release["url"]),
]


@pytest.mark.parametrize("write", WRITES)
def test_writing_needs_contents_write(forge: Forge, client: Client, write: Act) -> None:
    release = softprops(client, Inputs(files={"a": b"a"}))
    before = forge.releases
    forge.grant("other", {"id-token": "write"})
    for token in (READER, "other"):
        with pytest.raises(RefusedError) as refused:
            write(Client(forge.url, token), release)
        assert refused.value.status == 403
        assert refused.value.data["message"] == "Resource not accessible by integration"
    for token, words in (("unknown", "Bad credentials"), ("", "Requires authentication")):
        with pytest.raises(RefusedError) as refused:
            write(Client(forge.url, token), release)
        assert (refused.value.status, refused.value.data["message"]) == (401, words)
    assert forge.releases == before


def test_reading_needs_a_token_unless_the_repository_is_public(forge: Forge, client: Client) -> None:
    client.create("v1.0")
    anybody = Client(forge.url, "")
    with pytest.raises(RefusedError, match=r"^401"):
        anybody.list()
    forge.public = True
    assert len(anybody.list()) == 1
    forge.withdraw(TOKEN)
    with pytest.raises(RefusedError, match=r"^401"):
        client.list()


@pytest.mark.parametrize(
    ("data", "status"), [(b"{", 400), (b"[]", 400), (b"{}", 422), (b'{"tag_name": 1}', 422), (b'{"draft": "x"}', 422)]
)
def test_requests_that_make_no_sense_are_refused(client: Client, data: bytes, status: int) -> None:
    with pytest.raises(RefusedError, match=f"^{status}"):
        client.call("POST", client.releases, data=data)


def test_what_is_not_there_is_404_in_githubs_words(forge: Forge, client: Client) -> None:
    for path in ("releases/7", "releases/assets/7", "releases/tags/v9", "issues"):
        with pytest.raises(RefusedError) as refused:
            client.call("GET", f"{forge.url}/repos/{REPOSITORY}/{path}")
        assert (refused.value.status, refused.value.data["message"]) == (404, "Not Found")


# Immutable releases.


def test_a_draft_is_free_until_it_is_published_and_then_nothing_moves(forge: Forge, client: Client) -> None:
    forge.immutable = True
    draft = client.create("v1.0", draft=True)
    client.call("DELETE", client.upload(draft, "a")["url"])
    asset = client.upload(draft, "a", b"final")
    release = client.update(draft, draft=False)
    assert release["immutable"] is True
    assert forge.locked_tags == {"v1.0"}
    refusals: list[tuple[Callable[[], Any], str]] = [
        (lambda: client.upload(release, "b"), "Cannot upload assets to an immutable release."),
        (lambda: client.call("DELETE", asset["url"]), "Cannot delete asset from an immutable release"),
        (lambda: client.call("PATCH", asset["url"], json={"name": "b"}), "immutable release"),
        (lambda: client.update(release, draft=True), "state cannot be changed when release is immutable"),
        (lambda: client.update(release, tag_name="v2"), "tag_name cannot be changed when release is immutable"),
        (lambda: client.update(release, target_commitish="x"), "target_commitish cannot be changed when release"),
    ]
    for act, words in refusals:
        with pytest.raises(RefusedError) as refused:
            act()
        assert refused.value.status == 422
        assert words in refused.value.words
    edited = client.update(release, body="Better.", name="One", prerelease=True)
    assert (edited["body"], edited["name"], edited["prerelease"], edited["immutable"]) == ("Better.", "One", True, True)
    assert [kept["digest"] for kept in edited["assets"]] == [asset["digest"]]


def test_switching_immutability_off_does_not_thaw_what_is_published(forge: Forge, client: Client) -> None:
    forge.immutable = True
    release = client.create("v1.0")
    forge.immutable = False
    with pytest.raises(RefusedError, match="Cannot upload assets to an immutable release"):
        client.upload(release, "a")


def test_a_deleted_immutable_release_spends_its_tag(forge: Forge, client: Client) -> None:
    """A new draft of it can be made and filled; it can never be published, whatever the setting says by then."""
    forge.immutable = True
    client.call("DELETE", client.create("v1.0")["url"])
    forge.immutable = False
    draft = client.create("v1.0", draft=True)
    client.upload(draft, "a")
    for act in (lambda: client.update(draft, draft=False), lambda: client.create("v1.0")):
        with pytest.raises(RefusedError) as refused:
            act()
        assert refused.value.status == 422
        assert "tag_name was used by an immutable release" in refused.value.words
        assert "Published releases must have a valid tag" in refused.value.words


def test_the_action_leaves_an_empty_immutable_prerelease_unless_it_drafts(forge: Forge, client: Client) -> None:
    """It publishes prereleases at once, and then its uploads are refused."""
    forge.immutable = True
    with pytest.raises(RefusedError, match="Cannot upload assets to an immutable release"):
        softprops(client, Inputs("v1.0-rc1", {WHEEL: b"wheel"}, prerelease=True))
    (left,) = forge.facts("v1.0-rc1")
    assert (left.draft, left.immutable, left.assets) == (False, True, ())
    release = softprops(client, Inputs("v1.0-rc2", {WHEEL: b"wheel"}, prerelease=True, draft=True))
    assert client.update(release, draft=False)["immutable"] is True


def test_the_action_takes_over_a_published_release_and_replaces_its_assets(forge: Forge, client: Client) -> None:
    """Though `draft` is asked for; an immutable release is what withstands it."""
    softprops(client, Inputs(files={WHEEL: b"first"}))
    softprops(client, Inputs(files={WHEEL: b"second"}, draft=True))
    assert [asset.sha256 for asset in forge.facts("v1.0")[0].assets] == [hashlib.sha256(b"second").hexdigest()]
    forge.immutable = True
    softprops(client, Inputs("v2.0", {WHEEL: b"first"}))
    with pytest.raises(RefusedError, match="Cannot delete asset from an immutable release"):
        softprops(client, Inputs("v2.0", {WHEEL: b"second"}))


# Faults, and size.


def test_a_forge_that_is_down_answers_503_until_it_is_back(forge: Forge, client: Client) -> None:
    forge.down = True
    with pytest.raises(RefusedError, match=r"^503"):
        client.list()
    forge.down = False
    assert client.list() == []


def test_creating_can_be_refused_though_no_such_release_is_found(forge: Forge, client: Client) -> None:
    forge.answer_422_on_create = True
    for _ in range(3):  # the action tries so often
        with pytest.raises(RefusedError) as refused:
            softprops(client, Inputs())
        assert (refused.value.status, refused.value.codes) == (422, ["already_exists"])
    assert forge.releases == ()
    forge.answer_422_on_create = False
    assert softprops(client, Inputs())["draft"] is False


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path, forge: Forge, client: Client) -> None:
    release = client.create("v1.0")
    host, _, port = forge.url.removeprefix("http://").partition(":")
    path = f"/repos/{REPOSITORY}/releases/{release['id']}/assets?name=a"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: token {TOKEN}\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode() + b"half")
        assert within(5, lambda: len(list((tmp_path / "forge" / "assets").iterdir())) == 1)
    assert within(5, lambda: not list((tmp_path / "forge" / "assets").iterdir()))
    assert client.upload(release, "a")["size"] == 4


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Return whether something comes to hold in time."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


_SERVER = """
import resource, sys
from pathlib import Path
from castoff.services.forge import Forge

with Forge(Path(sys.argv[1]), "owner/spam") as forge:
    forge.grant("write-token", {"contents": "write"})
    print(forge.url, flush=True)
    for _ in sys.stdin:
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
"""


def test_an_asset_of_200_mb_takes_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    """The forge is a process of its own: its peak is compared before and after, for the upload and the download."""
    file = tmp_path / "large"
    command = [sys.executable, "-c", _SERVER, str(tmp_path / "forge")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        client = Client(server.stdout.readline().strip())
        release = client.create("v1.0")
        peaks: list[int] = []
        for size in (1000, 200 * 2**20):
            with file.open("wb") as out:
                out.truncate(size)
            with file.open("rb") as data:  # sent block by block
                url = str(release["upload_url"]).partition("{")[0]
                asset = client.call("POST", url, params={"name": f"file-{size}"}, data=data)
            assert asset["size"] == size
            headers = {"Authorization": f"token {TOKEN}", "Accept": "application/octet-stream"}
            got = requests.get(asset["url"], headers=headers, stream=True, timeout=60)
            digest = hashlib.sha256()
            for block in got.iter_content(2**20):
                digest.update(block)
            assert asset["digest"] == f"sha256:{digest.hexdigest()}"
            server.stdin.write("\n")
            server.stdin.flush()
            peaks.append(int(server.stdout.readline()))
        server.stdin.close()
    assert peaks[1] - peaks[0] < 16 * 1024, f"kilobytes: {peaks}"


def test_runs_are_shown_by_their_tag_and_a_run_in_progress_can_be_cancelled(forge: Forge) -> None:
    forge.grant(TOKEN, {"contents": "read", "actions": "write"})
    now = datetime.now(UTC)
    jobs = (
        JobRecord("build", "completed", "success", 1, now, now),
        JobRecord("publish", "in_progress", None, 1, now, None),
    )
    forge.runs.put(RunRecord(1, "r.yml", "R", "v1.0", "0" * 40, "in_progress", None, 1, now, now, jobs))
    forge.runs.put(RunRecord(2, "r.yml", "R", "v2.0", "1" * 40, "completed", "success", 1, now, now))
    client = Client(forge.url)
    actions = f"{forge.url}/repos/{REPOSITORY}/actions"
    listed = client.call("GET", f"{actions}/workflows/r.yml/runs?branch=v1.0")
    assert [(run["id"], run["status"]) for run in listed["workflow_runs"]] == [(1, "in_progress")]
    client.call("POST", f"{actions}/runs/1/cancel")
    shown = client.call("GET", f"{actions}/runs/1/jobs")["jobs"]
    assert [(job["name"], job["conclusion"]) for job in shown] == [("build", "success"), ("publish", "cancelled")]
    with pytest.raises(RefusedError, match="409"):
        client.call("POST", f"{actions}/runs/1/cancel")
    with pytest.raises(RefusedError, match="404"):
        client.call("GET", f"{actions}/workflows/other.yml/runs")
    forge.grant(READER, {"contents": "read", "actions": "read"})
    with pytest.raises(RefusedError, match="403"):
        Client(forge.url, READER).call("POST", f"{actions}/runs/2/cancel")
