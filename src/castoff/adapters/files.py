"""Files in a folder: read, and replaced all together or not at all."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from castoff.core.errors import CastoffError, Location, Problem, refuse

TEMPORARY = ".castoff-tmp"
"""The end of the names of files that are being written; one that is left over by a crash is written anew."""


class Replacement(NamedTuple):
    """A file's whole contents before and after; `old` is None for one that is not there yet."""

    file: str
    old: bytes | None
    new: bytes


class Folder:
    """The tree of the files in a folder (`castoff.core.tree.Tree`)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes | None:
        """Return the bytes of the file at `path`; None when there is none.

        Raises CastoffError when it cannot be read, or lies outside of the folder: a link that leads out.
        """
        try:
            found = (self.root / path).resolve()
            if found.is_file() and not found.is_relative_to(self.root.resolve()):
                raise refuse("it lies outside of the project", where=Location(path))
            return found.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a link to itself, before Python 3.13
            raise refuse(f"{path} cannot be read: {error}", where=Location(path)) from None

    def real(self, path: str) -> str:
        """Return `path` with symbolic links followed, relative to the folder."""
        return (self.root / path).resolve().relative_to(self.root.resolve()).as_posix()

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names in `folder`, those of folders with `/` behind them; empty when there is none."""
        try:
            with os.scandir(self.root / folder) as entries:
                return tuple(sorted(entry.name + "/" * entry.is_dir() for entry in entries))
        except (FileNotFoundError, NotADirectoryError):
            return ()


@contextmanager
def alone(root: Path) -> Generator[None]:
    """Let no other castoff act in the folder as long as the block runs; raises CastoffError when one does already.

    The lock is on the open folder itself: nothing is left of it when the process is killed, and no program that is
    started has it. Where the file system knows no locks there is none.
    """
    descriptor = os.open(root, os.O_RDONLY)
    try:
        with suppress(OSError):
            if not _locked(descriptor):
                raise refuse("another castoff is at work in this folder; run this again when it has ended")
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_problems(root: Path, files: Sequence[str]) -> list[Problem]:
    """Return why any of `files` could not be replaced: missing, read-only, or a link that leads out of the project."""
    problems: list[Problem] = []
    for file in files:
        target = (root / file).resolve()
        if not target.is_relative_to(root.resolve()):
            problems.append(Problem("it is a link that leads out of the project", Location(file)))
        elif not target.is_file():
            problems.append(Problem("the file is missing", Location(file)))
        elif not target.stat().st_mode & 0o222 or not os.access(target, os.W_OK):
            problems.append(Problem("the file is read-only", Location(file), (f"chmod u+w {shlex.quote(file)}",)))
        elif not os.access(target.parent, os.W_OK):
            problems.append(
                Problem(
                    "its folder is read-only", Location(file), (f"chmod u+w {shlex.quote(str(Path(file).parent))}",)
                )
            )
    return problems


def create_problems(root: Path, files: Sequence[str]) -> list[Problem]:
    """Return why any of `files` could not be made: something is there, or its folder is none or cannot be written."""
    problems: list[Problem] = []
    for file in files:
        target, parent = root / file, _nearest(root / file)
        if target.is_symlink() or target.exists():
            problems.append(Problem("something is there already", Location(file)))
        elif not parent.resolve().is_relative_to(root.resolve()):
            problems.append(Problem("its folder is a link that leads out of the project", Location(file)))
        elif not parent.is_dir():
            problems.append(Problem(f"{parent.relative_to(root)} is no folder", Location(file)))
        elif not os.access(parent, os.W_OK):
            where = parent.relative_to(root)
            problems.append(Problem("its folder is read-only", Location(file), (f"chmod u+w {where}",)))
    return problems


def _nearest(target: Path) -> Path:
    """Return the nearest thing above `target` that is there."""
    return next(folder for folder in target.parents if folder.is_symlink() or folder.exists())


