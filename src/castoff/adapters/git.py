"""git, through its plumbing formats: what is there, here and on the remote."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from castoff.adapters import process
from castoff.adapters.git_answers import Remote, Standing, Tag, read_remote, read_standing
from castoff.adapters.process import ProgramFailedError, Result
from castoff.core.errors import CastoffError, Location, Problem, refuse

_NETWORK = 5 * process.MINUTE
_LINK = "120000"
_TAGGER = re.compile(r"^tagger .*> (\d{1,11}) [+-]\d{4}$", re.MULTILINE)
_SIGNATURE = re.compile(r"^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----$", re.MULTILINE)
"""How a signature begins (OpenPGP, SSH, X.509), in `git`'s own gpg-interface."""
_UNFINISHED: Mapping[str, str] = {
    "MERGE_HEAD": "merge",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
}
"""What git keeps in its folder while a command waits for a person, and the command."""
_LOCK = re.compile(r"(?<!\w)/[^\n]*?\.lock\b")
"""The path of a lock file, in what git says when it cannot make it."""
_EXCEPTION = re.compile(r"^\s*(git config --global --add safe\.directory \S.*)$", re.MULTILINE)
"""The command that git names when the repository is somebody else's: in every language the same."""
_WHOLE = frozenset({"switch", "reset", "update-ref", "branch"})
"""What is over in a moment, and broken off would leave some files of the work tree missing, or a lock of git's."""


