"""The inputs of softprops/action-gh-release, read as `src/util.ts` reads them, and the files that they name."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from pathlib import Path

from castoff.core.globs import expand_braces, split_patterns
from castoff.standins.step import Step, fail, say

_LATEST = ("true", "false", "legacy")


@dataclass(frozen=True, slots=True)
class Config:
    """The inputs, read as the action reads them; None: not given."""

    tag: str
    tag_given: bool
    name: str
    body: str
    target: str | None
    draft: bool | None
    prerelease: bool | None
    overwrite: bool | None
    fail_unmatched: bool
    generate_notes: bool
    previous_tag: str | None
    append_body: bool
    make_latest: str | None
    discussion: str | None
    patterns: tuple[str, ...]


def read_config(step: Step) -> Config:
    """Return the inputs; the action takes every value but `true` for false."""
    ref = step.env.get("GITHUB_REF", "")
    given = step.text("tag_name").removeprefix("refs/tags/")
    latest = step.inputs.get("make_latest", "")
    return Config(
        tag=given or (ref.removeprefix("refs/tags/") if ref.startswith("refs/tags/") else ""),
        tag_given=bool(given),
        name=step.text("name"),
        body=_body(step),
        target=step.text("target_commitish") or None,
        draft=_switch(step, "draft"),
        prerelease=_switch(step, "prerelease"),
        overwrite=_switch(step, "overwrite_files"),
        fail_unmatched=step.text("fail_on_unmatched_files") == "true",
        generate_notes=step.text("generate_release_notes") == "true",
        previous_tag=step.text("previous_tag") or None,
        append_body=step.text("append_body") == "true",
        make_latest=latest if latest in _LATEST else None,
        discussion=step.text("discussion_category_name") or None,
        patterns=tuple(split_patterns(step.text("files"))),
    )


def _switch(step: Step, name: str) -> bool | None:
    value = step.text(name)
    return value == "true" if value else None


def _body(step: Step) -> str:
    """Return the notes: those of a file come first, and give way when it cannot be read."""
    if path := step.text("body_path"):
        try:
            return (step.workspace / path).read_text(encoding="utf-8")
        except OSError as error:
            say(f"⚠️ Failed to read body_path \"{path}\" ({error.strerror}). Falling back to 'body' input.")
    return step.inputs.get("body", "").strip()


def matching(config: Config, base: Path, home: str) -> list[Path]:
    """Return the files that the patterns match; raises StepError for one that matches none, when that matters."""
    files: list[Path] = []
    for pattern in config.patterns:
        found = _matches(pattern, base, home)
        if not found and config.fail_unmatched:
            fail(f"⚠️  Pattern '{pattern}' does not match any files.")
        if not found:
            say(f"🤔 Pattern '{pattern}' does not match any files.")
        files += found
    if config.patterns and not files:
        say(f"🤔 {','.join(config.patterns)} does not include a valid file.")
    return files


def _matches(pattern: str, base: Path, home: str) -> list[Path]:
    if pattern == "~" or pattern.startswith("~/"):
        pattern = os.path.join(home, pattern[2:])  # noqa: PTH118 - it is a pattern, not a path
    found = {
        base / name
        for option in expand_braces(pattern)
        for name in glob.glob(option, root_dir=base, recursive=True, include_hidden=True)  # noqa: PTH207 - with hidden ones
    }
    return sorted(path for path in found if path.is_file())
