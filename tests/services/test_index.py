"""The local index, spoken to by the clients that people use: twine, pip, and plain HTTP."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import time
import venv
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from castoff.services.index import Index
from castoff.services.index_tokens import Publisher
from castoff.services.multipart import FormError, read_form
from castoff.services.oidc import Issuer, Run, job_claims

TAIL = b"\r\n--cut--\r\n"
SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
PUBLISHER = Publisher("spam-eggs", "owner", "spam", "release.yml", "pypi")
RUN = Run("owner", "spam", 1, 2, "release.yml", "release", "refs/tags/v1.0", "c" * 40, 10, 1, 1, "maintainer", 3)


class Clock:
    """A clock that tests can put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as issuer:
        yield issuer


@pytest.fixture
def index(tmp_path: Path, issuer: Issuer, clock: Clock) -> Iterator[Index]:
    with Index(tmp_path / "index", [PUBLISHER], issuer.verify, clock) as index:
        yield index
        assert index.failures == ()


def make_wheel(
    folder: Path, version: str = "1.0", *, name: str = "spam_eggs", code: str = "", without: str = ""
) -> Path:
    """Write a small wheel; `without` names a member of its .dist-info that is left out."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    members = {
        f"{name}/__init__.py": f'__version__ = "{version}"\n{code}',
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Python: >=3.9\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{member},{_record(text)},{len(text.encode())}\n" for member, text in members.items())
    members[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    with zipfile.ZipFile(path, "w") as wheel:
        for member, text in members.items():
            if member != f"{info}/{without}":
                wheel.writestr(zipfile.ZipInfo(member), text)
    return path


def _record(text: str) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def make_sdist(folder: Path, version: str = "1.0", *, name: str = "spam_eggs", top: str | None = None) -> Path:
    """Write a small sdist, whose one folder is called `top`."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}.tar.gz"
    members = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "pyproject.toml": "",
    }
    with tarfile.open(path, "w:gz") as sdist:
        for file, text in members.items():
            member = tarfile.TarInfo(f"{top or f'{name}-{version}'}/{file}")
            member.size = len(text)
            sdist.addfile(member, io.BytesIO(text.encode()))
    return path


def identity(issuer: Issuer, run: Run = RUN, environment: str | None = "pypi", audience: str = "pypi") -> str:
    """Return an identity token as a job gets it."""
    grant = issuer.grant(job_claims(run, environment))
    headers = {"Authorization": f"bearer {grant.bearer}"}
    answer = requests.get(f"{grant.url}&audience={audience}", headers=headers, timeout=10)
    return str(answer.json()["value"])


def exchange(index: Index, token: object) -> requests.Response:
    return requests.post(f"{index.url}/_/oidc/mint-token", json={"token": token}, timeout=10)


def minted(index: Index, issuer: Issuer) -> str:
    """Return an upload token, by the exchange that the publishing action does."""
    audience = requests.get(f"{index.url}/_/oidc/audience", timeout=10).json()["audience"]
    return str(exchange(index, identity(issuer, audience=audience)).json()["token"])


def twine(index: Index, token: str, *files: Path, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "twine", "upload", "--non-interactive", "--disable-progress-bar", "--verbose"]
    command += ["--repository-url", index.upload_url, *options, *map(os.fspath, files)]
    env = {**os.environ, "TWINE_USERNAME": "__token__", "TWINE_PASSWORD": token}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def form_of(file: Path, **changes: str) -> dict[str, str]:
    """Return the fields that twine sends with a file, changed as told."""
    kind = "sdist" if file.suffix in (".gz", ".zip") else "bdist_wheel"
    fields = {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": "2.1",
        "name": "spam-eggs",
        "version": "1.0",
        "filetype": kind,
        "pyversion": "source" if kind == "sdist" else "py3",
        "sha256_digest": hashlib.sha256(file.read_bytes()).hexdigest(),
    }
    return {**fields, **changes}


