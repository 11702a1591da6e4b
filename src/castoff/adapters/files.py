"""Files in a folder: read, and replaced all together or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from castoff.core.errors import CastoffError, Location, Problem, refuse

TEMPORARY = ".castoff-tmp"
"""The end of the names of files that are being written; one that is left over by a crash is written anew."""


class Replacement(NamedTuple):
    """A file's whole contents before and after."""

    file: str
    old: bytes
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
            problems.append(Problem("the file is read-only", Location(file), (f"chmod u+w {file}",)))
        elif not os.access(target.parent, os.W_OK):
            problems.append(Problem("its folder is read-only", Location(file), (f"chmod u+w {Path(file).parent}",)))
    return problems


def replace_all(root: Path, replacements: Sequence[Replacement]) -> None:
    """Replace the contents of all the files, or of none.

    Everything is written beside its file and synced first, then renamed over it: a reader, or a crash, sees the
    old file or the new one, never half of one. When a rename fails, or the process is interrupted, those that
    were made are put back. File mode and symbolic links stay. Raises CastoffError when a file is not what it was.
    """
    problems = write_problems(root, [item.file for item in replacements])
    if problems:
        raise CastoffError(*problems)
    staged: list[tuple[Replacement, Path, Path]] = []
    renamed: list[tuple[Replacement, Path]] = []
    try:
        for item in replacements:
            target = (root / item.file).resolve()
            _still(item, target)
            staged.append((item, target, _stage(target, item.new)))
        for item, target, temporary in staged:
            renamed.append((item, target))
            temporary.replace(target)
        _sync_folders({target.parent for _, target in renamed})
    except BaseException as error:
        _put_back(renamed)
        for _, _, temporary in staged:
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise refuse(f"the files could not be written, and are as they were: {error}") from None
        raise


def _stage(target: Path, data: bytes) -> Path:
    """Write `data` beside `target`, with its mode, and return the new file."""
    temporary = target.with_name(f".{target.name}{TEMPORARY}")
    temporary.unlink(missing_ok=True)  # never written through: a link of that name leads who knows where
    try:
        with temporary.open("xb") as stream:
            os.fchmod(stream.fileno(), stat.S_IMODE(target.stat().st_mode))
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _still(item: Replacement, target: Path) -> None:
    """Raise CastoffError when the file is not what the change was computed from."""
    if target.read_bytes() != item.old:
        raise refuse("the file changed meanwhile", where=Location(item.file))


def _put_back(renamed: Sequence[tuple[Replacement, Path]]) -> None:
    for item, target in renamed:
        if target.read_bytes() != item.old:
            _stage(target, item.old).replace(target)


def _sync_folders(folders: set[Path]) -> None:
    """Make the renames last through a power cut."""
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
