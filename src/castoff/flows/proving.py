"""What is said of a proof: one table, what there is to say of its cells, and the verdict."""

from __future__ import annotations

from castoff.core.errors import CastoffError, Problem
from castoff.core.proof import Proof, Verdict, sound
from castoff.flows.checkout import Checkout

_SAID = (Verdict.NOT_TRIED, Verdict.RIGHT)


def report(checkout: Checkout, proof: Proof) -> None:
    """Say what was found; raises CastoffError with everything that is wrong, the worst class first."""
    console = checkout.console
    if proof.files:
        console.say()
        for style, line in _table(proof):
            console.say(line, style)
    console.say()
    console.rows([*_general(proof), *_details(proof)])
    for note in proof.notes:
        console.say(f"  note: {note}", "dim")
    if proof.verdict is not Verdict.RIGHT:
        raise CastoffError(*proof.problems(), way_out=_way_out(checkout, proof), data=proof.as_data())
    console.say(f"{proof.project} {proof.version} is what {proof.identity} built and signed", "good")
    console.result("verify", proof.as_data())


def _table(proof: Proof) -> list[tuple[str | None, str]]:
    """Return the lines of the table, each with its style."""
    rows = proof.rows()
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    styles = ["strong", *("good" if sound(file.found) else "error" for file in proof.files)]
    return list(zip(styles, lines, strict=True))


def _general(proof: Proof) -> list[list[str]]:
    rows = [[what, found.verdict.value, found.detail] for what, found in proof.general.items()]
    return [
        *rows,
        ["must be signed by", "", proof.identity],
        *(["index says published by", "", who] for who in proof.publishers),
    ]


def _details(proof: Proof) -> list[list[str]]:
    """Return what there is to say of cells in which nothing is wrong: those that are wrong are told as errors."""
    return [
        [what, verdict.value, f"{detail}{_of(files, proof)}"]
        for verdict, what, detail, files in proof.told(_SAID)
        if files and detail
    ]


def _of(files: tuple[str, ...], proof: Proof) -> str:
    if len(files) == len(proof.files):
        return ""
    return f": {files[0]}" if len(files) == 1 else f": {len(files)} files"


def _way_out(checkout: Checkout, proof: Proof) -> Problem:
    """Return what to do, by the worst that was found."""
    again = checkout.command("verify", proof.version)
    status = checkout.command("status", proof.version)
    if proof.verdict is Verdict.CONTRADICTORY:
        what = "what is served is not what the tag built and signed: nobody should install it before you know why"
        return Problem(what, fix=(status,))
    if proof.verdict is Verdict.MISSING:
        return Problem("the release is not whole", fix=(status,))
    return Problem("it is neither proved nor disproved; once it can be looked up", fix=(again,))