def post(index: Index, token: str, file: Path, called: str | None = None, **changes: str) -> requests.Response:
    """Upload as twine does, with fields of the form changed."""
    content = (called or file.name, file.read_bytes(), "application/octet-stream")
    fields = form_of(file, **changes)
    return requests.post(
        index.upload_url, data=fields, files={"content": content}, auth=("__token__", token), timeout=10
    )


def simple(index: Index, project: str = "spam-eggs") -> dict[str, Any]:
    answer = requests.get(f"{index.simple_url}{project}/", headers={"Accept": SIMPLE_JSON}, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == SIMPLE_JSON
    return answer.json()


def names(index: Index) -> list[str]:
    return sorted(file.name for file in index.files)


# Publishing, and what users then get.


def test_twine_uploads_with_a_minted_token_and_pip_installs_into_a_fresh_environment(
    tmp_path: Path, index: Index, issuer: Issuer
) -> None:
    wheel, sdist = make_wheel(tmp_path / "dist"), make_sdist(tmp_path / "dist")
    token = minted(index, issuer)
    result = twine(index, token, wheel, sdist)
    assert result.returncode == 0, result.stdout + result.stderr
    assert names(index) == [wheel.name, sdist.name]
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull, "NO_PROXY": "127.0.0.1"}
    options = ["--disable-pip-version-check", "--no-cache-dir", "--index-url", index.simple_url]
    for command in (
        [python, "-m", "pip", "download", *options, "--dest", str(tmp_path / "got"), "spam-eggs"],
        [python, "-m", "pip", "install", *options, "spam-eggs==1.0"],
    ):
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "got" / wheel.name).read_bytes() == wheel.read_bytes()
    script = "import spam_eggs; print(spam_eggs.__version__)"
    said = subprocess.run([python, "-c", script], env=env, capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout == "1.0\n"


def test_the_same_bytes_again_are_accepted_and_nothing_is_stored(tmp_path: Path, index: Index, issuer: Issuer) -> None:
    wheel = make_wheel(tmp_path / "dist")
    token = minted(index, issuer)
    assert twine(index, token, wheel).returncode == 0
    before = index.files
    again = twine(index, token, wheel)
    assert again.returncode == 0, again.stdout
    assert index.files == before


def test_other_bytes_under_a_name_that_is_taken_are_refused_as_pypi_refuses_them(
    tmp_path: Path, index: Index, issuer: Issuer
) -> None:
    token = minted(index, issuer)
    first = make_wheel(tmp_path / "a")
    assert twine(index, token, first).returncode == 0
    second = twine(index, token, make_wheel(tmp_path / "b", code="changed = True\n"))
    assert second.returncode == 1
    assert "400 File already exists ('spam_eggs-1.0-py3-none-any.whl'" in second.stdout.replace("\n", " ")
    served = requests.get(simple(index)["files"][0]["url"], timeout=10)
    assert served.content == first.read_bytes()


def test_the_same_bytes_under_another_name_are_refused(tmp_path: Path, index: Index, issuer: Issuer) -> None:
    token = minted(index, issuer)
    wheel = make_wheel(tmp_path / "dist")
    assert post(index, token, wheel).status_code == 200
    answer = post(index, token, wheel, "spam_eggs-1.0-py2-none-any.whl")
    assert (answer.status_code, answer.text[:23]) == (400, "400 File already exists")


def test_the_name_of_a_deleted_file_is_never_free_again(tmp_path: Path, index: Index, issuer: Issuer) -> None:
    token = minted(index, issuer)
    wheel = make_wheel(tmp_path / "dist")
    post(index, token, wheel)
    index.delete(wheel.name)
    assert index.files == ()
    answer = post(index, token, wheel)
    assert answer.status_code == 400
    assert "previously used by a file that has since been deleted" in answer.text
    assert index.spent == {wheel.name}


def test_a_release_takes_one_sdist(tmp_path: Path, index: Index, issuer: Issuer) -> None:
    token = minted(index, issuer)
    sdist = make_sdist(tmp_path / "dist")
    assert post(index, token, sdist).status_code == 200
    other = tmp_path / "spam_eggs-1.0.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("spam_eggs-1.0/PKG-INFO", "Metadata-Version: 2.1\n")
    answer = post(index, token, other)
    assert answer.text == "400 Only one sdist may be uploaded per release.\n"


@pytest.mark.parametrize("age", [(13.9, 200), (14.1, 400)])
def test_a_release_older_than_14_days_takes_no_new_files(
    tmp_path: Path, index: Index, issuer: Issuer, clock: Clock, age: tuple[float, int]
) -> None:
    days, status = age
    wheel, sdist = make_wheel(tmp_path / "dist"), make_sdist(tmp_path / "dist")
    assert post(index, minted(index, issuer), wheel).status_code == 200
    clock.ahead = timedelta(days=days)
    token = minted(index, issuer)
    answer = post(index, token, sdist)
    assert answer.status_code == status, answer.text
    assert post(index, token, wheel).status_code == 200, "what it has already is accepted at any time"
    newer = make_wheel(tmp_path / "dist", "1.1")
    assert post(index, token, newer, version="1.1").status_code == 200


# What is no distribution of this project and version.


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "-spam"}, "'-spam' is an invalid value for Name"),
        ({"version": "one"}, "'one' is invalid for 'version'"),
        ({"version": "1.0+local"}, "The use of local versions in '1.0+local' is not allowed"),
        ({"version": "1.1"}, "Version in filename should be '1.1' not '1.0'."),
        ({"metadata_version": "2.0"}, "'2.0' is not a valid metadata version"),
        ({"filetype": "bdist_egg"}, "Use a known file type"),
        ({"filetype": "sdist", "pyversion": ""}, "Extension .whl is invalid for filetype sdist"),
        ({"pyversion": ""}, "Python version is required"),
        ({"sha256_digest": "0" * 64}, "The digest supplied does not match a digest calculated from the uploaded file."),
        ({"sha256_digest": "xyz"}, "Use a valid, hex-encoded, SHA256 message digest"),
        ({"md5_digest": "0" * 32}, "The digest supplied does not match"),
        ({"blake2_256_digest": "0" * 64}, "The digest supplied does not match"),
        ({"sha256_digest": ""}, "Include at least one message digest"),
        ({"protocol_version": "2"}, "Unknown protocol version"),
        ({"license_file": "LICENSE"}, "License-File LICENSE does not exist in distribution file"),
        ({"description": "`broken <", "description_content_type": "text/x-rst"}, "The description failed to render"),
        ({"attestations": "[]"}, "an empty attestation set is not permitted"),
        ({"attestations": '[{"version": 1}]'}, "Invalid attestations supplied during upload"),
    ],
)
def test_a_wheel_with_a_wrong_form_is_refused_in_pypis_words(
    tmp_path: Path, index: Index, issuer: Issuer, changes: Mapping[str, str], words: str
) -> None:
    answer = post(index, minted(index, issuer), make_wheel(tmp_path / "dist"), **changes)
    assert answer.status_code == 400
    assert words in answer.text
    assert (index.files, index.spent) == ((), frozenset())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("spam_eggs-1.0-py3-none-any.exe", "Invalid file extension"),
        ("../spam_eggs-1.0-py3-none-any.whl", "Cannot upload a file with '/' or '\\' in the name."),
        ("spam_eggs-1.0-py3-none-linux_x86_64.whl", "has an unsupported platform tag 'linux_x86_64'"),
        ("Spam_Eggs-1.0-py3-none-any.whl", "should contain the normalized project name 'spam_eggs', not 'Spam_Eggs'"),
        ("spam_eggs-1.0.whl", "Invalid wheel filename"),
    ],
)
def test_a_wheel_with_a_wrong_name_is_refused(
    tmp_path: Path, index: Index, issuer: Issuer, name: str, words: str
) -> None:
    wheel = make_wheel(tmp_path / "dist")
    with zipfile.ZipFile(wheel, "a") as archive:  # what each of those names would make the member's folder
        for folder in ("Spam_Eggs-1.0.dist-info", "spam_eggs-1.0.whl.dist-info"):
            for member in ("WHEEL", "METADATA", "RECORD"):
                archive.writestr(f"{folder}/{member}", "")
    answer = post(index, minted(index, issuer), wheel, name)
    assert answer.status_code == 400
    assert words in answer.text or name == "spam_eggs-1.0.whl"


