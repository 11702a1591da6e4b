"""`bump`: writes a version into every place it lives, all or none; touches no git."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from packaging.version import Version

from castoff.adapters.files import Folder, Replacement, alone, replace_all, write_problems
from castoff.core import bumping, versions
from castoff.core.bumping import FileChange
from castoff.core.errors import CastoffError
from castoff.core.places import find_places
from castoff.core.plan import Plan, Write, as_data, described
from castoff.flows.checkout import Checkout, absent_problems


def bump(checkout: Checkout, wanted: str, *, dry_run: bool) -> None:
    """Bump to `wanted`, or print what would change. Raises CastoffError with all reasons, nothing touched."""
    new = versions.parse_new(wanted)
    with nullcontext() if dry_run else alone(checkout.root):
        _bump(checkout, new, dry_run=dry_run)


def _bump(checkout: Checkout, new: Version, *, dry_run: bool) -> None:
    found = find_places(checkout.project(), wanted=new)
    problems = bumping.bump_problems(found.version, new)
    if checkout.git.is_sparse():
        whole = checkout.places(checkout.git.tree("HEAD"))
        problems += absent_problems(checkout, [place.file for place in whole.places])
    problems += write_problems(checkout.root, list(dict.fromkeys(place.file for place in found.places)))
    if problems:
        raise CastoffError(*problems)
    write = Write(bumping.bump(checkout.folder, found, new))
    say = checkout.console
    say.say(f"{'Would bump' if dry_run else 'Bumping'} {found.version} to {new}", "strong")
    for style, line in described(write):
        say.say(f"  {line}", style or None)
    for note in found.notes:
        say.say(f"  note: {note}", "dim")
    if not dry_run:
        write_all(checkout.root, write.changes)
        say.say(f"{len(write.changes)} file(s) written", "good")
    plan = Plan(stage="bump", stands=f"{found.version}", actions=(write,), notes=found.notes)
    say.result("bump", {**as_data(plan), "version": str(new), "dry_run": dry_run})


def write_all(root: Path, changes: Sequence[FileChange]) -> None:
    """Write the changes, all or none. A file that says the new version already, from a run that was killed, stays.

    The first, which the build backend reads, is written last: as long as it is the old one, all copies of its version
    are known as such.
    """
    folder = Folder(root)
    todo = [change for change in reversed(changes) if folder.read(change.file) != change.new]
    replace_all(root, [Replacement(change.file, change.old, change.new) for change in todo])


def unwrite(root: Path, changes: Sequence[FileChange]) -> None:
    """Put the old contents back wherever the new ones stand; what somebody else wrote stays."""
    folder = Folder(root)
    todo = [change for change in changes if folder.read(change.file) == change.new]
    replace_all(root, [Replacement(change.file, change.new, change.old) for change in todo])
