"""Python source: what a name is bound to, and at which characters a literal stands."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given

from castoff.core import python_text
from castoff.core.errors import CastoffError
from castoff.core.python_text import Binding, Computed, Installed, Literal, Module, Reference
from castoff.core.texts import decode
from tests.memory import MARKED, plain
from tests.strategies import bounded, init_modules, mutated


def module(source: str) -> Module:
    """Return the parsed source, marks taken out."""
    return Module(decode("m.py", plain(source).encode()))


def bindings(source: str, name: str = "v") -> list[Binding]:
    """Return what binds a name in the source."""
    return module(source).bindings(name)


@pytest.mark.parametrize(
    "source",
    [
        "v = '«1»'",
        'v = "«1»"',
        'v = """«1»"""',
        "v = '''«1»'''",
        "v='«»'",
        "v: str = '«1»'",
        "a = v = b = '«1»'",
        "v = (('«1»'))",
        "v = (  # '1'\n  '«1»'\n)",
        "a, v = '1', '«1»'",
        "[v, a] = ['«1»', '1']",
        "(a, v) = (1, '«1»')",
        "é = '☃'; v = '«1»'",
        "\x0cv = '«1»'",
        "x = '\u2028\u2029\x0b\x0c\x1c'; v = '«1»'",
        "x = 1\r\rv = '«1»'\r",
        "x = 1\r\nv = '«1»'\r\n",
        "'''\nv = '2'\n'''\nv = '«1»'",
        "if a:\n\tv = '«1»'",
        "if a: pass\nelif b: v = '«1»'",
        "with a: v = '«1»'",
        "for a in b: pass\nelse: v = '«1»'",
        "while a: v = '«1»'",
        "try: v = '«1»'\nfinally: pass",
        "try: pass\nexcept E: pass\nelse: v = '«1»'",
        "v = '«it says \"1\"»'",
        'v = """«1\n2»"""',
    ],
)
def test_a_plain_string_is_found_between_its_quotes(source: str) -> None:
    (literal,) = bindings(source)
    match = MARKED.search(source)
    assert isinstance(literal, Literal)
    assert match is not None
    assert (literal.value, literal.fallback) == (match["version"], False)
    assert (literal.span.start, literal.span.end) == (match.start(), match.end() - 2)


@pytest.mark.parametrize(
    "source",
    [
        "try: v = a\nexcept E: v = '1'",
        "try: pass\nexcept: v: str = '1'",
        "try: pass\nexcept E:\n if a: v = '1'",
        "try: pass\nexcept E:\n if a: pass\n else: v = '1'",
        "try: pass\nexcept E:\n match a:\n  case 1: v = '1'",
        "try: pass\nexcept E:\n try: pass\n finally: v = '1'",
    ],
)
def test_a_string_in_an_except_clause_is_a_fallback(source: str) -> None:
    literal = bindings(source)[-1]
    assert isinstance(literal, Literal)
    assert literal.fallback


@pytest.mark.parametrize(
    ("source", "reference"),
    [
        ("from a import v", Reference("a", "v")),
        ("from .a.b import w as v", Reference(".a.b", "w")),
        ("from .. import v", Reference("..", "v")),
        ("from a import (\n  x,\n  v,\n)", Reference("a", "v")),
        ("v = w", Reference("", "w")),
        ("from a import b\nv = b.w", Reference("a.b", "w")),
        ("from . import b\nv = b.w", Reference(".b", "w")),
        ("from .a import b as c\nv = c.w", Reference(".a.b", "w")),
        ("import b\nv = b.w", Reference("b", "w")),
        ("import a.b as c\nv = c.w", Reference("a.b", "w")),
        ("from X import b\nv = b.w", Reference("X.b", "w")),
    ],
)
def test_a_name_from_elsewhere_says_where_it_is_from(source: str, reference: Reference) -> None:
    assert bindings(source) == [reference]


@pytest.mark.parametrize(
    "source",
    [
        "from importlib.metadata import version\nv = version('x')",
        "from importlib.metadata import version as w\nv: str = w(__name__)",
        "import importlib.metadata\nv = importlib.metadata.version('x')",
        "import importlib.metadata as m\nv = m.metadata('x')['version']",
        "from importlib import metadata\nv = metadata.version('x') or '1'",
        "import importlib_metadata\nv = importlib_metadata.version('x')",
        "import pkg_resources as p\nv = p.get_distribution('x').version",
        "def f():\n    import importlib.metadata as m\n    return m.version('x')\nv = f()",
        "from importlib.metadata import x as v",
        "import importlib.metadata as m\nimport os\nv = m.version('x')",
        "from importlib.metadata import version\nfrom os import path\nv = version('x')",
    ],
)
def test_a_name_asked_from_the_installed_metadata_is_no_copy(source: str) -> None:
    assert [type(binding) for binding in bindings(source)] == [Installed]


@pytest.mark.parametrize(
    "source",
    [
        "from .importlib.metadata import version\nv = version('x')",
        "from .importlib import metadata\nv = metadata.version('x')",
        "from . import importlib_metadata\nv = importlib_metadata.version('x')",
    ],
)
def test_a_module_of_the_project_that_is_called_like_the_metadata_s_is_another(source: str) -> None:
    assert [type(binding) for binding in bindings(source)] == [Computed]


@pytest.mark.parametrize(
    ("expression", "constants"),
    [
        ("'1' '2'", ("12",)),
        ("'1' + '2'", ("1", "2")),
        ("f'1'", ("1",)),
        ("'\\x31'", ("1",)),
        ("'1\\\n2'", ("12",)),
        ("b'1'", (b"1",)),
        ("(1, 2, 'x')", (1, 2, "x")),
        ("f(1, b=2)", (1, 2)),
        ("open('VERSION').read()", ("VERSION",)),
        ("1.2", (1.2,)),
        ("None", (None,)),
        ("'1'.strip()", ("1",)),
        ("a['v']", ("v",)),
        ("a.b", ()),
    ],
)
def test_anything_else_is_computed_and_keeps_its_constants(expression: str, constants: tuple[object, ...]) -> None:
    (computed,) = bindings(f"\nv = {expression}\n")
    assert isinstance(computed, Computed)
    assert computed.constants == constants
    assert computed.start == len("\nv = ")


@pytest.mark.parametrize(
    "source",
    [
        "v += '1'",
        "v = '1'\nv += '2'",
        "v, w = f()",
        "v, w = '1', '2', '3'",
        "v, *w = '1', '2', '3'",
    ],
)
def test_a_value_in_parts_is_computed(source: str) -> None:
    assert isinstance(bindings(source)[-1], Computed)


@pytest.mark.parametrize(
    "source",
    [
        "'''\nv = '1'\n'''",
        "# v = '1'",
        "def f():\n    v = '1'",
        "class A:\n    v = '1'",
        "async def f():\n    v = '1'",
        "a.v = '1'",
        "a['v'] = '1'",
        "a = [v for v in b]",
        "v2 = _v = V = '1'",
        "f(v='1')",
        "v: str",
        "lambda: (v := '1')",
        "from a import b as w",
        "from v import b",
        "import a",
        "print('v = 1')",
        "",
    ],
)
def test_functions_classes_strings_and_comments_bind_nothing(source: str) -> None:
    assert bindings(source) == []


@pytest.mark.parametrize(
    ("source", "of", "start"),
    [
        ("for v in a: pass", "v", 4),
        ("with a as v: pass", "v", 10),
        ("f(v := '1')", "v", 2),
        ("[b for b in a if (v := b)]", "v", 18),
        ("def f():\n    global v\n    v = '1'", "global v", 13),
    ],
)
def test_a_name_that_is_bound_by_the_way_is_computed_and_where_it_is_bound_is_told(
    source: str, of: str, start: int
) -> None:
    assert bindings(source) == [Computed(of, start, ())]


def test_several_bindings_come_in_the_order_of_the_source() -> None:
    found = bindings("if a:\n    v = '1'\nelse:\n    from b import v\ntry:\n    v = f()\nexcept E:\n    v = '2'\n")
    assert [type(binding) for binding in found] == [Literal, Reference, Computed, Literal]


def test_star_imports_are_listed() -> None:
    assert module("from .a import *\nif x:\n    from b.c import *\nfrom d import e\n").stars() == [".a", "b.c"]


def test_the_plain_strings_of_all_names_are_listed() -> None:
    found = module("a = '1'\nb: str = '2'\nc = d()\ng = 4\ndef f():\n    e = '3'\n").literals()
    assert [(literal.value, literal.fallback) for literal in found] == [("1", False), ("2", False)]


def test_a_listed_string_of_an_except_clause_is_told_to_be_a_fallback() -> None:
    found = module("try:\n    a = '1'\nexcept E:\n    a = '2'\n").literals()
    assert [(literal.value, literal.fallback) for literal in found] == [("1", False), ("2", True)]


@pytest.mark.parametrize(
    ("source", "name", "brought"),
    [
        ("", "v", True),
        ("", "_v", False),
        ("__all__ = ['v', '_w']", "v", True),
        ("__all__ = ['v', '_w']", "_w", True),
        ("__all__ = ['v', '_w']", "x", False),
        ("__all__ = []", "v", False),
        ("__all__ = ['v']\n__all__ += ['x']", "x", True),
    ],
)
def test_a_star_import_brings_what_all_lists_or_what_has_no_underscore(source: str, name: str, brought: bool) -> None:
    assert module(source).exports(name) is brought


def test_keywords_are_found_in_calls_of_the_function_whatever_else_is_called() -> None:
    found = module("f(v='1')\na.f(v='2')\nf(w='3')\ng(v='4')\nf()(v='5')\nh[0](v='6')\n").keywords_of_calls("f", "v")
    assert sorted(ast.literal_eval(value) for value in found) == ["1", "2"]


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("x = 1\ndef f(:\n", "m.py:2"),
        ("x = 1\r\r(\r", "m.py:3"),
        ("v = '1", "m.py:1"),
        ("\n\0", "m.py:1"),
        ("if x:\npass\n", "m.py:2"),
    ],
)
def test_text_that_is_no_python_is_refused_with_its_line(source: str, where: str) -> None:
    with pytest.raises(CastoffError, match="is not Python") as caught:
        module(source)
    assert str(caught.value.problems[0].where) == where


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("v = '1'", "v = '2'"),
        ("v = '1'", "w = '1'"),
        ("v = 1", "v = '1'"),
        ("v = '1'", "v = '1'\nw = '1'"),
        ("v = '1'", "v = ['1']"),
        ("from a import b", "from a import c"),
        ("def f(): global a", "def f(): global b"),
        ("v = a + b", "v = a - b"),
    ],
)
def test_sources_that_say_different_things_have_different_leaves(one: str, other: str) -> None:
    first, second = (python_text.leaves(decode("m.py", source.encode())) for source in (one, other))
    assert first != second


def test_comments_and_spacing_say_nothing() -> None:
    first, second = (decode("m.py", source) for source in (b"v = '1'", b"v   =  ( '1' )  # x\r\n"))
    assert python_text.leaves(first) == python_text.leaves(second)


@bounded
@given(init_modules("1.2.3"))
def test_the_version_of_any_module_is_found_where_it_is_marked(marked: str) -> None:
    match = MARKED.search(marked.removeprefix("\ufeff"))
    found = [binding for binding in bindings(marked, "__version__") if isinstance(binding, Literal)]
    assert match is not None
    assert [(binding.span.start, binding.span.end) for binding in found] == [(match.start(), match.end() - 2)]


@bounded
@given(mutated("# é\r\nfrom a import b\nv = '1.2.3'  # x\nw = (v, \"2\")\nif v:\n    v = b.c\n"))
def test_nearly_python_is_read_or_refused_and_a_literal_is_what_python_says(data: bytes) -> None:
    try:
        text = decode("m.py", data)
        found = [binding for binding in Module(text).bindings("v") if isinstance(binding, Literal)]
    except CastoffError:
        return
    for literal in found:
        assert text.text[literal.span.start : literal.span.end] == literal.value
