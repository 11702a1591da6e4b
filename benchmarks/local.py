"""How long castoff's local verbs take beside other tools: `python benchmarks/local.py [--runs N] [--quick]`.

Whole processes are timed, one of each in turn (A B C A B C ...), in a small repository and in a large one, with a
bare repository beside each as its remote. Everything is made in one temporary folder (virtual environments of castoff
and of each peer, repositories, HOME, git configuration), and removed at the end; `--environments DIR` keeps the
peers' environments there for the next time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ground import OWN, Ground, about, aligned, install, say
from repositories import LARGE, LARGE_QUICK, NEW, OLD, PLACES, SMALL, Repository, make_repository
from timing import Case, Taken, Times, cpu, fastest, measure, table, wall
from where import profile

FLOOR = "invoke --list (floor)"
CHECK_TAG, CHECK_TAG_INVOKE = "castoff check-tag", "invoke check-tag"
BUMP, BUMP_INVOKE = "castoff bump", "invoke bump"
VERBS = (CHECK_TAG, CHECK_TAG_INVOKE, BUMP, BUMP_INVOKE)
RELEASE, TBUMP = "castoff release --direct", "tbump"
_WAYS = (wall, fastest, cpu)
GIT_ANCESTOR, GIT_SUM = "git merge-base --is-ancestor", "git: the five above, added"


def cases(ground: Ground, repository: Repository) -> list[Case]:
    """Return what is timed in a repository, in the order of the table."""
    nothing = ground.folder / "empty"
    return [
        Case((("python -c pass", (ground.program(OWN, "python"), "-c", "pass")),), nothing),
        Case(((FLOOR, (ground.program(OWN, "invoke"), "--list")),), nothing),
        Case((("castoff --version", (ground.program(OWN, OWN), "--version")),), nothing),
        *_bumps(ground, repository),
        *_releases(ground, repository),
        *_git(repository),
    ]


def _bumps(ground: Ground, repository: Repository) -> list[Case]:
    """Return check-tag, and whatever writes a new version into its places and leaves git alone."""
    castoff, invoke = ground.program(OWN, OWN), ground.program(OWN, "invoke")
    tag, new = ("check-tag", "--tag", f"v{OLD}"), ("bump", "--version", NEW)

    def one(label: str, *argv: str, places: Sequence[str] = PLACES, before: Callable[[], None] | None = None) -> Case:
        return Case(
            ((label, argv),), repository.work, before or repository.restore, lambda: repository.says_new(places)
        )

    return [
        Case(((CHECK_TAG, (castoff, *tag)),), repository.work, repository.restore),
        Case(((CHECK_TAG_INVOKE, (invoke, *tag)),), repository.work, repository.restore),
        one(BUMP, castoff, *new),
        one(BUMP_INVOKE, invoke, *new),
        one("tbump --only-patch", ground.program("tbump", "tbump"), NEW, "--non-interactive", "--only-patch"),
        one(
            "bump-my-version bump --no-commit",
            *(ground.program("bump-my-version", "bump-my-version"), "bump", "--new-version", NEW),
            *("--no-commit", "--no-tag"),
        ),
        one("cz bump --files-only", ground.program("commitizen", "cz"), "bump", "--files-only", "--yes", NEW),
        one(
            "hatch version (one place)",
            *(ground.program("hatch", "hatch"), "version", NEW),
            places=PLACES[1:],
            before=repository.write_dynamic,
        ),
        one("uv version (one place)", ground.program("uv", "uv"), "version", "--frozen", NEW, places=PLACES[:1]),
    ]


def _releases(ground: Ground, repository: Repository) -> list[Case]:
    """Return whatever bumps, commits, tags and pushes; behind those that push no branch, or none here, git does."""
    push = f"git push --quiet --atomic origin main v{NEW}"

    def one(label: str, *argv: str) -> Case:
        return Case(((label, argv),), repository.work, repository.restore, repository.released)

    def pushed(label: str, *argv: str) -> Case:
        return one(f"{label}; git push", "sh", "-c", f'"$0" "$@" && exec {push}', *argv)

    semantic = ground.program("python-semantic-release", "semantic-release")
    return [
        one(RELEASE, ground.program(OWN, OWN), "release", "--version", NEW, "--direct"),
        one(TBUMP, ground.program("tbump", "tbump"), NEW, "--non-interactive"),
        pushed("bump-my-version", ground.program("bump-my-version", "bump-my-version"), "bump", "--new-version", NEW),
        pushed("cz bump", ground.program("commitizen", "cz"), "bump", "--yes", NEW),
        pushed(
            "semantic-release version",
            *(semantic, "--config", "releaserc.toml", "version", "--minor", "--no-changelog", "--no-vcs-release"),
            *("--no-push", "--skip-build"),
        ),
    ]


def _git(repository: Repository) -> list[Case]:
    """Return what git alone takes of a check-tag, and of a release."""
    steps = (
        ("git status", ("git", "status", "--porcelain")),
        ("git ls-remote", ("git", "ls-remote", "origin")),
        ("git commit", ("git", "commit", "--quiet", "--only", "--message", f"bump to {NEW}", "--", *PLACES)),
        ("git tag --annotate", ("git", "tag", "--annotate", "--message", NEW, f"v{NEW}")),
        ("git push --atomic", ("git", "push", "--quiet", "--atomic", "origin", "main", f"v{NEW}")),
    )
    ancestor = ("git", "merge-base", "--is-ancestor", f"refs/tags/v{OLD}", "refs/remotes/origin/main")
    return [
        Case(((GIT_ANCESTOR, ancestor),), repository.work, repository.restore),
        Case(steps, repository.work, repository.write_new, repository.released, total=GIT_SUM),
    ]


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure that should not be passed."""

    what: str
    most: float
    found: float
    """By the medians: what counts."""
    fastest: float
    cpu: float


