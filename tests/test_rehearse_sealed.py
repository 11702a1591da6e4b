"""A rehearsal reads nothing of the caller's and reaches nothing real: canaries everywhere, and none of them sings."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsing import JOBS, rehearse, sample
from tests.repository import Repository

SECRET = "c4n4ry-7d1f9e"
"""What must not be seen anywhere."""
FORGE = "https://forge.example/owner"
TOKENS = (
    *("GITHUB_TOKEN", "GH_TOKEN", "GH_ENTERPRISE_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "PYPI_TOKEN"),
    *("TWINE_USERNAME", "TWINE_PASSWORD", "TWINE_REPOSITORY_URL", "UV_PUBLISH_TOKEN", "PIP_INDEX_URL", "UV_INDEX_URL"),
    *("AWS_SECRET_ACCESS_KEY", "SIGSTORE_ID_TOKEN", "NETRC", "SSH_AUTH_SOCK", "GPG_TTY", "SOME_OTHER_VARIABLE"),
)
HANDED_ON = {
    *("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS"),
    *("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"),
    *("UV_CACHE_DIR", "PIP_CACHE_DIR"),
}
"""What a step may have of the caller's environment: language, certificates, the network, and downloads."""

SPY = """\
import json, os, pathlib, subprocess, sys

URLS = ["FORGE/work.git", "ssh://git@forge.example/owner/work.git", "git@forge.example:owner/work.git"]

def told(*argv):
    try:
        ran = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=20)
    except OSError as error:
        return [None, str(error)]
    return [ran.returncode, ran.stdout + ran.stderr]

def fill():
    wanted = "protocol=https\\nhost=forge.example\\n\\n"
    ran = subprocess.run(["git", "credential", "fill"], input=wanted, capture_output=True, text=True, timeout=20)
    return [ran.returncode, ran.stdout + ran.stderr]

home = pathlib.Path.home()
remotes = subprocess.run(["git", "remote"], capture_output=True, text=True).stdout.split()
seen = {
    "environment": dict(os.environ),
    "home": {str(path): path.read_text(errors="replace") for path in home.rglob("*") if path.is_file()},
    "config": told("git", "config", "--list", "--show-origin"),
    "credential": fill(),
    "remotes": told("git", "remote", "--verbose"),
    "gh": told("gh", "auth", "token"),
    "pip": told(sys.executable, "-m", "pip", "config", "list"),
    "pushes": {url: told("git", "push", url, "HEAD:refs/heads/stolen") for url in [*remotes, *URLS]},
}
pathlib.Path(sys.argv[1]).write_text(json.dumps(seen))
"""
GH = """\
#!/bin/sh
# What gh itself looks at, in its order.
hosts="${GH_CONFIG_DIR:-${XDG_CONFIG_HOME:-$HOME/.config}/gh}/hosts.yml"
for token in "$GH_TOKEN" "$GITHUB_TOKEN" "$(cat "$hosts" 2>/dev/null)"; do
  if [ -n "$token" ]; then echo "$token"; exit 0; fi
done
echo "no oauth token found"; exit 1
"""


