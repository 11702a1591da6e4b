"""What hypothesis makes up for the tests: versions, and files of projects with the places of the version marked."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from packaging.version import Version

bounded = settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
"""How long a property is tried: the whole suite has to stay quick."""

_NUMBERS = st.integers(min_value=0, max_value=3000)
_LINE_ENDS = st.sampled_from(["\n", "\r\n"])
_SPACES = st.sampled_from(["", " ", "  ", "\t"])


@st.composite
def releasable_versions(draw: st.DrawFn, longest: int = 4) -> Version:
    """Make a final version or a release candidate, of three numbers or (up to `longest`) more."""
    numbers = draw(st.lists(_NUMBERS, min_size=3, max_size=longest))
    candidate = draw(st.sampled_from(["", *(f"rc{number}" for number in range(4))]))
    return Version(".".join(map(str, numbers)) + candidate)


@st.composite
def version_texts(draw: st.DrawFn) -> str:
    """Make a text that is nearly, or quite, a version in one of the spellings of PEP 440."""
    numbers = ".".join(map(str, draw(st.lists(_NUMBERS, min_size=1, max_size=5))))
    around = st.sampled_from(["", " ", "\n", "v", "V", "-", "1!", "=="])
    suffixes = st.sampled_from(["", "rc1", "-rc1", ".RC.2", "a1", "-beta.3", ".post4", "-5", ".dev6", "+local.7", "c"])
    return draw(around) + numbers + draw(suffixes) + draw(suffixes) + draw(st.sampled_from(["", " ", "\n", "x", "\0"]))


def _decoys(version: str) -> list[str]:
    """Return lines of TOML tables that hold the same number and are no places."""
    return [
        f'# version = "{version}"',
        f'[tool.other]\nversion = "{version}"',
        f'[tool.more.project]\nversion = "{version}"',
        f"[tool.tox]\nlegacy_tox_ini = '''\n[project]\nversion = \"{version}\"\n'''",
        f'[dependency-groups]\ndev = ["other=={version}"]',
        f'[[tool.list]]\nname = "demo"\nversion = "{version}"',
        f'[project.urls]\nHome = "http://localhost/{version}"',
        f'[tool.strange."a.b"]\n"min version" = "{version}"',
        "",
    ]


@st.composite
def pyprojects(draw: st.DrawFn, version: str) -> str:
    """Make a pyproject.toml with a marked `[project].version`, among things that look like it."""
    quote = draw(st.sampled_from(["'", '"', '"""', "'''"]))
    equals = f"{draw(_SPACES)}={draw(_SPACES)}"
    key = draw(st.sampled_from(["version", '"version"', "'version'"]))
    comment = draw(st.sampled_from(["", "  # the version", f"# {version}", "\t"]))
    keys = [
        'name = "demo"',
        f"{key}{equals}{quote}«{version}»{quote}{comment}",
        f'dependencies = [\n  "other=={version}",  # {version}\n]',
        f'description = """\nversion = "{version}" \u2028 ☃"""',
        f"keywords = ['{version}', '''{version}''']",
    ]
    head = draw(st.sampled_from(["[project]", "[ project ]", '["project"]', "[project]  # ours"]))
    tables = ["\n".join([head, *draw(st.permutations(keys))])]
    tables += ['[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"']
    tables += draw(st.lists(st.sampled_from(_decoys(version)), unique=True, max_size=4))
    text = draw(st.sampled_from(["\n", "\n\n", "\n# --\n"])).join(draw(st.permutations(tables)))
    text += draw(st.sampled_from(["", "\n", "\n\n"]))
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return mark + text.replace("\n", draw(_LINE_ENDS))


@st.composite
def init_modules(draw: st.DrawFn, version: str) -> str:
    """Make an `__init__.py` with a marked `__version__`, among things that look like it."""
    quote = draw(st.sampled_from(["'", '"', '"""', "'''"]))
    value = f"{quote}«{version}»{quote}"
    assignment = draw(
        st.sampled_from(
            [
                f"__version__ = {value}",
                f"__version__={value}",
                f"__version__\t=  {value}  # {version}",
                f"__version__: str = {value}",
                f"__version__: Final = {value}",
                f'__version__: "Final[str]" = {value}',
                f"__version__ = ({value})",
                f"__version__ = (\n    {value}  # {version}\n)",
                f"__version__ = \\\n    {value}",
                f"__version__ = other = {value}",
                f"other = __version__ = {value}",
                f'__author__, __version__ = "é", {value}',
                f'x = "é"; __version__ = {value}; y = 1',
                f"if True:\n\t__version__ = {value}",
                f"\x0c__version__ = {value}",
                f"try:\n    __version__ = {value}\nfinally:\n    pass",
            ]
        )
    )
    decoys = [
        f'MIN_VERSION = "{version}"',
        f'min__version__ = "{version}"',
        f'# __version__ = "{version}"',
        f'"""\n__version__ = "{version}"\n"""',
        f'def f() -> str:\n    __version__ = "{version}"\n    return __version__',
        f'class A:\n    __version__ = "{version}"',
        f'assert "☃ \u2028 {version}"',
        f'd = {{"__version__": "{version}"}}',
        f'd["__version__"] = "{version}"',
        f'o.__version__ = "{version}"',
        "from typing import Final",
        "",
    ]
    before = draw(st.lists(st.sampled_from(decoys), max_size=4))
    after = draw(st.lists(st.sampled_from(decoys), max_size=4))
    text = "\n".join([*before, assignment, *after]) + draw(st.sampled_from(["", "\n", "\n\n"]))
    return draw(st.sampled_from(["", "\ufeff"])) + text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))


def mutated(text: str) -> st.SearchStrategy[bytes]:
    """Make bytes that are `text` with a piece taken out and another put in: nearly right files find more than noise."""

    def put(cut: tuple[int, int, bytes]) -> bytes:
        start, length, piece = cut
        data = text.encode()
        return data[:start] + piece + data[start + length :]

    pieces = st.one_of(
        st.binary(max_size=6),
        st.text(alphabet="\"'[]{}=.,:#\\\r\n\t &*!-|>\0é\ud7ff1v", max_size=6).map(str.encode),
    )
    return st.tuples(st.integers(0, len(text.encode())), st.integers(0, 12), pieces).map(put)
