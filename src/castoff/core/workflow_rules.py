"""The rules of a release workflow, in one table: what `check-workflow`, `doctor`, preflight and the docs go by.

Each rule is a function from the workflow to findings; its docstring is what it demands, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from castoff.core import workflow_rules_handover as handover
from castoff.core import workflow_rules_hardening as hardening
from castoff.core import workflow_rules_parity as parity
from castoff.core import workflow_rules_permissions as permissions
from castoff.core import workflow_rules_publishing as publishing
from castoff.core import workflow_rules_triggers as triggers
from castoff.core.findings import Finding
from castoff.core.workflow_subject import Subject

GROUPS = {
    "triggers": "what starts a release",
    "parity": "commands, jobs and their order",
    "handover": "what the jobs hand on",
    "hardening": "pins, permissions, secrets, caches",
    "publishing": "signing, PyPI, the release",
}
"""The groups of rules, and what each is about."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by name."""

    name: str
    group: str
    look: Callable[[Subject], Iterator[Finding]]

    @property
    def demands(self) -> str:
        """What it demands, and why: one sentence."""
        return self.look.__doc__ or ""


RULES = (
    Rule("version-tags", "triggers", triggers.starts_on_version_tags),
    Rule("tags-only", "triggers", triggers.starts_on_nothing_else),
    Rule("jobs", "parity", parity.has_every_job),
    Rule("needs", "parity", parity.jobs_follow_one_another),
    Rule("unconditional", "parity", parity.nothing_runs_in_spite),
    Rule("commands", "parity", parity.every_command_is_a_target),
    Rule("targets", "parity", parity.every_target_exists),
    Rule("stage-verbs", "parity", parity.each_stage_runs_its_verb),
    Rule("by-hand", "parity", parity.nothing_is_uploaded_by_hand),
    Rule("inputs", "parity", parity.inputs_are_known),
    Rule("hands-on", "handover", handover.hands_on_what_is_needed),
    Rule("sbom", "handover", handover.sbom_is_handed_on),
    Rule("once", "handover", handover.handed_on_once),
    Rule("empty-artifacts", "handover", handover.handing_on_nothing_is_an_error),
    Rule("artifact-names", "handover", handover.fetches_what_is_there),
    Rule("fetches", "handover", handover.fetches_what_it_needs),
    Rule("dist-alone", "handover", handover.dist_is_alone),
    Rule("pins", "hardening", hardening.actions_are_pinned),
    Rule("pin-versions", "hardening", hardening.pins_say_their_version),
    Rule("no-default-rights", "hardening", permissions.nothing_by_default),
    Rule("rights", "hardening", permissions.each_job_may_do_what_it_needs),
    Rule("too-many-rights", "hardening", permissions.no_job_may_do_more),
    Rule("code-beside-rights", "hardening", permissions.no_code_of_ours_beside_rights),
    Rule("caches", "hardening", hardening.nothing_is_cached),
    Rule("expressions", "hardening", hardening.no_expression_in_a_command),
    Rule("credentials", "hardening", hardening.checkouts_keep_no_credentials),
    Rule("history", "hardening", hardening.history_is_there),
    Rule("secrets", "hardening", hardening.no_secrets),
    Rule("concurrency", "hardening", hardening.one_run_at_a_time),
    Rule("publish-steps", "publishing", permissions.publishing_is_two_steps),
    Rule("environment", "publishing", permissions.the_environment_is_the_publishers),
    Rule("trusted-publishing", "publishing", publishing.publishing_is_trusted),
    Rule("skip-existing", "publishing", publishing.nothing_is_skipped),
    Rule("verified", "publishing", publishing.what_is_signed_is_verified),
    Rule("bundles", "publishing", publishing.bundles_wait_for_the_draft),
    Rule("draft-first", "publishing", publishing.a_draft_comes_first),
    Rule("every-file", "publishing", publishing.the_release_has_every_file),
    Rule("never-replaced", "publishing", publishing.assets_are_never_replaced),
)
"""In the order in which they are told in the docs."""


_OF_ANY_JOB = frozenset({"needs", "rights", "environment"})
"""What is demanded of a job that is a reusable workflow as well; its steps stand elsewhere."""


def look(subject: Subject) -> list[Finding]:
    """Return what all rules find, each finding with the name of its rule."""
    found = [replace(finding, rule=rule.name) for rule in RULES for finding in rule.look(subject)]
    elsewhere = {job.where for _, job in subject.stages if job.uses}
    found = [one for one in found if one.where not in elsewhere or one.rule in _OF_ANY_JOB]
    meant = {missing for one in found if one.rule == "inputs" for missing in _meant(subject, one)}
    return [one for one in found if one.rule == "inputs" or not (one.instead and _told(one) in meant)]


def _meant(subject: Subject, finding: Finding) -> Iterator[tuple[int | None, str]]:
    """Yield the input that was meant, at the line of its step's action: that it is missing is no finding more."""
    for _, step in subject.steps:
        if step.uses and finding.where in step.input_places.values() and finding.instead:
            yield step.uses.where.line, _told(finding)[1]


def _told(finding: Finding) -> tuple[int | None, str]:
    """Return the line of a finding, and the key that it tells to write."""
    return finding.where and finding.where.line, finding.instead[0].partition(":")[0]