def plant(repo: Repository, home: Path, folder: Path) -> dict[str, str]:
    """Plant the canaries around the repository; return the caller's environment."""
    mark = folder / "marks"
    mark.mkdir()

    def bird(name: str) -> str:
        """Make a program that leaves a mark when it is run."""
        path = folder / name
        path.write_text(f"#!/bin/sh\necho {name} >> {mark / name}\necho username=x\necho password={SECRET}\n")
        path.chmod(0o755)
        return str(path)

    for hook in ("pre-receive", "update", "post-receive"):
        repo.hook(hook, f"echo {hook} >> {mark / hook}", remote=True)
    hooks = folder / "hooks"
    hooks.mkdir()
    for hook in ("pre-commit", "commit-msg", "post-checkout", "post-merge", "pre-push", "reference-transaction"):
        Path(bird(hook)).rename(hooks / hook)
    repo.git("remote", "set-url", "origin", f"{FORGE}/work.git")
    repo.git("config", f"http.{FORGE}/.extraHeader", f"AUTHORIZATION: basic {SECRET}")
    config = home / ".gitconfig"
    config.write_text(
        f"{config.read_text()}"
        f'[url "{repo.remote}"]\n\tinsteadOf = {FORGE}/work.git\n\tinsteadOf = git@forge.example:owner/work.git\n'
        f"[credential]\n\thelper = {bird('helper')}\n"
        f"[core]\n\thooksPath = {hooks}\n\tsshCommand = {bird('ssh-command')}\n\taskPass = {bird('ask-pass')}\n"
        f"[github]\n\ttoken = {SECRET}\n"
    )
    for file, text in {
        ".netrc": f"machine forge.example login me password {SECRET}\n",
        ".pypirc": f"[pypi]\nusername = __token__\npassword = {SECRET}\n",
        ".git-credentials": f"https://me:{SECRET}@forge.example\n",
        ".config/gh/hosts.yml": f"github.com:\n    oauth_token: {SECRET}\n",
        ".config/pip/pip.conf": f"[global]\nextra-index-url = https://me:{SECRET}@forge.example/simple\n",
        ".config/git/config": f"[github]\n\ttoken = {SECRET}\n",
    }.items():
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        (home / file).write_text(text)
    programs = folder / "programs"
    programs.mkdir()
    (programs / "gh").write_text(GH)
    (programs / "gh").chmod(0o755)
    asked = {
        name: bird(name.lower()) for name in ("GIT_ASKPASS", "SSH_ASKPASS", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF")
    }
    return {
        **{name: f"{SECRET}-{name}" for name in TOKENS},
        **asked,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "github.token",
        "GIT_CONFIG_VALUE_0": SECRET,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "LANG": "C.UTF-8",
    }


@pytest.mark.e2e
def test_no_step_sees_a_secret_of_the_callers_or_reaches_the_real_remote(tmp_path: Path, isolated: Path) -> None:
    """The whole release goes through, with a spy in each job that runs what the project says."""
    spy, seen = tmp_path / "spy.py", tmp_path / "seen"
    seen.mkdir()
    spy.write_text(SPY.replace("FORGE", FORGE))
    repo = sample(tmp_path, before=f"\t@{sys.executable} {spy} {seen}/$@.json\n")
    env = plant(repo, isolated, tmp_path)
    there = (repo.remote / "refs" / "heads" / "main").read_text()
    played = rehearse(repo, tmp_path / "temp", "--keep", new=True, **env)
    assert (played.code, played.data["released"]) == (0, True), played.ran.err
    assert played.scratch

    dumps = {path.stem: path.read_text() for path in seen.iterdir()}
    assert sorted(dumps) == ["preflight", "twine-check"]
    for job, dump in dumps.items():
        assert SECRET not in dump
        look(job, json.loads(dump), env, played.scratch)

    assert SECRET not in played.ran.all
    for path in played.scratch.rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert SECRET.encode() not in path.read_bytes(), path
    assert not list((tmp_path / "marks").iterdir()), "a hook, a helper or an ssh command of the caller's was run"
    assert (repo.remote / "refs" / "heads" / "main").read_text() == there
    assert [path.name for path in (repo.remote / "refs" / "heads").iterdir()] == ["main"]
    assert not list((repo.remote / "refs" / "tags").iterdir())


def look(job: str, saw: Mapping[str, Any], caller: Mapping[str, str], scratch: Path) -> None:
    """Look at what a step saw: a home and a git of its own, and of the caller's variables only those on the list."""
    inside = saw["environment"]
    same = {name for name, value in caller.items() if inside.get(name) == value}
    assert same <= HANDED_ON, "of what the caller has planted"
    assert inside["LANG"] == "C.UTF-8"
    assert inside["HOME"] == str(scratch / "jobs" / job)
    for name in ("HOME", "GIT_CONFIG_GLOBAL", "TMPDIR"):
        assert Path(inside[name]).is_relative_to(scratch), name
    assert not {".netrc", ".pypirc", ".git-credentials", "hosts.yml"} & {Path(path).name for path in saw["home"]}
    code, said = saw["credential"]
    assert code != 0, "nobody knows a password"
    assert "password=" not in said
    code, said = saw["gh"]
    if job == "preflight":  # its step asks for the job's own token, which only the local forge knows
        assert (code, said.strip()) == (0, inside["GITHUB_TOKEN"])
        assert inside["GITHUB_TOKEN"] not in caller.values()
    else:
        assert code != 0, "gh is not logged in"
    for origin in (line.partition("\t")[0] for line in saw["config"][1].splitlines()):
        assert origin.startswith(f"file:{scratch}") or origin == "file:.git/config", origin
    pushes = saw["pushes"]
    assert len([url for url in pushes if "forge.example" in url]) == 3
    assert "forge.example" not in saw["remotes"][1]
    for url, (code, said) in pushes.items():
        assert url == "origin" or code != 0, f"{url}: {said}"


def test_the_jobs_that_a_spy_can_enter_are_those_that_run_what_the_project_says() -> None:
    assert JOBS[:2] == ("preflight", "twine-check")
