"""What a maintainer has decided otherwise, with a reason: `# castoff: ignore[RULE] REASON` in the workflow.

It stands on the line of the finding, or alone on the line above it. The finding stays to be seen, as a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from castoff.core.findings import Finding, Verdict

_IGNORE = re.compile(r"#\s*castoff:\s*ignore\[(?P<rules>[\w/, -]+)\]\s*(?P<reason>.*)")


def heeded(findings: Iterable[Finding], lines: Sequence[str]) -> list[Finding]:
    """Return the findings, those as notes that a comment in `lines` says to ignore."""
    return [_heeded(finding, lines) for finding in findings]


def _heeded(finding: Finding, lines: Sequence[str]) -> Finding:
    line = finding.where.line if finding.where else None
    if line is None or finding.verdict is not Verdict.WRONG:
        return finding
    above = lines[line - 2].strip() if line > 1 else ""
    for text in (lines[line - 1] if line <= len(lines) else "", above if above.startswith("#") else ""):
        match = _IGNORE.search(text)
        if match and finding.rule in {rule.strip() for rule in match["rules"].split(",")}:
            reason = match["reason"].strip() or "no reason is given"
            what = f"{finding.what}: ignored ({reason})"
            return replace(finding, what=what, verdict=Verdict.NOTE, instead=(), fix=())
    return finding