class Git:
    """The repository around `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *args: str, check: bool = True, timeout: float = 2 * process.MINUTE) -> Result:
        """Run git in the project's folder; raises CastoffError with what it said when it fails.

        Ctrl-C waits for the end of those that are over in a moment (`_WHOLE`).
        """
        with process.undisturbed() if args[0] in _WHOLE else nullcontext():
            return self._run(args, check=check, timeout=timeout)

    def _run(self, args: tuple[str, ...], *, check: bool, timeout: float) -> Result:
        quiet = {"GIT_OPTIONAL_LOCKS": "0"}
        ran = process.run(["git", *args], cwd=self.root, env=quiet, check=False, timeout=timeout)
        if check and ran.code != 0:
            raise ProgramFailedError(ran, fix=tuple(self._left(ran.stderr)))
        return ran

    def _left(self, said: str) -> Iterator[str]:
        """Yield how to take away each lock file that git has just stumbled over, in the words of any language."""
        for path in dict.fromkeys(map(Path, _LOCK.findall(said))):
            if path.is_file():
                shown = path.relative_to(self.root) if path.is_relative_to(self.root) else path
                yield f"rm {shlex.quote(str(shown))}"

    def out(self, *args: str) -> str:
        """Return what git prints, without the last newline."""
        return self.run(*args).stdout.rstrip("\n")

    def said(self, *args: str) -> str | None:
        """Return what git prints, or None when it fails: for questions whose answer may be no."""
        result = self.run(*args, check=False)
        return result.stdout.rstrip("\n") if result.code == 0 else None

    def require_head(self) -> str:
        """Return the commit that is checked out; raises CastoffError when there is no repository, or no commit yet."""
        head = self.said("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        if head is not None:
            return head
        if problem := self.unusable():
            raise CastoffError(problem)
        raise refuse("the repository has no commit yet", "git add . && git commit")

    def unusable(self) -> Problem | None:
        """Return why git does nothing in this folder (no repository, or one that it will not open), or None."""
        asked = self.run("rev-parse", "--git-dir", check=False)
        if asked.code == 0:
            return None
        if not any((folder / ".git").exists() for folder in (self.root, *self.root.parents)):
            return Problem("this folder is in no git repository", fix=("git init",))
        said = next(iter(asked.stderr.splitlines()), "no reason given").removeprefix("fatal: ")
        fix = tuple(_EXCEPTION.findall(asked.stderr)) or ("git status",)
        return Problem(f"git does not open this repository: {said}", fix=fix)

    def standing(self) -> Standing:
        """Return what is checked out, and what differs from it, asked in one go.

        Raises CastoffError when there is no repository.
        """
        args = ("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal", "--no-renames")
        asked = self.run(*args, check=False)
        if asked.code != 0:
            self.require_head()
            raise ProgramFailedError(asked)
        return read_standing(asked.stdout, partial(self.out, "rev-parse", "--show-prefix"))

    def commit_of(self, name: str) -> str | None:
        """Return the commit that a full ref name or an object id comes to, or None."""
        return self.said("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")

    def refs(self, *patterns: str) -> dict[str, str]:
        """Return the full names of refs (all branches and tags, or those that match) and the objects they name."""
        listed = self.out(
            "for-each-ref", "--format=%(objectname) %(refname)", *(patterns or ("refs/heads/", "refs/tags/"))
        )
        return {name: sha for sha, _, name in (line.partition(" ") for line in listed.splitlines())}

    def commits(self, *patterns: str) -> dict[str, str]:
        """Return the full names of the refs that match, and the commits they come to."""
        wanted = "--format=%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end) %(refname)"
        listed = self.out("for-each-ref", wanted, *patterns)
        return {name: sha for sha, _, name in (line.partition(" ") for line in listed.splitlines())}

    def tag(self, name: str, refs: Mapping[str, str]) -> Tag | None:
        """Return a local tag, of which `refs` tells the object; None when there is none."""
        made = refs.get(f"refs/tags/{name}")
        return Tag(name, made, self.commit_of(made) or made) if made else None

    def tags_at_head(self) -> list[str]:
        """Return the names of the tags on the commit that is checked out."""
        return self.out("tag", "--no-column", "--points-at", "HEAD").splitlines()

    def work_tree_of(self, branch: str) -> str | None:
        """Return the folder of another work tree of this repository in which a branch is checked out, or None."""
        folder = ""
        for line in self.out("worktree", "list", "--porcelain").splitlines():
            folder = line.removeprefix("worktree ") if line.startswith("worktree ") else folder
            if line == f"branch refs/heads/{branch}":
                return folder
        return None

    def remotes(self) -> dict[str, str]:
        """Return the names of the remotes and the URLs they are fetched from."""
        listed = self.said("config", "--get-regexp", r"^remote\..*\.url$") or ""
        rows = (line.partition(" ") for line in listed.splitlines())
        return {key.removeprefix("remote.").removesuffix(".url"): url for key, _, url in rows}

    def ask(self, remote: str) -> Remote:
        """Return what `remote` has now; raises CastoffError when it cannot be reached."""
        try:
            listed = self.run("ls-remote", "--symref", remote, timeout=_NETWORK).stdout
        except ProgramFailedError as error:
            reason = error.result.stderr.strip().splitlines() or ["no reason given"]
            said = process.masked("; ".join(reason[:3]))
            raise refuse(f"the remote {remote} cannot be asked: {said}", f"git ls-remote {remote}") from None
        return read_remote(remote, listed)

    def bring(self, remote: str, ref: str, commit: str) -> None:
        """Fetch the objects of `ref` so that `commit` is here; no ref, here or there, is changed by it."""
        self.bring_all(remote, {ref: commit})

    def bring_all(self, remote: str, wanted: Mapping[str, str]) -> None:
        """Fetch the refs whose objects are not here yet, in one go; no ref, here or there, is changed by it."""
        refs = [ref for ref, made in wanted.items() if self.commit_of(made) is None]
        if refs:
            quiet = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=")
            self.run(*quiet, remote, *refs, timeout=_NETWORK)

    def signature(self, tag: Tag) -> tuple[bool, int | None]:
        """Return whether an annotated tag, whose object is here, carries a signature, and its time since 1970."""
        text = self.out("cat-file", "tag", tag.object)
        made = _TAGGER.search(text)
        return _SIGNATURE.search(text) is not None, int(made[1]) if made else None

    def is_ancestor(self, commit: str, of: str) -> bool:
        """Whether `commit` is `of` or among its ancestors."""
        return commit == of or self.run("merge-base", "--is-ancestor", commit, of, check=False).code == 0

    def is_sparse(self) -> bool:
        """Return whether the work tree may lack files of the commit (a sparse checkout)."""
        return self.said("config", "--type=bool", "--get", "core.sparseCheckout") == "true"

    def is_shallow(self) -> bool:
        """Whether the history ends early (a clone with a depth), so that ancestry cannot be known."""
        return self.out("rev-parse", "--is-shallow-repository") == "true"

    def commit_time(self, commit: str = "HEAD") -> int:
        """Return when a commit was made, in seconds since 1970."""
        return int(self._of(commit, "%ct"))

    def subject(self, commit: str) -> str:
        """Return the first line of a commit's message."""
        return self._of(commit, "%s")

    def parents(self, commit: str) -> list[str]:
        """Return the parents of a commit."""
        return self._of(commit, "%P").split()

    def _of(self, commit: str, what: str) -> str:
        """Return one thing of a commit, and not what its signature is worth, whatever `log.showSignature` says."""
        return self.out("show", "--no-patch", "--no-show-signature", f"--format={what}", commit)

    def first_parents(self, tip: str, files: Sequence[str], most: int | None = None) -> list[str]:
        """Return the commits of a branch, newest first and `most` of them, that changed one of `files`."""
        limit = () if most is None else (f"--max-count={most}",)
        return self.out("rev-list", "--first-parent", *limit, tip, "--", *files).splitlines()

    def identity_problem(self) -> Problem | None:
        """Return what is wrong when git does not know who commits, else None."""
        if self.said("var", "GIT_COMMITTER_IDENT") and self.said("var", "GIT_AUTHOR_IDENT"):
            return None
        fix = ('git config user.name "Your Name"', "git config user.email you@example.com")
        return Problem("git does not know who you are", fix=fix)

    def unfinished(self) -> str | None:
        """Return the command that was begun here and waits for a person (`merge`, `rebase` and their like), or None."""
        paths = zip(self._paths(_UNFINISHED), _UNFINISHED.values(), strict=True)
        return next((verb for path, verb in paths if (self.root / path).exists()), None)

    def locks(self, *refs: str) -> list[Problem]:
        """Return the lock files that a commit, a switch, or an update of these refs (full names) would stumble over."""
        names = ["index.lock", "HEAD.lock", "packed-refs.lock", *(f"{ref}.lock" for ref in refs)]
        what = "another git is at work here, or was killed and left its lock; where none is, take it away"
        there = (path for path in self._paths(names) if (self.root / path).exists())
        return [Problem(what, Location(path), (f"rm {shlex.quote(path)}",)) for path in there]

    def _paths(self, names: Iterable[str]) -> list[str]:
        """Return where git keeps files of its own, from the project's folder."""
        if (self.root / ".git").is_dir():
            return [f".git/{name}" for name in names]
        # a work tree of its own, or a project in a folder of the repository
        return self.out("rev-parse", *(word for name in names for word in ("--git-path", name))).splitlines()

    def tree(self, commit: str) -> CommitTree:
        """Return the project's files as they are in `commit`."""
        return CommitTree(self, commit)


