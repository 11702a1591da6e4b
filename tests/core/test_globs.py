"""Patterns of file names, as the actions that take them read them."""

from __future__ import annotations

import pytest

from castoff.core.globs import expand_braces, name_matches, path_matches, split_patterns


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("dist/*", "dist/a.whl", True),
        ("dist/*", "dist/sub/a.whl", False),
        ("dist/?.whl", "dist/a.whl", True),
        ("dist/?.whl", "dist/ab.whl", False),
        ("./dist//*", "dist/a.whl", True),
        ("/dist/*", "dist/a.whl", False),  # the root of the file system is another folder
        ("**", "a.whl", True),
        ("**/*", "dist/sub/a.whl", True),
        ("**/**/a.whl", "dist/sub/a.whl", True),
        ("dist/**/a.whl", "dist/a.whl", True),
        ("dist/**", "other/a.whl", False),
        ("*a*b", "xaxb", True),
        ("*a*b", "xbxa", False),
        ("*ab*b", "abb", True),
        ("a*", "A1", False),
        ("[ab].whl", "b.whl", True),
        ("[!ab].whl", "b.whl", False),
        ("[^ab].whl", "c.whl", True),
        ("[[&]x", "&x", True),
        ("[&~|]x", "|x", True),
        ("[&~]x", "\\x", False),
        ("[&]x", "Xx", False),
        ("[a]x", "X", False),
        ("[z-a]", "b", False),  # no range
        (r"\*.whl", "*.whl", True),
        (r"\*.whl", "a.whl", False),
        ("a.whl", "a-whl", False),
        ("{a,b}", "a", False),  # without braces, they are text
    ],
)
def test_a_path_matches_as_the_actions_have_it(pattern: str, path: str, *, matches: bool) -> None:
    assert path_matches(pattern, path) is matches


@pytest.mark.parametrize(
    ("pattern", "options"),
    [
        ("a", ["a"]),
        ("a{b,c}d", ["abd", "acd"]),
        ("{a,b}{c,d}", ["ac", "ad", "bc", "bd"]),
        ("{a,b}-{c}", ["a-{c}", "b-{c}"]),
        ("x{a,{b,c},d}", ["xa", "xb", "xc", "xd"]),
        ("x{a{b,c}d,e}", ["xabd", "xacd", "xe"]),
        ("{a}", ["{a}"]),
        ("{a},{b,c}", ["{a},b", "{a},c"]),
        ("a}b,c", ["a}b,c"]),
        ("{a,b", ["{a,b"]),
    ],
)
def test_braces_stand_for_each_of_their_options(pattern: str, options: list[str]) -> None:
    assert expand_braces(pattern) == options


@pytest.mark.parametrize("hostile", ["*a" * 40 + "b", "**/" * 3000 + "b", "{a,{" * 3000, "[[[-]*"])
def test_a_pattern_that_somebody_made_to_take_for_ever_is_judged_at_once(hostile: str) -> None:
    assert not any(path_matches(option, "dist/" + "a" * 60) for option in expand_braces(hostile))


def test_braces_beyond_what_somebody_writes_by_hand_are_looked_at_in_part() -> None:
    assert expand_braces("{a,b}" * 50)[:2] == ["a" * 50, "a" * 49 + "b"]
    assert len(expand_braces("{a,b}" * 50)) == 200
    assert expand_braces("{a,b}" * 51) == ["{a,b}" * 51]


@pytest.mark.parametrize(
    ("files", "patterns"),
    [
        ("a\nb\r\n\n c ", ["a", "b", "c"]),
        ("a, b,,c", ["a", "b", "c"]),
        ("x.{a,b},y", ["x.{a,b}", "y"]),
        ("x.{a,{b,c}},y", ["x.{a,{b,c}}", "y"]),
        ("a b", ["a b"]),
        ("", []),
    ],
)
def test_a_pattern_ends_with_its_line_or_at_a_comma_outside_of_braces(files: str, patterns: list[str]) -> None:
    assert split_patterns(files) == patterns


def test_a_name_matches_with_any_option_of_the_braces() -> None:
    assert name_matches("dist-{linux,mac*}", "dist-macos")
    assert not name_matches("dist-{linux,mac*}", "dist-windows")