@pytest.mark.parametrize("missing", ["WHEEL", "RECORD", "METADATA"])
def test_a_wheel_without_one_of_its_members_is_refused(
    tmp_path: Path, index: Index, issuer: Issuer, missing: str
) -> None:
    answer = post(index, minted(index, issuer), make_wheel(tmp_path / "dist", without=missing))
    assert answer.status_code == 400
    assert missing in answer.text


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, index: Index, issuer: Issuer) -> None:
    token = minted(index, issuer)
    for name in ("spam_eggs-1.0-py3-none-any.whl", "spam_eggs-1.0.tar.gz"):
        (tmp_path / name).write_bytes(b"no archive")
        answer = post(index, token, tmp_path / name)
        assert answer.status_code == 400
        assert "Invalid distribution file." in answer.text


def test_an_sdist_must_have_its_name_and_one_folder_with_pkg_info(tmp_path: Path, index: Index, issuer: Issuer) -> None:
    token = minted(index, issuer)
    sdist = make_sdist(tmp_path / "dist")
    wrong = post(index, token, sdist, "spam-eggs-1.0.tar.gz")
    assert "Filename 'spam-eggs-1.0.tar.gz' is invalid, should be 'spam_eggs-1.0.tar.gz'" in wrong.text
    flat = post(index, token, make_sdist(tmp_path / "flat", top="."))
    assert "Incorrect number of top-level directories" in flat.text