class CommitTree:
    """The tree of the files in a commit (`castoff.core.tree.Tree`)."""

    def __init__(self, git: Git, commit: str) -> None:
        self._git = git
        self._commit = commit
        self._blobs: dict[str, tuple[str, str]] | None = None
        self._read: dict[str, bytes | None] = {}

    def read(self, path: str) -> bytes | None:
        """Return the bytes of the file at `path` in the commit, symbolic links followed; None when there is none."""
        if path not in self._read:
            _, blob = self._listing().get(self.real(path), ("", ""))
            self._read[path] = self._blob(blob) if blob else None
        return self._read[path]

    def real(self, path: str) -> str:
        """Return `path` with symbolic links followed within the commit; empty for one that leads nowhere in it."""
        seen: set[str] = set()
        mode, blob = self._listing().get(path, ("", ""))
        while mode == _LINK and path not in seen:
            seen.add(path)
            path = _resolved(path, self._blob(blob).decode("utf-8", "surrogateescape"))
            mode, blob = self._listing().get(path, ("", ""))
        return path

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names in `folder`, those of folders with `/` behind them."""
        start = f"{folder}/" if folder else ""
        rest = (path[len(start) :] for path in self._listing() if path.startswith(start))
        return tuple(sorted({name + slash for name, slash, _ in (path.partition("/") for path in rest)}))

    def _listing(self) -> dict[str, tuple[str, str]]:
        if self._blobs is None:
            listed = self._git.run("ls-tree", "-r", "-z", self._commit).stdout
            rows = (row.partition("\t") for row in listed.split("\0") if row)
            self._blobs = {path: (about.split()[0], about.split()[2]) for about, _, path in rows}
        return self._blobs

    def _blob(self, blob: str) -> bytes:
        return self._git.run("cat-file", "blob", blob).stdout.encode("utf-8", "surrogateescape")


def _resolved(link: str, target: str) -> str:
    """Return the path that a symbolic link at `link` leads to; one that leads nowhere in the tree names no file."""
    parts = link.split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    resolved = "/".join(parts)
    return "" if target.startswith("/") or resolved == link else resolved


def remote_name(remotes: Mapping[str, str], configured: str | None) -> str:
    """Return the remote that releases go to: the configured one, `origin`, or the only one there is."""
    wanted = configured or ("origin" if "origin" in remotes or len(remotes) != 1 else next(iter(remotes)))
    if wanted not in remotes and remotes and not configured:
        known = " and ".join(sorted(remotes))
        what = f'there is no remote called origin, but {known}: write remote = "{min(remotes)}", say, in [tool.castoff]'
        raise CastoffError(Problem(what, Location("pyproject.toml")))
    if wanted not in remotes:
        raise CastoffError(Problem(f"there is no remote called {wanted}", fix=(f"git remote add {wanted} URL",)))
    return wanted
