"""The actions that castoff's workflows use, by the full SHA of each and the version that it was when it was looked up.

A pin that is not in here is no mistake: whoever renews pins is ahead of this list. It cannot be known then, without
the network, whether the version behind it is the true one.
"""

from __future__ import annotations

from collections.abc import Mapping

PINS: Mapping[str, Mapping[str, str]] = {
    "actions/checkout": {"3d3c42e5aac5ba805825da76410c181273ba90b1": "v7.0.1"},
    "actions/setup-python": {"5fda3b95a4ea91299a34e894583c3862153e4b97": "v7.0.0"},
    "actions/upload-artifact": {"043fb46d1a93c77aae656e7c1c64a875d1fc6a0a": "v7.0.1"},
    "actions/download-artifact": {"3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c": "v8.0.1"},
    "sigstore/gh-action-sigstore-python": {"790bc6befb9d733738f18d8f895854b453640ec9": "v3.5.0"},
    "pypa/cibuildwheel": {"1828c10ab37f080699c7b81cea34097c684a7074": "v4.2.0"},
    "pypa/gh-action-pypi-publish": {"dc37677b2e1c63e2034f94d8a5b11f265b73ba33": "v1.14.2"},
    "softprops/action-gh-release": {"3d0d9888cb7fd7b750713d6e236d1fcb99157228": "v3.0.2"},
}
"""`OWNER/NAME` -> full SHA -> version, the newest last."""


def pinned(action: str) -> str:
    """Return how the action is written in a workflow: `OWNER/NAME@SHA # vX`; a SHA that is to be looked up by name."""
    known = PINS.get(action)
    sha, version = list(known.items())[-1] if known else ("FULL-SHA", "vX.Y.Z")
    return f"{action}@{sha} # {version}"