def test_a_file_larger_than_pypis_limit_is_refused(tmp_path: Path, index: Index, issuer: Issuer) -> None:
    index.file_limit = 100
    answer = post(index, minted(index, issuer), make_wheel(tmp_path / "dist"))
    assert answer.status_code == 400
    assert "File too large" in answer.text


# Who may publish.


@pytest.mark.parametrize(
    ("run", "environment"),
    [
        (RUN, None),
        (RUN, "staging"),
        (replace(RUN, workflow="other.yml"), "pypi"),
        (replace(RUN, repository="ham"), "pypi"),
        (replace(RUN, owner="somebody"), "pypi"),
        (replace(RUN, event="pull_request_target"), "pypi"),
    ],
)
def test_a_job_that_is_not_the_registered_publisher_gets_no_token(
    index: Index, issuer: Issuer, run: Run, environment: str | None
) -> None:
    answer = exchange(index, identity(issuer, run, environment))
    assert answer.status_code == 422
    assert answer.json()["message"] == "Token request failed"
    (error,) = answer.json()["errors"]
    assert error["code"] == "invalid-publisher"
    assert error["description"].startswith("valid token, but no corresponding publisher (")


def test_a_publisher_without_an_environment_takes_any(tmp_path: Path, issuer: Issuer) -> None:
    with Index(tmp_path, [replace(PUBLISHER, environment=None)], issuer.verify) as index:
        for environment in (None, "staging"):
            assert exchange(index, identity(issuer, environment=environment)).json()["success"] is True


def test_a_reusable_workflow_of_another_repository_is_not_the_publisher(index: Index, issuer: Issuer) -> None:
    claims = {**job_claims(RUN, "pypi"), "job_workflow_ref": "shared/ci/.github/workflows/release.yml@refs/heads/main"}
    grant = issuer.grant(claims)
    headers = {"Authorization": f"bearer {grant.bearer}"}
    token = requests.get(f"{grant.url}&audience=pypi", headers=headers, timeout=10).json()["value"]
    (error,) = exchange(index, token).json()["errors"]
    assert "The job_workflow_ref claim does not match" in error["description"]


