"""The clients of the index and the forge, on the local services; and the one door to the web, on raw answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from packaging.version import Version

from castoff.adapters.arriving import Downloaded
from castoff.adapters.github import GitHub
from castoff.adapters.index import Index as Client
from castoff.adapters.web import Answer, Ask, Limits, Web
from castoff.core.forge import Repository
from castoff.core.published import RunJob, Unknown, WorkflowRun
from castoff.services.forge import Forge
from castoff.services.http import Handler, Request, Response, Server, json_response
from castoff.services.index import Index
from castoff.services.index_store import IndexStore
from castoff.services.oidc import Issuer
from tests.held import held

QUICK = Limits(connect=1, read=0.5, total=2, pause=0.01)
TOKEN = "write-token"
SEEN: list[tuple[str, str]] = []


def hold(folder: Path, name: str, content: bytes) -> None:
    """Let the index hold a file."""
    path = folder / "one"
    path.write_bytes(content)
    IndexStore(folder).add(held(name, content), path, None)


def test_the_files_of_a_version_are_read_with_size_digest_and_time(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    hold(tmp_path / "index", "spam-1.0.tar.gz", b"the sdist")
    with Issuer() as issuer, Index(tmp_path / "index", [], issuer.verify) as index:
        client = Client(Web(QUICK), index.simple_url)
        files = client.release("Spam", Version("1.0.0"))
        assert not isinstance(files, Unknown)
        [file] = files
        assert (file.name, file.size) == ("spam-1.0.tar.gz", 9)
        assert file.sha256 == hashlib.sha256(b"the sdist").hexdigest()
        assert file.uploaded is not None
        assert client.provenance(file) is None
        assert file.sha256 is not None
        came = client.download(file, tmp_path / file.name)
        assert came == Downloaded(tmp_path / file.name, file.sha256, 9)
        assert client.release("spam", Version("2.0")) == ()
        assert client.files("eggs") is None


def test_an_index_that_is_down_is_unknown_and_not_empty(tmp_path: Path) -> None:
    with Issuer() as issuer, Index(tmp_path / "index", [], issuer.verify) as index:
        index.down = True
        assert Client(Web(QUICK), index.simple_url).files("spam") == Unknown("127.0.0.1 answered 503")
        url = index.simple_url
    assert Client(Web(QUICK), url).files("spam") == Unknown("127.0.0.1 cannot be reached")


def test_releases_drafts_and_assets_are_read_and_a_draft_can_be_deleted(tmp_path: Path) -> None:
    with Forge(tmp_path, "owner/spam") as forge:
        forge.grant(TOKEN, {"contents": "write"})
        github = GitHub(Web(QUICK), Repository("owner", "spam"), forge.url, TOKEN)
        headers = {"Authorization": f"token {TOKEN}"}
        url = f"{forge.url}/repos/owner/spam/releases"
        made = requests.post(url, json={"tag_name": "v1.0.0", "draft": True}, headers=headers, timeout=5).json()
        upload = f"{url}/{made['id']}/assets?name=spam.whl"
        kind = {"Content-Type": "application/octet-stream"}
        requests.post(upload, data=b"wheel", headers=headers | kind, timeout=5)
        releases = github.releases("v1.0.0")
        assert not isinstance(releases, Unknown)
        [release] = releases
        assert (release.draft, release.prerelease, release.immutable) == (True, False, False)
        [asset] = release.assets
        assert (asset.name, asset.size, asset.complete) == ("spam.whl", 5, True)
        came = github.download(asset, tmp_path / "spam.whl")
        assert isinstance(came, Downloaded)
        assert came.sha256 == asset.sha256
        assert github.delete_draft(release) is None
        assert github.releases("v1.0.0") == ()


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (TOKEN, "GitHub does not accept the token"),
        (None, "GitHub shows this to nobody without a token (GITHUB_TOKEN or GH_TOKEN)"),
    ],
)
def test_who_sent_no_token_is_not_told_that_it_is_not_accepted(token: str | None, said: str) -> None:
    with Server({("GET", re.compile(".*")): lambda _: Response(401)}) as server:
        github = GitHub(Web(QUICK), Repository("owner", "spam"), server.url, token)
        assert (github.releases("v1"), github.runs("release.yml", "v1")) == (Unknown(said), Unknown(said))


def _jobs_page(request: Request) -> Response:
    """Answer with a job a page, of two pages, as GitHub does."""
    page = int(request.query["page"])
    job = {"name": f"job {page}", "status": "completed", "conclusion": "failure", "html_url": "https://x"}
    following = {"Link": f'<{request.path}?page={page + 1}>; rel="next"'} if page == 1 else {}
    job |= {"started_at": "2026-11-01T09:00:00Z", "completed_at": "2026-11-01T10:00:00Z"}
    answer = json_response({"jobs": [job], "total_count": 2})
    return replace(answer, headers=following)


def test_the_jobs_of_every_attempt_are_read_over_all_pages_with_their_times() -> None:
    with Server({("GET", re.compile(r"/repos/owner/spam/actions/runs/7/jobs")): _jobs_page}) as server:
        github = GitHub(Web(QUICK), Repository("owner", "spam"), server.url)
        jobs = github.jobs(WorkflowRun(7, "", "", "completed", "failure", 2, None), every_attempt=True)
    began, ended = (datetime(2026, 11, 1, hour, tzinfo=UTC) for hour in (9, 10))
    job = RunJob("", "completed", "failure", "https://x", ended, started=began)
    assert jobs == tuple(replace(job, name=f"job {page}") for page in (1, 2))


@pytest.fixture
def server() -> Iterator[Server]:
    def seen(request: Request) -> Response:
        SEEN.append((request.path, request.header("Authorization")))
        return json_response({"here": True})

    def away(request: Request) -> Response:
        return Response(302, headers={"Location": request.query["to"]})

    def short(_request: Request) -> Response:
        return Response(body=b"x" * 100)

    routes: dict[tuple[str, re.Pattern[str]], Handler] = {
        ("GET", re.compile("/seen")): seen,
        ("GET", re.compile("/away")): away,
        ("GET", re.compile("/round")): lambda _: Response(302, headers={"Location": "/round"}),
        ("GET", re.compile("/long")): short,
        ("GET", re.compile("/limited")): lambda _: Response(403, headers={"x-ratelimit-remaining": "0"}),
    }
    SEEN.clear()
    with Server(routes) as running:
        yield running


def test_a_token_is_not_sent_on_to_another_host(server: Server) -> None:
    """Even a redirect within this machine is refused when it leaves its origin without https."""
    with Server({("GET", re.compile("/seen")): lambda _: json_response({})}) as other:
        away = Ask(f"{server.url}/away?to={other.url}/seen", token="secret-token")
        answer = Web(QUICK).get(away)
    assert answer == Unknown("127.0.0.1 answered with a redirect to 127.0.0.1 that is not https")


def test_a_redirect_within_the_host_is_followed_with_the_token(server: Server) -> None:
    answer = Web(QUICK).get(Ask(f"{server.url}/away?to=/seen", token="secret-token"))
    assert isinstance(answer, Answer)
    assert answer.json() == {"here": True}
    assert SEEN == [("/seen", "Bearer secret-token")]


def test_redirects_in_a_circle_end(server: Server) -> None:
    answer = Web(QUICK).get(Ask(f"{server.url}/round"))
    assert answer == Unknown("127.0.0.1 was reached only by more redirects than 5")


def test_more_bytes_than_allowed_are_not_taken_and_nothing_stays(server: Server, tmp_path: Path) -> None:
    web, ask = Web(QUICK), Ask(f"{server.url}/long")
    assert web.get(ask, most=99) == Unknown("127.0.0.1 answered with more than 99 bytes")
    arrived: list[int] = []
    assert isinstance(web.download(ask, tmp_path / "file", 99, arrived.append), Unknown)
    assert list(tmp_path.iterdir()) == []
    assert sum(arrived) == 0


def test_a_rate_limit_is_named(server: Server) -> None:
    assert Web(QUICK).get(Ask(f"{server.url}/limited")) == Unknown("127.0.0.1 has a rate limit, which is used up")


def test_the_token_is_not_in_what_is_printed_of_an_object(server: Server) -> None:
    assert "secret" not in repr(Ask(server.url, token="secret-token"))
    assert "secret" not in repr(GitHub(Web(), Repository("o", "r"), token="secret-token"))
