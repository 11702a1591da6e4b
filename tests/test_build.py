"""`build`, `preflight` and `twine-check` with the real front-end, twine, installers and interpreters."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from tests.repository import Repository

WHEEL, SDIST = "sample-0.1.0-py3-none-any.whl", "sample-0.1.0.tar.gz"


@pytest.fixture
def built(repo: Repository) -> Repository:
    """Return a project with its sdist, wheel and manifest."""
    ran = repo.castoff("build")
    assert ran.code == 0, ran.err
    return repo


def files(repo: Repository) -> list[str]:
    """Return what is in dist/."""
    return sorted(path.name for path in (repo.root / "dist").iterdir())


def test_build_leaves_one_sdist_one_wheel_and_a_manifest_that_is_true(built: Repository) -> None:
    assert files(built) == [WHEEL, SDIST]
    manifest = json.loads(built.read("dist-manifest.json"))
    assert (manifest["name"], manifest["version"]) == ("sample", "0.1.0")
    assert manifest["commit"] == built.git("rev-parse", "HEAD")
    for entry in manifest["files"]:
        data = (built.root / "dist" / entry["file"]).read_bytes()
        assert (entry["sha256"], entry["size"]) == (hashlib.sha256(data).hexdigest(), len(data))


def test_building_twice_gives_the_same_bytes(built: Repository) -> None:
    first = built.read("dist-manifest.json")
    assert built.castoff("build").code == 0
    assert built.read("dist-manifest.json") == first


def test_a_build_that_fails_leaves_dist_and_manifest_as_they_were(built: Repository) -> None:
    manifest = built.read("dist-manifest.json")
    built.write("pyproject.toml", built.read("pyproject.toml").replace('readme = "README.md"', 'readme = "GONE.md"'))
    ran = built.castoff("build")
    assert (ran.code, "GONE.md" in ran.err) == (1, True)
    assert (files(built), built.read("dist-manifest.json")) == ([WHEEL, SDIST], manifest)


def test_a_package_without_a_description_stops_before_it_is_built_and_when_it_is_checked(repo: Repository) -> None:
    repo.write("pyproject.toml", repo.read("pyproject.toml").replace('readme = "README.md"\n', ""))
    line = '  write: readme = "README.md"\n'
    assert line in repo.castoff("preflight").err
    assert not (repo.root / "dist").exists()
    assert repo.castoff("build").code == 0, "it can be built"
    ran = repo.castoff("twine-check")
    assert (ran.code, "`long_description` missing" in ran.err, line in ran.err) == (1, True, True)


def test_a_setup_py_without_a_description_is_told_the_lines_for_the_readme_that_is_there(repo: Repository) -> None:
    repo.write("setup.py", 'from setuptools import setup\nsetup(name="sample", version="0.1.0", py_modules=[])\n')
    repo.write("README.rst", "Sample\n======\n")
    for gone in ("pyproject.toml", "README.md"):
        (repo.root / gone).unlink()
    repo.commit("an old one")
    assert repo.castoff("build").code == 0
    said = repo.castoff("twine-check").err
    assert 'write: long_description=Path("README.rst").read_text(encoding="utf-8"),' in said
    assert 'long_description_content_type="text/x-rst",' in said


def test_what_castoff_has_built_is_no_uncommitted_change_of_the_folder(repo: Repository) -> None:
    (repo.root / ".gitignore").unlink()
    repo.commit("git ignores nothing")
    for _ in range(2):
        assert "uncommitted changes" not in repo.castoff("build").all
    repo.write("README.md", "changed")
    assert "the folder has uncommitted changes, and so has what was built" in repo.castoff("build").all


def test_a_build_outside_of_a_repository_is_told_what_to_type(repo: Repository) -> None:
    shutil.rmtree(repo.root / ".git")
    ran = repo.castoff("build")
    assert (ran.code, ran.err) == (1, "error: this folder is in no git repository\n  type: git init\n")


def test_a_repository_that_git_does_not_open_is_told_with_what_git_says_and_its_way_out(repo: Repository) -> None:
    """In a container, the folder often belongs to somebody else: `git init` would help nobody then."""
    ran = repo.castoff("build", GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert ran.code == 1
    assert "error: git does not open this repository: detected dubious ownership in repository at" in ran.err
    assert f"type: git config --global --add safe.directory {repo.root}\n" in ran.err
    repo.write(".git/config", "[core\n")
    said = repo.castoff("init", "--dry-run").err
    assert "error: git does not open this repository: bad config line 1 in file .git/config\n  type: git status" in said


def test_a_build_of_another_version_than_the_places_fails(repo: Repository) -> None:
    """A build hook that changes the version is seen, for what was built is read again."""
    config = "\n[tool.hatch.metadata.hooks.custom]\n[tool.hatch.build.hooks.custom]\n"
    repo.write("pyproject.toml", repo.read("pyproject.toml") + config)
    repo.write(
        "hatch_build.py",
        "from hatchling.builders.hooks.plugin.interface import BuildHookInterface\n"
        "class Custom(BuildHookInterface):\n"
        "    def initialize(self, version, build_data):\n"
        "        path = self.root + '/src/sample/__init__.py'\n"
        "        text = open(path).read().replace('0.1.0', '0.1.1')\n"
        "        open(path, 'w').write(text)\n",
    )
    repo.write("pyproject.toml", repo.read("pyproject.toml").replace("[tool.hatch.metadata.hooks.custom]\n", ""))
    ran = repo.castoff("build")
    assert (ran.code, "0.1.1" in ran.err) == (1, True)
    assert not (repo.root / "dist").exists()


def test_a_strange_file_in_dist_stops_the_build_and_stays(repo: Repository) -> None:
    repo.write("dist/sample-0.1.0.tar.gz.sigstore.json", "{}")
    ran = repo.castoff("build")
    assert (ran.code, "rm dist/sample-0.1.0.tar.gz.sigstore.json" in ran.err) == (1, True)
    assert files(repo) == ["sample-0.1.0.tar.gz.sigstore.json"]


def test_twine_check_installs_and_imports_the_wheel_and_the_sdist(built: Repository) -> None:
    ran = built.castoff("twine-check", "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["installed"] == {WHEEL: "imported sample", SDIST: "imported sample"}


def test_twine_check_of_an_empty_dist_fails(repo: Repository) -> None:
    ran = repo.castoff("twine-check")
    assert (ran.code, "there is nothing in it" in ran.err) == (1, True)


def test_twine_check_sees_a_flipped_byte(built: Repository) -> None:
    path = built.root / "dist" / SDIST
    data = bytearray(path.read_bytes())
    data[4] ^= 1  # the time stamp in the header of gzip: the archive still opens
    path.write_bytes(data)
    ran = built.castoff("twine-check")
    assert (ran.code, "not what was built" in ran.err) == (1, True)


def test_twine_check_sees_a_file_that_was_not_built(built: Repository) -> None:
    (built.root / "dist" / "sample-0.1.0-py2-none-any.whl").write_bytes((built.root / "dist" / WHEEL).read_bytes())
    assert "not in the manifest" in built.castoff("twine-check").err


def test_twine_check_sees_the_bundle_that_would_break_the_upload(built: Repository) -> None:
    built.write(f"dist/{WHEEL}.sigstore.json", "{}")
    assert f"rm dist/{WHEEL}.sigstore.json" in built.castoff("twine-check").err


def test_twine_check_sees_a_wheel_that_cannot_be_imported(repo: Repository) -> None:
    repo.write("src/sample/__init__.py", repo.read("src/sample/__init__.py") + "\nimport no_such_module_anywhere\n")
    assert repo.castoff("build").code == 0
    ran = repo.castoff("twine-check")
    assert ran.code == 1
    assert "import sample failed: ModuleNotFoundError" in ran.err


def test_twine_check_sees_a_description_that_does_not_render(repo: Repository) -> None:
    repo.write("README.rst", "Title\n==\n\n.. nope:: |\n\n`broken <\n")
    repo.write("pyproject.toml", repo.read("pyproject.toml").replace("README.md", "README.rst"))
    assert repo.castoff("build").code == 0
    ran = repo.castoff("twine-check")
    assert (ran.code, "twine check --strict" in ran.err) == (1, True)


def test_a_package_for_a_newer_python_is_not_installed_and_that_is_said(repo: Repository) -> None:
    repo.write("pyproject.toml", repo.read("pyproject.toml").replace(">=3.11", ">=3.99"))
    assert repo.castoff("build").code == 0
    ran = repo.castoff("twine-check")
    assert ran.code == 0, ran.err
    assert "requires Python >=3.99" in ran.out


def test_the_version_inside_the_wheel_is_compared(built: Repository) -> None:
    wheel = built.root / "dist" / WHEEL
    with zipfile.ZipFile(wheel) as old:
        members = {name: old.read(name) for name in old.namelist()}
    members["sample/__init__.py"] = members["sample/__init__.py"].replace(
        b'\n__version__ = "0.1.0"', b'\n__version__ = "0.0.1"'
    )
    with zipfile.ZipFile(wheel, "w") as new:
        for name, data in members.items():
            new.writestr(name, data)
    assert "__version__ = '0.0.1'" in built.castoff("twine-check").err


class TestPreflight:
    """Checks, tag, build."""

    def test_all_that_is_right_ends_in_a_built_dist(self, repo: Repository) -> None:
        repo.git("tag", "v0.1.0")
        ran = repo.castoff("preflight")
        assert ran.code == 0, ran.err
        assert "v0.1.0 agrees with every place" in ran.out
        assert "\nlinted\n" not in ran.out, "what a passing check prints is folded away"
        assert files(repo) == [WHEEL, SDIST]

    def test_a_failed_check_and_a_wrong_tag_are_both_listed_and_nothing_is_built(self, repo: Repository) -> None:
        config = repo.read("pyproject.toml").replace("print('tested')", "print('boom'); raise SystemExit(3)")
        repo.write("pyproject.toml", config)
        repo.commit("break it")
        repo.git("push", "--quiet")
        repo.git("tag", "v0.2.0")
        ran = repo.castoff("preflight")
        assert ran.code == 1
        assert "test failed" in ran.err
        assert "the tag v0.2.0 says 0.2.0" in ran.err
        assert "boom" in ran.out, "what a failed check prints is shown whole"
        assert not (repo.root / "dist").exists()

    def test_in_ci_passing_output_is_a_closed_group_and_the_summary_has_a_table(
        self, repo: Repository, tmp_path: Path
    ) -> None:
        summary = tmp_path / "summary.md"
        ran = repo.castoff("preflight", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
        assert ran.code == 0, ran.err
        assert "::group::lint" in ran.out
        assert "\nlinted\n" in ran.out
        assert "| check | command | result | time |" in summary.read_text()
        assert SDIST in summary.read_text()

    def test_the_checks_run_at_the_same_time(self, repo: Repository) -> None:
        """Each waits for the other to have begun: one after the other, both would give up."""
        meet = (
            "import pathlib, sys, time; mine, other = map(pathlib.Path, sys.argv[1:]); mine.touch()\n"
            "for _ in range(200):\n    time.sleep(0.05)\n    if other.exists(): sys.exit(0)\nsys.exit(1)"
        )
        config = repo.read("pyproject.toml").partition("[tool.castoff.checks]")[0]
        one = json.dumps([sys.executable, "-c", meet, "one", "two"])
        two = json.dumps([sys.executable, "-c", meet, "two", "one"])
        repo.write("pyproject.toml", f"{config}[tool.castoff.checks]\nlint = {one}\ntest = {two}\n")
        assert repo.castoff("check").code == 0

    def test_a_single_check_prints_what_its_program_prints(self, repo: Repository) -> None:
        assert "tested" in repo.castoff("test").out

    def test_a_check_that_is_not_configured_is_a_wrong_call(self, repo: Repository) -> None:
        ran = repo.castoff("typecheck")
        assert (ran.code, "no check called typecheck" in ran.err) == (2, True)

    def test_a_program_that_is_missing_is_named(self, repo: Repository) -> None:
        repo.write(
            "pyproject.toml",
            repo.read("pyproject.toml").replace('["python", "-c", "print(\'tested\')"]', '["no-such-program"]'),
        )
        ran = repo.castoff("check")
        assert (ran.code, "no-such-program is not installed" in ran.err) == (1, True)