def test_tokens_that_are_none_are_told_apart_as_pypi_does(index: Index, issuer: Issuer) -> None:
    with Issuer() as stranger:
        forged = identity(stranger)
    used = identity(issuer)
    assert exchange(index, used).status_code == 200
    for token, code in (
        (7, "invalid-payload"),
        ("garbage", "invalid-payload"),
        ("a.e30.c", "invalid-payload"),
        (forged, "invalid-token"),
        (identity(issuer, audience="elsewhere"), "invalid-token"),
        (used, "invalid-reuse-token"),
    ):
        answer = exchange(index, token)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code), token
    answer = requests.post(f"{index.url}/_/oidc/mint-token", data=b"{", timeout=10)
    assert answer.json()["errors"][0]["code"] == "invalid-payload"


def test_trusted_publishing_can_be_off_or_refuse(index: Index, issuer: Issuer) -> None:
    index.refuse_tokens = True
    assert exchange(index, identity(issuer)).json()["errors"][0]["code"] == "invalid-publisher"
    index.not_enabled = True
    assert exchange(index, identity(issuer)).json()["errors"][0]["code"] == "not-enabled"
    assert requests.get(f"{index.url}/_/oidc/audience", timeout=10).status_code == 403
    index.refuse_tokens = index.not_enabled = False
    assert minted(index, issuer).startswith("pypi-")


def test_an_upload_needs_a_token_that_is_known_current_and_of_this_project(
    tmp_path: Path, index: Index, issuer: Issuer, clock: Clock
) -> None:
    wheel = make_wheel(tmp_path / "dist")
    refused = post(index, "pypi-made-up", wheel)
    assert (refused.status_code, refused.text) == (403, "403 Invalid or non-existent authentication information.\n")
    token = minted(index, issuer)
    other = make_wheel(tmp_path / "dist", name="ham")
    assert "Non-user identities cannot create new projects" in post(index, token, other, name="ham").text
    clock.ahead = timedelta(seconds=901)
    assert post(index, token, wheel).text == "403 Invalid API Token: token is expired\n"
    assert index.files == ()


def test_a_token_lasts_15_minutes(index: Index, issuer: Issuer, clock: Clock) -> None:
    answer = exchange(index, identity(issuer)).json()
    assert set(answer) == {"success", "token", "expires"}
    assert 890 < answer["expires"] - clock().timestamp() <= 900


# What is served.