def replace_all(root: Path, replacements: Sequence[Replacement]) -> None:
    """Replace the contents of all the files, or of none; make those that are not there, and their folders.

    Everything is written beside its file and synced first, then renamed over it: a reader, or a crash, sees the
    old file or the new one, never half of one. When a rename fails, or the process is interrupted, those that
    were made are put back. File mode and symbolic links stay. Raises CastoffError when a file is not what it was.
    """
    problems = write_problems(root, [item.file for item in replacements if item.old is not None])
    problems += create_problems(root, [item.file for item in replacements if item.old is None])
    if problems:
        raise CastoffError(*problems)
    staged: list[tuple[Replacement, Path, Path]] = []
    renamed: list[tuple[Replacement, Path]] = []
    made: list[Path] = []
    try:
        for item in replacements:
            target = (root / item.file).resolve()
            _still(item, target)
            _make_folders(target.parent, made)
            staged.append((item, target, _stage(target, item.new)))
        for item, target, temporary in staged:
            renamed.append((item, target))
            temporary.replace(target)
        _sync_folders({*(target.parent for _, target in renamed), *(folder.parent for folder in made)})
    except BaseException as error:
        _put_back(renamed)
        for _, _, temporary in staged:
            temporary.unlink(missing_ok=True)
        for folder in reversed(made):
            with suppress(OSError):  # somebody has put something into it
                folder.rmdir()
        if isinstance(error, OSError):
            raise refuse(f"the files could not be written, and are as they were: {error}") from None
        raise


class Contents(NamedTuple):
    """What a folder is to hold: copies of these files of another one."""

    target: Path
    source: Path
    names: Sequence[str]


def replace_folders(folders: Sequence[Contents], seal: Path, sealed: bytes) -> None:
    """Let each folder hold what it is to hold, and the file `seal` say `sealed`, or none of it.

    Where the seal is, the folders are those that it was made for: it goes first and comes last, and a crash between
    leaves none. What needs room is done before, beside them. Raises CastoffError, with all as it was, when that fails.
    """
    before = seal.read_bytes() if seal.is_file() else None
    placed: list[Path] = []
    for folder in folders:
        clear_folder(folder.target)
    try:
        for folder in folders:
            _gather(folder)
        staged = _stage(seal, sealed)
        seal.unlink(missing_ok=True)
        for folder in folders:
            new, old = _beside(folder.target)
            if folder.target.is_dir():
                folder.target.replace(old)
            new.replace(folder.target)
            placed.append(folder.target)
        staged.replace(seal)
        for folder in folders:
            clear_folder(folder.target)
    except OSError as error:
        _temporary(seal).unlink(missing_ok=True)
        for folder in folders:
            _bring_back(folder.target, placed=folder.target in placed)
        if before is not None and not seal.exists():
            _stage(seal, before).replace(seal)
        names = " and ".join(f"{folder.target.name}/" for folder in folders)
        raise refuse(f"{names} could not be written, and is as it was: {error}") from None


def _gather(folder: Contents) -> None:
    """Lay a folder's new contents beside it."""
    new, _ = _beside(folder.target)
    new.mkdir()
    for name in folder.names:
        shutil.copyfile(folder.source / name, new / name)


def _bring_back(target: Path, *, placed: bool) -> None:
    """Put the old folder where it was, if there was one, and throw away the new one, wherever it is."""
    new, old = _beside(target)
    shutil.rmtree(target if placed else new, ignore_errors=True)
    if old.is_dir():
        old.replace(target)


def clear_folder(target: Path) -> None:
    """Take away what a killed `replace_folders` has left beside the folder."""
    for left in _beside(target):
        shutil.rmtree(left, ignore_errors=True)


def _beside(target: Path) -> tuple[Path, Path]:
    """Return where a folder's new contents are gathered, and where its old ones wait."""
    return target.with_name(f".{target.name}.new{TEMPORARY}"), target.with_name(f".{target.name}.old{TEMPORARY}")


def _stage(target: Path, data: bytes) -> Path:
    """Write `data` beside `target`, with its mode, and return the new file."""
    temporary = _temporary(target)
    temporary.unlink(missing_ok=True)  # never written through: a link of that name leads who knows where
    try:
        with temporary.open("xb") as stream:
            if target.exists():
                os.fchmod(stream.fileno(), stat.S_IMODE(target.stat().st_mode))
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _temporary(target: Path) -> Path:
    return target.with_name(f".{target.name}{TEMPORARY}")


def _still(item: Replacement, target: Path) -> None:
    """Raise CastoffError when the file is not what the change was computed from."""
    if _bytes(target) != item.old:
        raise refuse("the file changed meanwhile", where=Location(item.file))


def _bytes(target: Path) -> bytes | None:
    return target.read_bytes() if target.exists() else None


def _make_folders(folder: Path, made: list[Path]) -> None:
    """Make the folders that are missing, the outermost first, and add them to `made`."""
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir()
        made.append(missing)


def _put_back(renamed: Sequence[tuple[Replacement, Path]]) -> None:
    for item, target in reversed(renamed):
        if item.old is None:
            target.unlink(missing_ok=True)
        elif target.read_bytes() != item.old:
            _stage(target, item.old).replace(target)


def _sync_folders(folders: set[Path]) -> None:
    """Make the renames last through a power cut."""
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