def aims(small: Times, large: Times) -> list[Aim]:
    """Return what castoff should reach, and what this run found."""
    both = (("small", small), ("large", large))
    one = [(f"{label} / floor, {name}", 1.4, t, label, FLOOR) for name, t in both for label in VERBS]
    one += [(f"{RELEASE} / {TBUMP}, {name}", 1.0, t, RELEASE, TBUMP) for name, t in both]
    found = [
        Aim(what, most, *(of(times[label]) / of(times[beside]) for of in _WAYS))
        for what, most, times, label, beside in one
    ]
    for label, git in ((CHECK_TAG, GIT_ANCESTOR), (BUMP, None), (RELEASE, GIT_SUM)):
        what = f"{label}, large / small" + (" without git's share" if git else "")
        found.append(Aim(what, 1.5, *(_grown(small, large, label, git, of) for of in _WAYS)))
    return found


def _grown(small: Times, large: Times, label: str, git: str | None, of: Callable[[Sequence[Taken]], float]) -> float:
    """Return how many times longer a command takes in the large repository, what git takes alone subtracted."""
    own = [of(times[label]) - (of(times[git]) if git else 0) for times in (large, small)]
    return own[0] / own[1]


def told(aim: Aim) -> tuple[str, ...]:
    """Return an aim as a row of a table."""
    reached = "yes" if aim.found <= aim.most else "no"
    return aim.what, f"{aim.most:.2f}", f"{aim.found:.2f}", f"{aim.fastest:.2f}", f"{aim.cpu:.2f}", reached


# --- the whole -----------------------------------------------------------------------------------------------------


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="Time castoff beside invoke, other release tools and git.")
    parser.add_argument("--runs", type=int, default=20, help="how often each is timed (20)")
    parser.add_argument("--quick", action="store_true", help="3 runs, and a large repository of a tenth of its size")
    parser.add_argument("--profile", action="store_true", help="also print what is imported, and the git processes")
    parser.add_argument("--environments", type=Path, metavar="DIR", help="where the peers are, or will be, installed")
    parser.add_argument("--json", type=Path, help="write all the figures to this file")
    given = parser.parse_args()
    runs: int = 3 if given.quick else max(1, given.runs)
    with tempfile.TemporaryDirectory(prefix="castoff-benchmark-") as folder:
        ground = Ground.make(Path(folder), given.environments)
        say("installing castoff and its peers, and making the repositories")
        install(ground)
        repositories = [make_repository(ground, size) for size in (SMALL, LARGE_QUICK if given.quick else LARGE)]
        facts = about(ground)
        print(", ".join(f"{name} {value}" for name, value in facts.items()))
        results: list[Times] = []
        for repository in repositories:
            size = repository.size
            what = f"{size.name} repository: files {size.files:,}, commits {size.commits:,}, tags {size.tags:,}"
            say(f"{what}: timing {runs} runs and a warm-up")
            results.append(measure(ground, cases(ground, repository), runs))
            print(f"\n{what}; {runs} runs\n\n{table(results[-1], FLOOR)}")
        found = aims(*results)
        print()
        print(aligned([("", "aim: at most", "medians", "fastest", "CPU", "reached"), *(told(aim) for aim in found)]))
        if given.profile:
            profile(ground, repositories)
        if given.json:
            sizes = [repository.size.name for repository in repositories]
            whole = {
                "about": facts,
                "runs": runs,
                "seconds": dict(zip(sizes, results, strict=True)),
                "aims": [asdict(aim) for aim in found],
            }
            Path(given.json).write_text(json.dumps(whole, indent=2) + "\n")


if __name__ == "__main__":
    main()