def test_the_simple_index_tells_size_digest_and_time_of_each_file(tmp_path: Path, index: Index, issuer: Issuer) -> None:
    wheel = make_wheel(tmp_path / "dist")
    twine(index, minted(index, issuer), wheel)
    page = simple(index)
    assert (page["meta"]["api-version"], page["name"], page["versions"]) == ("1.4", "spam-eggs", ["1.0"])
    (file,) = page["files"]
    assert file["filename"] == wheel.name
    assert file["size"] == wheel.stat().st_size
    assert file["hashes"] == {"sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()}
    assert file["requires-python"] == ">=3.9"
    assert file["provenance"] is None
    age = datetime.now(UTC) - datetime.fromisoformat(file["upload-time"])
    assert timedelta() < age < timedelta(minutes=1)
    (project,) = requests.get(index.simple_url, headers={"Accept": SIMPLE_JSON}, timeout=10).json()["projects"]
    assert project == {"name": "spam-eggs"}


def test_browsers_get_pages_with_digests_and_other_spellings_are_sent_on(
    tmp_path: Path, index: Index, issuer: Issuer
) -> None:
    wheel = make_wheel(tmp_path / "dist")
    post(index, minted(index, issuer), wheel)
    for path in ("spam-eggs/", "Spam.Eggs/", "spam-eggs"):
        for accept in ("text/html", SIMPLE_JSON):
            answer = requests.get(index.simple_url + path, headers={"Accept": accept}, timeout=10)
            assert answer.url == f"{index.simple_url}spam-eggs/"
    page = requests.get(f"{index.simple_url}spam-eggs/", timeout=10).text
    assert f"{wheel.name}#sha256={hashlib.sha256(wheel.read_bytes()).hexdigest()}" in page
    for accept in ("text/html", SIMPLE_JSON):
        missing = requests.get(f"{index.simple_url}ham/", headers={"Accept": accept}, timeout=10)
        assert missing.status_code == 404
    assert requests.get(f"{index.url}/packages/../index.json", timeout=10).status_code == 404


def test_attestations_are_kept_and_served_as_provenance(tmp_path: Path, index: Index, issuer: Issuer) -> None:
    wheel, sdist = make_wheel(tmp_path / "dist"), make_sdist(tmp_path / "dist")
    statement: dict[str, object] = {"version": 1, "verification_material": {}, "envelope": {}}
    attestation = wheel.with_name(f"{wheel.name}.publish.attestation")
    attestation.write_text(json.dumps(statement))
    token = minted(index, issuer)
    result = twine(index, token, wheel, attestation, options=("--attestations",))
    assert result.returncode == 0, result.stdout
    assert twine(index, token, sdist).returncode == 0
    (where,) = [file["provenance"] for file in simple(index)["files"] if file["filename"] == wheel.name]
    assert where == f"{index.url}/integrity/spam-eggs/1.0/{wheel.name}/provenance"
    provenance = requests.get(where, timeout=10)
    assert provenance.headers["Content-Type"] == "application/vnd.pypi.integrity.v1+json"
    (bundle,) = provenance.json()["attestation_bundles"]
    assert bundle["attestations"] == [statement]
    assert bundle["publisher"] == {
        "kind": "GitHub",
        "claims": None,
        "repository": "owner/spam",
        "workflow": "release.yml",
        "environment": "pypi",
    }
    for file in (sdist.name, "ham-1.0.tar.gz"):
        url = f"{index.url}/integrity/spam-eggs/1.0/{file}/provenance"
        assert requests.get(url, timeout=10).status_code == 404


def test_a_later_index_on_the_same_folder_serves_and_remembers_the_same(
    tmp_path: Path, index: Index, issuer: Issuer
) -> None:
    wheel, sdist = make_wheel(tmp_path / "dist"), make_sdist(tmp_path / "dist")
    token = minted(index, issuer)
    post(index, token, wheel)
    post(index, token, sdist)
    index.delete(sdist.name)
    with Index(tmp_path / "index", [PUBLISHER], issuer.verify) as later:
        assert (later.files, later.spent) == (index.files, index.spent)
        (file,) = simple(later)["files"]
        assert file["upload-time"] == simple(index)["files"][0]["upload-time"]
        assert requests.get(file["url"], timeout=10).content == wheel.read_bytes()
        answer = post(later, minted(later, issuer), sdist)
        assert "previously used" in answer.text


# Faults.


def test_an_index_that_is_down_answers_503_until_it_is_back(tmp_path: Path, index: Index, issuer: Issuer) -> None:
    token = minted(index, issuer)
    index.down = True
    assert requests.get(index.simple_url, timeout=10).status_code == 503
    wheel = make_wheel(tmp_path / "dist")
    assert twine(index, token, wheel).returncode == 1
    index.down = False
    assert twine(index, token, wheel).returncode == 0


def test_the_second_file_can_fail_for_good_so_that_twine_leaves_half_a_release(
    tmp_path: Path, index: Index, issuer: Issuer
) -> None:
    index.fail_upload_number = 2
    wheel, sdist = make_wheel(tmp_path / "dist"), make_sdist(tmp_path / "dist")
    token = minted(index, issuer)
    result = twine(index, token, wheel, sdist)
    assert result.returncode == 1
    assert "500 Internal Server Error" in result.stdout
    assert names(index) == [wheel.name]
    index.fail_upload_number = None
    assert twine(index, token, wheel, sdist).returncode == 0
    assert names(index) == [wheel.name, sdist.name]


def test_a_new_file_can_take_a_while_to_show(tmp_path: Path, index: Index, issuer: Issuer, clock: Clock) -> None:
    index.lag = 600
    post(index, minted(index, issuer), make_wheel(tmp_path / "dist"))
    url = f"{index.simple_url}spam-eggs/"
    for accept in ("text/html", SIMPLE_JSON):
        assert requests.get(url, headers={"Accept": accept}, timeout=10).status_code == 404
    clock.ahead = timedelta(seconds=601)
    assert len(simple(index)["files"]) == 1


# Size, and forms cut into blocks.

_SERVER = """
import resource, sys
from pathlib import Path
from castoff.services.index import Index
from castoff.services.index_tokens import Publisher
from castoff.services.oidc import Issuer, Run, job_claims

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

run = Run("owner", "spam", 1, 2, "release.yml", "release", "refs/tags/v1.0", "c" * 40, 10, 1, 1, "maintainer", 3)
with Issuer() as issuer, Index(Path(sys.argv[1]), [Publisher("spam-eggs", "owner", "spam", "release.yml", None)],
                               issuer.verify) as index:
    index.file_limit = 2**30
    grant = issuer.grant(job_claims(run, None))
    print(index.url, grant.url, grant.bearer, flush=True)
    for _ in sys.stdin:
        print(peak(), flush=True)
"""


def test_an_upload_of_200_mb_takes_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    """The index is a process of its own: its peak is compared before and after, for the upload and the download."""
    small, large = make_wheel(tmp_path / "dist"), make_wheel(tmp_path / "dist", "1.1")
    with zipfile.ZipFile(large, "a") as wheel, wheel.open("spam_eggs/data", "w") as data:
        for _ in range(200):
            data.write(bytes(2**20))
    command = [sys.executable, "-c", _SERVER, str(tmp_path / "index")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        base, identity_url, bearer = server.stdout.readline().split()
        headers = {"Authorization": f"bearer {bearer}"}
        jwt = requests.get(f"{identity_url}&audience=pypi", headers=headers, timeout=10).json()["value"]
        token = requests.post(f"{base}/_/oidc/mint-token", json={"token": jwt}, timeout=10).json()["token"]
        peaks: list[int] = []
        for wheel, version in ((small, "1.0"), (large, "1.1")):
            stream(f"{base}/legacy/", token, wheel, form_of_large(wheel, version))
            got = requests.get(f"{base}/packages/{wheel.name}", stream=True, timeout=60)
            assert sum(map(len, got.iter_content(2**20))) == wheel.stat().st_size
            server.stdin.write("\n")
            server.stdin.flush()
            peaks.append(int(server.stdout.readline()))
        server.stdin.close()
    assert peaks[1] - peaks[0] < 16 * 1024, f"kilobytes: {peaks}"


def form_of_large(file: Path, version: str) -> dict[str, str]:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    fields = {"metadata_version": "2.1", "name": "spam-eggs", "version": version, "filetype": "bdist_wheel"}
    return {**fields, "pyversion": "py3", "sha256_digest": digest}


class LargeForm:
    """A form with a file that is read from disk while it is sent: requests itself would hold it in memory."""

    def __init__(self, fields: Mapping[str, str], file: Path) -> None:
        self._head = encode(fields, file.name)
        self._file = file

    def __len__(self) -> int:
        return len(self._head) + self._file.stat().st_size + len(TAIL)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        with self._file.open("rb") as content:
            while block := content.read(2**18):
                yield block
        yield TAIL


def stream(url: str, token: str, file: Path, fields: Mapping[str, str]) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=cut"}
    form = LargeForm(fields, file)
    answer = requests.post(url, data=form, headers=headers, auth=("__token__", token), timeout=60)
    assert answer.status_code == 200, answer.text


def encode(fields: Mapping[str, str], file: str) -> bytes:
    """Return a form up to where the file begins."""
    parts = [f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{fields[name]}\r\n' for name in fields]
    disposition = f'Content-Disposition: form-data; name="content"; filename="{file}"'
    return "".join([*parts, f"--cut\r\n{disposition}\r\n\r\n"]).encode()


class Blocks:
    """A stream that gives its bytes in blocks of chosen sizes."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data = io.BytesIO(data)
        self._sizes = sizes

    def read(self, size: int, /) -> bytes:
        return self._data.read(min(size, self._sizes.pop() if self._sizes else size))


@given(
    content=st.lists(st.sampled_from([b"\r\n", b"--cut", b"\r\n--cu", b"-", b"\r", b"x" * 50]))
    .map(b"".join)
    .filter(lambda content: b"\r\n--cut" not in content),
    sizes=st.lists(st.integers(1, 40)),
)
def test_a_form_reads_the_same_however_it_is_cut_into_blocks(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, sizes: list[int]
) -> None:
    target = tmp_path_factory.getbasetemp() / "content"
    data = encode({"name": "spam", "description": "two\r\nlines"}, "spam.whl") + content + TAIL
    form = read_form(Blocks(data, sizes), "multipart/form-data; boundary=cut", target, file_field="content")
    assert form.fields == {"name": ("spam",), "description": ("two\r\nlines",)}
    assert form.file is not None
    assert (form.file.name, form.file.size) == ("spam.whl", len(content))
    assert form.file.sha256 == hashlib.sha256(content).hexdigest()
    assert target.read_bytes() == content


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"", "multipart/form-data; boundary=cut"),
        (b"--cut\r\nContent-Disposition: form-data; name=a\r\n\r\nb", "multipart/form-data; boundary=cut"),
        (b"--cut\r\nX: " + b"y" * 20_000, "multipart/form-data; boundary=cut"),
        (b"--cutter\r\n", "multipart/form-data; boundary=cut"),
        (b"a=b", "application/x-www-form-urlencoded"),
        (b"--\r\n", "multipart/form-data; boundary="),
    ],
)
def test_a_body_that_is_no_form_or_is_cut_off_is_an_error(tmp_path: Path, data: bytes, content_type: str) -> None:
    with pytest.raises(FormError):
        read_form(io.BytesIO(data), content_type, tmp_path / "content", file_field="content")


def test_an_upload_that_is_no_form_is_refused_and_leaves_nothing(tmp_path: Path, index: Index, issuer: Issuer) -> None:
    token = minted(index, issuer)
    answer = requests.post(index.upload_url, data=b"x=1", auth=("__token__", token), timeout=10)
    assert answer.status_code == 400
    assert list((tmp_path / "index" / "incoming").iterdir()) == []


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path, index: Index, issuer: Issuer) -> None:
    wheel = make_wheel(tmp_path / "dist")
    token = minted(index, issuer)
    basic = base64.b64encode(f"__token__:{token}".encode()).decode()
    head = f"POST /legacy/ HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {basic}\r\nContent-Length: 1000\r\n"
    host, _, port = index.url.removeprefix("http://").partition(":")
    incoming = tmp_path / "index" / "incoming"
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        kind = "Content-Type: multipart/form-data; boundary=cut\r\n\r\n"
        connection.sendall(f"{head}{kind}".encode() + encode({}, wheel.name) + b"half")
        assert within(5, lambda: list(incoming.iterdir()) != [])
    assert within(5, lambda: list(incoming.iterdir()) == [])
    assert index.files == ()
    assert post(index, token, wheel).status_code == 200


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Return whether something comes to hold in time."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()
