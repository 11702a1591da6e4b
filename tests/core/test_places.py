"""Where the version of a project stands: every form of it, and everything that only looks like it.

Each project is written with its places between guillemets (see `tests.memory`): castoff must find exactly these,
bump exactly these, and get the first bytes back when it is bumped back.
"""

from __future__ import annotations

import pytest

from castoff.core.errors import CastoffError, Location, Problem, UsageError
from tests.memory import Files, Memory, bumped, changes, expected, find, found_places, marked_places, tree

HATCH = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
SETUPTOOLS = '[build-system]\nrequires = ["setuptools>=61"]\nbuild-backend = "setuptools.build_meta"\n'
FLIT = '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n'
PDM = '[build-system]\nrequires = ["pdm-backend"]\nbuild-backend = "pdm.backend"\n'
POETRY = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'
UV = '[build-system]\nrequires = ["uv_build"]\nbuild-backend = "uv_build"\n'
STATIC = '[project]\nname = "demo"\nversion = "«1.2.3»"\n'
DYNAMIC = '[project]\nname = "demo"\ndynamic = ["version"]\n'
HERE = '__version__ = "«1.2.3»"\n'
INIT = "src/demo/__init__.py"


def chain(first: str, length: int, what: str = "v") -> Files:
    """Return that many modules, each of which gets `what` from the next, and the last of which has `v`."""
    names = [f"{first}{number}.py" for number in range(length)]
    imports = [f"from {name.rpartition('/')[2].removesuffix('.py')} import {what}\n" for name in names[1:]]
    return dict(zip(names, [*imports, "v = '«1.2.3»'\n"], strict=True))


BACKENDS: dict[str, Files] = {
    "project-version": {"pyproject.toml": HATCH + STATIC},
    "project-version-without-a-build-system": {"pyproject.toml": STATIC},
    "project-version-as-a-dotted-key": {"pyproject.toml": 'project.name = "demo"\nproject.version = "«1.2.3»"\n'},
    "project-version-in-an-inline-table": {"pyproject.toml": 'project = {name="demo", version = "«1.2.3»", x=1}\n'},
    "project-version-with-quoted-keys": {"pyproject.toml": "[\"project\"]\n'name'='demo'\n\"version\"='«1.2.3»'"},
    "project-in-two-halves": {
        "pyproject.toml": '[project.urls]\nx = "1.2.3"\n[tool.x]\n[project]\nname="demo"\nversion="«1.2.3»"\n'
    },
    "project-with-sub-tables-elsewhere": {
        "pyproject.toml": STATIC + '[tool.x]\nversion = "1.2.3"\n[project.scripts]\nversion = "1.2.3"\n'
    },
    "uv-build": {"pyproject.toml": UV + STATIC, INIT: ""},
    "a-backend-that-is-not-known": {"pyproject.toml": '[build-system]\nbuild-backend = "other"\n' + STATIC},
    "hatch-path": {"pyproject.toml": HATCH + DYNAMIC + f'[tool.hatch.version]\npath = "{INIT}"\n', INIT: HERE},
    "hatch-path-with-a-dot": {
        "pyproject.toml": HATCH + DYNAMIC + f'[tool.hatch.version]\npath = "./{INIT}"\n',
        INIT: HERE,
    },
    "hatch-path-about": {
        "pyproject.toml": HATCH + DYNAMIC + '[tool.hatch.version]\npath = "src/demo/__about__.py"\n',
        INIT: "",
        "src/demo/__about__.py": '# the version\n__version__: str = "«1.2.3»"\n',
    },
    "hatch-path-upper-case": {
        "pyproject.toml": HATCH + DYNAMIC + f'[tool.hatch.version]\npath = "{INIT}"\n',
        INIT: "VERSION = '«1.2.3»'\n__version__ = VERSION\n",
    },
    "hatch-dotted": {"pyproject.toml": f'tool.hatch.version.path = "{INIT}"\n' + HATCH + DYNAMIC, INIT: HERE},
    "hatch-own-pattern": {
        "pyproject.toml": HATCH
        + DYNAMIC
        + "[tool.hatch.version]\npath = 'src/demo/release.py'\npattern = '^RELEASE = \"(?P<version>[^\"]+)\"'\n",
        INIT: "",
        "src/demo/release.py": 'OTHER = "1.2.3"\nRELEASE = "«1.2.3»"\n',
    },
    "hatch-own-pattern-in-a-text": {
        "pyproject.toml": HATCH
        + DYNAMIC
        + "[tool.hatch.version]\npath = 'VERSION.md'\npattern = 'now (?P<version>\\S+),'\n",
        "VERSION.md": "was 1.2.3\nnow «1.2.3», not 1.2.3\n",
    },
    "hatch-own-pattern-for-a-part-of-the-text": {
        "pyproject.toml": HATCH
        + DYNAMIC
        + "[tool.hatch.version]\npath = 'src/demo/release.py'\npattern = '^TAG = \"release-(?P<version>[^\"]+)\"'\n",
        INIT: "",
        "src/demo/release.py": 'OTHER = "1"\nTAG = "release-«1.2.3»"\n',
    },
    "hatch-pattern-that-is-the-usual-one": {
        "pyproject.toml": HATCH + DYNAMIC + f'[tool.hatch.version]\npath = "{INIT}"\npattern = true\n',
        INIT: HERE,
    },
    "hatch-code": {
        "pyproject.toml": HATCH + DYNAMIC + f'[tool.hatch.version]\nsource = "code"\npath = "{INIT}"\n',
        INIT: HERE,
    },
    "hatch-code-with-an-expression": {
        "pyproject.toml": HATCH
        + DYNAMIC
        + '[tool.hatch.version]\nsource = "code"\npath = "src/demo/v.py"\nexpression = "RELEASE"\n',
        INIT: "from .v import RELEASE as __version__\n",
        "src/demo/v.py": 'RELEASE = "«1.2.3»"\n',
    },
    "hatch-toml": {"pyproject.toml": HATCH + DYNAMIC, "hatch.toml": f'[version]\npath = "{INIT}"\n', INIT: HERE},
    "setuptools-attr-src": {
        "pyproject.toml": SETUPTOOLS + DYNAMIC + '[tool.setuptools.dynamic]\nversion = {attr = "demo.__version__"}\n',
        INIT: HERE,
    },
    "setuptools-attr-flat": {
        "pyproject.toml": SETUPTOOLS + DYNAMIC + '[tool.setuptools.dynamic]\nversion = {attr = "demo.__version__"}\n',
        "demo/__init__.py": HERE,
    },
    "setuptools-attr-of-a-module": {
        "pyproject.toml": SETUPTOOLS + DYNAMIC + '[tool.setuptools.dynamic]\nversion.attr = "demo.release.NUMBER"\n',
        INIT: "",
        "src/demo/release.py": 'NUMBER = "«1.2.3»"\n',
    },
    "setuptools-attr-as-a-table": {
        "pyproject.toml": SETUPTOOLS + DYNAMIC + '[tool.setuptools.dynamic.version]\nattr = "demo.__version__"\n',
        INIT: HERE,
    },
    "setuptools-attr-of-a-single-module": {
        "pyproject.toml": SETUPTOOLS
        + DYNAMIC
        + '[tool.setuptools]\npy-modules = ["demo"]\n[tool.setuptools.dynamic]\nversion = {attr = "demo.__version__"}',
        "demo.py": HERE,
    },
    "setuptools-attr-in-another-folder": {
        "pyproject.toml": SETUPTOOLS
        + DYNAMIC
        + '[tool.setuptools]\npackage-dir = {"" = "python"}\n'
        + '[tool.setuptools.dynamic]\nversion = {attr = "demo.__version__"}\n',
        "python/demo/__init__.py": HERE,
    },
    "setuptools-attr-of-a-package-in-a-folder-of-its-own": {
        "pyproject.toml": SETUPTOOLS
        + DYNAMIC
        + '[tool.castoff]\npackage = "code/python/demo"\n'
        + '[tool.setuptools.dynamic]\nversion = {attr = "demo.v.NUMBER"}\n',
        "code/python/demo/__init__.py": "",
        "code/python/demo/v.py": 'NUMBER = "«1.2.3»"\n',
    },
    "setuptools-attr-without-a-build-system": {
        "pyproject.toml": DYNAMIC + '[tool.setuptools.dynamic]\nversion = {attr = "demo.__version__"}\n',
        INIT: HERE,
    },
    "setuptools-file": {
        "pyproject.toml": SETUPTOOLS + DYNAMIC + '[tool.setuptools.dynamic]\nversion = {file = "VERSION"}\n',
        "VERSION": "«1.2.3»\n",
    },
    "setuptools-file-in-a-list": {
        "pyproject.toml": SETUPTOOLS + DYNAMIC + '[tool.setuptools.dynamic]\nversion = {file = ["src/demo/v.txt"]}\n',
        INIT: "",
        "src/demo/v.txt": "\r\n  «1.2.3»",
    },
    "setup-cfg-literal": {"setup.cfg": "[metadata]\nname = demo\nversion = «1.2.3»\n", "setup.py": "setup()\n"},
    "setup-cfg-literal-tight": {"setup.cfg": "[options]\nx=1\n\n[metadata]\nname=demo\nversion:«1.2.3»"},
    "setup-cfg-literal-below-an-indented-header": {"setup.cfg": " [metadata]\nversion = «1.2.3»\n"},
    "setup-cfg-literal-among-others": {
        "setup.cfg": "[bumpversion]\ncurrent_version = 1.2.3\n"
        "[other]\nversion = 1.2.3\n"
        "[metadata]\n# version = 1.2.3\nname = demo\nversion = «1.2.3»\ndescription =\n    version = 1.2.3\n"
        "[more]\nversion = 1.2.3\n",
    },
    "setup-cfg-attr": {"setup.cfg": "[metadata]\nname = demo\nversion = attr: demo.__version__\n", INIT: HERE},
    "setup-cfg-attr-and-package-dir": {
        "setup.cfg": "[metadata]\nname = demo\nversion = attr: demo.v.V\n[options]\npackage_dir =\n    = python\n",
        "python/demo/__init__.py": "",
        "python/demo/v.py": "V = '«1.2.3»'\n",
    },
    "setup-cfg-file": {
        "setup.cfg": "[metadata]\nname = demo\nversion = file: VERSION.txt\n",
        "VERSION.txt": "«1.2.3»\n",
    },
    "setup-py-literal": {"setup.py": 'from setuptools import setup\nsetup(name="demo", version="«1.2.3»")\n'},
    "setup-py-literal-of-the-module": {"setup.py": "import setuptools\nsetuptools.setup(version='«1.2.3»')\n"},
    "setup-py-variable": {"setup.py": 'V = "«1.2.3»"\nif True:\n    setup(name="demo", version=V)\n'},
    "setup-py-literal-and-the-package": {
        "setup.py": 'setup(name="demo", version="«1.2.3»", packages=["demo"])\n',
        "demo/__init__.py": HERE,
    },
    "setup-py-imports-the-package": {
        "setup.cfg": "[metadata]\nname = demo\n",
        "setup.py": "import demo\nsetup(version=demo.__version__)\n",
        "demo/__init__.py": HERE,
    },
    "setup-py-imports-the-package-in-src": {"setup.py": "import demo\nsetup(version=demo.__version__)\n", INIT: HERE},
    "setup-py-imports-the-name": {
        "setup.cfg": "[metadata]\nname = demo\n",
        "setup.py": "from demo.v import __version__ as v\nsetup(version=v)\n",
        "demo/__init__.py": "",
        "demo/v.py": HERE,
    },
    "setup-py-imports-it-through-many-modules": {"setup.py": "from m0 import v\nsetup(version=v)\n", **chain("m", 7)},
    "setup-py-imports-whatever-there-is": {
        "setup.py": "from demo.numbers import *\nsetup(version=version)\n",
        "demo/__init__.py": "",
        "demo/numbers.py": 'version = "«1.2.3»"\n',
    },
    "setup-py-reads-a-file-by-a-pattern": {
        "setup.cfg": "[metadata]\nname = demo\n",
        "setup.py": "import re\nv = re.search(r'= .(.*).', open('src/demo/__init__.py').read())[1]\n"
        "setup(version=v, long_description=open('README.md').read())\n",
        "README.md": "# It's demo 1.2.3\n",
        INIT: HERE,
    },
    "setup-py-runs-a-file": {
        "setup.cfg": "[metadata]\nname = demo\n",
        "setup.py": "about = {}\nexec(open(join('demo', '__about__.py')).read(), about)\n"
        "setup(version=about['__version__'])\n",
        "demo/__init__.py": "from .__about__ import __version__\n",
        "demo/__about__.py": HERE,
    },
    "setup-py-runs-a-file-in-a-namespace": {
        "setup.cfg": "[metadata]\nname = big-demo\n",
        "setup.py": "version = {}\nwith open(join(root, 'big/demo/version.py')) as fp:\n    exec(fp.read(), version)\n"
        "version = version['__version__']\nsetup(version=version)\n",
        "big/demo/version.py": HERE,
        "big/demo/x/__init__.py": "",
    },
    "backend-in-the-tree": {
        "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "ours"\nbackend-path = ["x"]\n'
        + DYNAMIC
        + '[tool.setuptools.dynamic]\nversion = {attr = "demo.__version__"}\n',
        INIT: HERE,
        "x/ours.py": "from setuptools.build_meta import *\n",
    },
    "flit": {"pyproject.toml": FLIT + DYNAMIC, "demo/__init__.py": f'"""Demo."""\n{HERE}'},
    "flit-src": {"pyproject.toml": FLIT + DYNAMIC, INIT: f'"""Demo."""\n{HERE}'},
    "flit-module-name": {
        "pyproject.toml": FLIT + DYNAMIC + '[tool.flit.module]\nname = "other"\n',
        "other.py": f'"""Demo."""\n{HERE}',
    },
    "flit-old-metadata": {
        "pyproject.toml": FLIT + '[tool.flit.metadata]\nmodule = "other"\ndist-name = "demo"\n',
        "other/__init__.py": f'"""Demo."""\n{HERE}',
    },
    "flit-imported": {
        "pyproject.toml": FLIT + DYNAMIC,
        "demo/__init__.py": '"""Demo."""\nfrom ._version import __version__\n',
        "demo/_version.py": HERE,
    },
    "pdm-file": {
        "pyproject.toml": PDM + DYNAMIC + f'[tool.pdm.version]\nsource = "file"\npath = "{INIT}"\n',
        INIT: HERE,
    },
    "pdm-path-alone": {"pyproject.toml": PDM + DYNAMIC + f'[tool.pdm.version]\npath = "{INIT}"\n', INIT: HERE},
    "pdm-own-pattern": {
        "pyproject.toml": PDM
        + DYNAMIC
        + "[tool.pdm.version]\npath = 'V.txt'\npattern = '(?m)now (\\S+), not (\\S+)'\n",
        "V.txt": "was 1.2.2\nnow «1.2.3», not 1.2.2\n",
    },
    "pdm-static": {"pyproject.toml": PDM + STATIC},
    "poetry-table": {"pyproject.toml": POETRY + '[tool.poetry]\nname = "demo"\nversion = "«1.2.3»"\n'},
    "poetry-table-and-project": {
        "pyproject.toml": POETRY + DYNAMIC + '[tool.poetry]\nversion = "«1.2.3»"\n',
    },
    "poetry-table-and-a-project-that-says-nothing-of-it": {
        "pyproject.toml": POETRY + '[project]\nname = "demo"\n[tool.poetry]\nversion = "«1.2.3»"\n',
    },
    "poetry-project": {"pyproject.toml": POETRY + STATIC},
    "poetry-both": {"pyproject.toml": POETRY + STATIC + '[tool.poetry]\nversion = "«1.2.3»"\n'},
    "poetry-with-versions-from-tags-switched-off": {
        "pyproject.toml": POETRY
        + '[tool.poetry]\nversion = "«1.2.3»"\n[tool.poetry-dynamic-versioning]\nenable=false\n',
    },
    "poetry-packages": {
        "pyproject.toml": POETRY
        + '[tool.poetry]\nname="x"\nversion="«1.2.3»"\npackages=[{include="demo", from="lib"}]\n',
        "lib/demo/__init__.py": HERE,
    },
}

_BASE: Files = {"pyproject.toml": HATCH + STATIC}

MODULES: dict[str, Files] = {
    "plain": {INIT: HERE},
    "single-quotes": {INIT: "__version__ = '«1.2.3»'\n"},
    "triple-quotes": {INIT: '__version__ = """«1.2.3»"""\n'},
    "triple-single-quotes": {INIT: "__version__ = '''«1.2.3»'''\n"},
    "annotated": {INIT: '__version__: str = "«1.2.3»"\n'},
    "final": {INIT: 'from typing import Final\n__version__: Final = "«1.2.3»"\n'},
    "final-of-str": {INIT: '__version__: Final[str] = "«1.2.3»"\n'},
    "declared-first": {INIT: '__version__: str\n__version__ = "«1.2.3»"\n'},
    "chained": {INIT: '__version__ = VERSION = "«1.2.3»"\n'},
    "chained-the-other-way": {INIT: 'version = __version__ = "«1.2.3»"\n'},
    "parenthesised": {INIT: '__version__ = ("«1.2.3»")\n'},
    "parenthesised-over-lines": {INIT: '__version__ = (  # 1.2.3\n    "«1.2.3»"  # 1.2.3\n)\n'},
    "unpacked": {INIT: '__title__, __version__ = "1.2.3", "«1.2.3»"\n'},
    "after-a-semicolon": {INIT: 'x = "1.2.3"; __version__ = "«1.2.3»"; y = "1.2.3"\n'},
    "continued": {INIT: '__version__ = \\\n  "«1.2.3»"\n'},
    "in-a-condition": {INIT: 'if True:\n    __version__ = "«1.2.3»"\n'},
    "another-name-first": {INIT: 'VERSION = "«1.2.3»"\n__version__ = VERSION\n'},
    "another-name-alone": {INIT: 'VERSION = "«1.2.3»"\n'},
    "version-module": {INIT: "", "src/demo/_version.py": HERE},
    "about-module": {INIT: "", "src/demo/__about__.py": HERE},
    "public-version-module": {INIT: "", "src/demo/version.py": HERE},
    "version-module-with-another-name": {INIT: "", "src/demo/version.py": 'VERSION = "«1.2.3»"\n'},
    "relative-import": {INIT: "from .numbers import __version__\n", "src/demo/numbers.py": HERE},
    "relative-import-of-a-package": {INIT: "from .a import __version__\n", "src/demo/a/__init__.py": HERE},
    "absolute-import": {INIT: "from demo.numbers import __version__\n", "src/demo/numbers.py": HERE},
    "import-with-an-alias": {
        INIT: "from .numbers import NUMBER as __version__\n",
        "src/demo/numbers.py": 'NUMBER = "«1.2.3»"\n',
    },
    "import-and-assignment": {
        INIT: "from .numbers import NUMBER\n__version__ = NUMBER\n",
        "src/demo/numbers.py": 'NUMBER = "«1.2.3»"\n',
    },
    "star-import": {
        INIT: "from ._version import *\n",
        "src/demo/_version.py": '__all__ = ["__version__"]\n' + HERE,
    },
    "star-import-of-another-module": {
        INIT: "from os import *\nfrom .numbers import *\nfrom .more import *\n",
        "src/demo/numbers.py": '__version__ = "0"\n',
        "src/demo/more.py": '__all__ = ["__version__"]\n' + HERE,
    },
    "star-import-of-another-name": {
        INIT: "from demo.numbers import *\n__version__ = NUMBER\n",
        "src/demo/numbers.py": 'NUMBER = "«1.2.3»"\n',
    },
    "attribute-of-a-module": {
        INIT: "from . import numbers\n__version__ = numbers.NUMBER\n",
        "src/demo/numbers.py": 'NUMBER = "«1.2.3»"\n',
    },
    "attribute-of-a-module-with-an-alias": {
        INIT: "from demo import numbers as n\n__version__ = n.NUMBER\n",
        "src/demo/numbers.py": 'NUMBER = "«1.2.3»"\n',
    },
    "through-two-modules": {
        INIT: "from .a import __version__\n",
        "src/demo/a.py": "from .b import v as __version__\n",
        "src/demo/b.py": "v = '«1.2.3»'\n",
    },
    "through-many-modules": {INIT: "from .m0 import v as __version__\n", **chain("src/demo/m", 8)},
    "through-many-star-imports": {INIT: "from .m0 import v as __version__\n", **chain("src/demo/m", 8, "*")},
    "from-a-module-above": {
        INIT: "from .a.b import __version__\n",
        "src/demo/a/__init__.py": "",
        "src/demo/a/b.py": "from ..c import __version__\n",
        "src/demo/c.py": HERE,
    },
    "tuple-made-from-it": {INIT: HERE + "version_info = tuple(map(int, __version__.split('.')))\n"},
    "tuple-of-other-numbers": {INIT: HERE + "version_info = (3, 11, 0)\n"},
    "tuple-of-one-number": {
        "pyproject.toml": HATCH + STATIC.replace("1.2.3", "2"),
        INIT: "VERSION_INFO = (2, 0)\n__version__ = '«2»'\n",
    },
    "metadata": {INIT: "from importlib.metadata import version\n__version__ = version('demo')\n"},
    "metadata-by-module": {INIT: "import importlib.metadata\n__version__ = importlib.metadata.version(__name__)\n"},
    "metadata-by-alias": {INIT: "import importlib.metadata as m\n__version__: str = m.version('demo')\n"},
    "metadata-by-name": {INIT: "from importlib import metadata\n__version__ = metadata.version('demo')\n"},
    "metadata-backport": {INIT: "import importlib_metadata as m\n__version__ = m.metadata('demo')['Version']\n"},
    "metadata-by-pkg-resources": {
        INIT: "import pkg_resources\n__version__ = pkg_resources.get_distribution('demo').version\n"
    },
    "metadata-in-a-function": {
        INIT: "from importlib.metadata import version\ndef _ask():\n    return version('demo')\n__version__ = _ask()\n"
    },
    "metadata-with-an-unknown-fallback": {
        INIT: "from importlib.metadata import version\n"
        "try:\n    __version__ = version('demo')\nexcept Exception:\n    __version__ = 'unknown'\n"
    },
    "metadata-with-another-fallback": {
        INIT: "from importlib.metadata import version\n"
        "try:\n    __version__ = version('demo')\nexcept Exception:\n    __version__ = '0.0.0'\n"
    },
    "metadata-with-the-version-as-fallback": {
        INIT: "from importlib.metadata import version\n"
        "try:\n    __version__ = version('demo')\nexcept Exception:\n    __version__ = '«1.2.3»'\n"
    },
    "by-getattr": {INIT: "def __getattr__(name):\n    if name == '__version__':\n        return '1.2.3'\n"},
    "no-version-at-all": {INIT: "x = 1\n"},
    "text-file-that-the-module-reads": {
        "pyproject.toml": SETUPTOOLS + DYNAMIC + '[tool.setuptools.dynamic]\nversion = {file = "src/demo/VERSION"}\n',
        INIT: "__version__ = open('VERSION').read().strip()\n",
        "src/demo/VERSION": "«1.2.3»\n",
    },
    "text-file-that-the-module-reads-by-its-path": {
        "pyproject.toml": SETUPTOOLS + DYNAMIC + '[tool.setuptools.dynamic]\nversion = {file = "src/demo/VERSION"}\n',
        INIT: "__version__ = open('demo/VERSION').read().strip()\n",
        "src/demo/VERSION": "«1.2.3»\n",
    },
}

LOOK_ALIKES: dict[str, Files] = {
    "dependency-pins": {
        "pyproject.toml": STATIC
        + 'dependencies = ["other==1.2.3", "demo-extra>=1.2.3"]\nrequires-python = ">=1.2.3"\n'
        + '[project.optional-dependencies]\nx = ["1.2.3"]\n[dependency-groups]\ndev = ["y==1.2.3"]\n'
    },
    "the-build-requirement": {
        "pyproject.toml": '[build-system]\nrequires=["hatchling==1.2.3"]\nbuild-backend="hatchling.build"\n' + STATIC
    },
    "other-tools": {
        "pyproject.toml": STATIC
        + '[tool.other]\nversion = "1.2.3"\n[tool.bumpversion]\ncurrent_version = "1.2.3"\n'
        + '[tool.other.project]\nversion = "1.2.3"\n'
    },
    "comments": {
        "pyproject.toml": '# version = "1.2.3"\n' + STATIC + '# version = "1.2.3"\n',
        INIT: f'# __version__ = "1.2.3"\n{HERE}#__version__ = "1.2.3"\n',
    },
    "texts-that-read-like-toml": {
        "pyproject.toml": 'x = """\n[project]\nversion = "1.2.3"\n"""\n'
        + STATIC
        + "y = '''\nversion = \"1.2.3\"\n'''\n"
    },
    "docstring-before": {INIT: f'"""Demo.\n\n__version__ = "1.2.3"\n"""\n\n{HERE}'},
    "docstring-after": {INIT: f"{HERE}\n'''\n__version__ = '1.2.3'\n'''\n"},
    "docstring-alone": {INIT: '"""Demo.\n\n__version__ = "1.2.3"\n"""\n'},
    "longer-names": {
        INIT: f'MIN_VERSION = "1.2.3"\nmin__version__ = "1.2.3"\n{HERE}__version__2 = "1.2.3"\nAPI__version__="1.2.3"\n'
    },
    "within-functions-and-classes": {
        INIT: f'def f():\n    __version__ = "1.2.3"\nclass A:\n    __version__ = "1.2.3"\n{HERE}'
    },
    "attributes-and-items": {
        INIT: f'a.__version__ = "1.2.3"\nb["__version__"] = "1.2.3"\nf(__version__="1.2.3")\n{HERE}'
    },
    "strings-elsewhere": {INIT: f'{HERE}print("1.2.3")\nassert __version__ == "1.2.3"\nother = ["1.2.3"]\n'},
    "modules-elsewhere": {INIT: HERE, "src/demo/other.py": '__version__ = "1.2.3"\n'},
    "vendored-package": {
        INIT: "from demo._vendor import other\n" + HERE,
        "src/demo/_vendor/__init__.py": "",
        "src/demo/_vendor/other/__init__.py": '__version__ = "1.2.3"\n',
        "src/demo/_vendor/other/_version.py": '__version__ = "1.2.3"\n',
    },
    "tests-docs-and-scripts": {
        INIT: HERE,
        "tests/__init__.py": '__version__ = "1.2.3"\n',
        "docs/conf.py": 'version = "1.2.3"\n',
        "scripts/demo.py": '__version__ = "1.2.3"\n',
        "README.md": '__version__ = "1.2.3"\nversion 1.2.3\n',
        "CHANGELOG.md": "## 1.2.3\n",
    },
    "another-package-beside-ours": {INIT: HERE, "src/helper/__init__.py": '__version__ = "0.1.0"\n'},
}

COPIES: dict[str, Files] = {
    "lock-editable": {
        "uv.lock": 'version = 1\n\n[[package]]\nname = "demo"\nversion = "«1.2.3»"\nsource = { editable = "." }\n'
    },
    "lock-virtual": {"uv.lock": '[[package]]\nname = "demo"\nversion = "«1.2.3»"\nsource = { virtual = "." }\n'},
    "lock-among-others": {
        "uv.lock": 'version = 1\nrequires-python = ">=1.2.3"\n\n'
        '[[package]]\nname = "aaa"\nversion = "1.2.3"\nsource = { registry = "x" }\n'
        'dependencies = [{ name = "demo" }, { name = "demo", version = "1.2.3" }]\n\n'
        '[[package]]\nname = "demo"\nversion = "«1.2.3»"\nsource = { editable = "." }\n\n'
        '[package.metadata]\nrequires-dist = [{ name = "aaa", specifier = "==1.2.3" }]\n\n'
        '[[package]]\nname = "demo-extra"\nversion = "1.2.3"\nsource = { registry = "x" }\n'
    },
    "lock-with-crlf": {
        "uv.lock": '[[package]]\r\nname = "demo"\r\nversion = "«1.2.3»"\r\nsource = { editable = "." }\r\n'
    },
    "lock-of-a-package-that-is-called-the-same": {
        "uv.lock": '[[package]]\nname = "demo"\nversion = "1.2.3"\nsource = { registry = "x" }\n'
    },
    "lock-of-another-folder": {
        "uv.lock": '[[package]]\nname = "demo"\nversion = "1.2.3"\nsource = { editable = "packages/demo" }\n'
    },
    "citation-with-an-anchor-that-looks-like-it": {
        "pyproject.toml": STATIC.replace("1.2.3", "1"),
        "CITATION.cff": 'title: x\nversion: &1 "«1»"\n',
    },
    "lock-directory": {"uv.lock": '[[package]]\nname = "demo"\nversion = "«1.2.3»"\nsource = { directory = "." }\n'},
    "lock-of-the-project-by-an-older-name": {
        "uv.lock": '[[package]]\nname = "demo-old"\nversion = "1.2.3"\nsource = { editable = "." }\n'
        'dependencies = [{ name = "demo" }]\n[package.other]\nversion = "1"\n'
    },
    "lock-without-our-version": {"uv.lock": '[[package]]\nname = "demo"\nsource = { editable = "." }\n'},
    "citation": {"CITATION.cff": "cff-version: 1.2.0\ntitle: 1.2.3\nversion: «1.2.3»\n"},
    "citation-quoted": {"CITATION.cff": 'version: "«1.2.3»"  # 1.2.3\ndoi: 1.2.3\n'},
    "citation-single-quoted": {"CITATION.cff": "{message: '1.2.3', version: '«1.2.3»'}\n"},
    "citation-with-a-v": {"CITATION.cff": "version: «v1.2.3»\n"},
    "citation-of-something-else": {
        "CITATION.cff": "version: «1.2.3»\nreferences:\n  - title: x\n    version: 1.2.3\n"
        "preferred-citation:\n  version: 1.2.3\n"
    },
    "citation-with-crlf": {"CITATION.cff": "# 1.2.3\r\nversion:   «1.2.3»\r\nx: 1\r\n"},
    "citation-of-another-version": {"CITATION.cff": "version: 1.1.0\n"},
    "citation-without-a-version": {"CITATION.cff": "title: 1.2.3\n"},
    "setup-py-that-repeats-it": {"setup.py": 'setup(name="demo", version="«1.2.3»")\n'},
    "setup-cfg-that-repeats-it": {"setup.cfg": "[metadata]\nversion = «1.2.3»\n"},
    "setup-cfg-of-another-time": {"setup.cfg": "[metadata]\nversion = 0.9.0\n"},
}


def _named(name: str, *rest: str) -> dict[str, str]:
    return {"pyproject.toml": "\n".join([HATCH, "[project]", f'name = "{name}"', 'version = "«1.2.3»"', *rest])}


LAYOUTS: dict[str, Files] = {
    "src": {**_named("demo"), INIT: HERE},
    "flat": {**_named("demo"), "demo/__init__.py": HERE, "tests/__init__.py": '__version__ = "1.2.3"'},
    "lib": {**_named("demo"), "lib/demo/__init__.py": HERE},
    "lib-and-absolute-imports": {
        **_named("demo"),
        "lib/demo/__init__.py": "from demo.numbers import __version__\n",
        "lib/demo/numbers.py": HERE,
    },
    "single-module": {**_named("demo"), "demo.py": HERE, "other.py": '__version__ = "1.2.3"\n'},
    "single-module-in-src": {**_named("demo"), "src/demo.py": HERE},
    "single-module-with-a-version-module-beside-it": {
        **_named("demo"),
        "src/demo.py": HERE,
        "src/version.py": '__version__ = "1.2.3"\n',
    },
    "second-package-that-says-the-same": {
        **_named("x", "[tool.hatch.build.targets.wheel]", 'packages = ["src/demo", "src/helper"]'),
        INIT: HERE,
        "src/helper/__init__.py": HERE,
    },
    "second-package-that-has-a-version-of-its-own": {
        **_named("x", "[tool.hatch.build.targets.wheel]", 'packages = ["src/demo", "src/helper"]'),
        INIT: HERE,
        "src/helper/__init__.py": '__version__ = "0.1.0"\n',
    },
    "name-with-a-dash": {**_named("de-mo"), "src/de_mo/__init__.py": HERE},
    "name-with-an-underscore": {**_named("de_mo"), "src/de_mo/__init__.py": HERE},
    "name-with-a-dot": {**_named("de.mo"), "src/de_mo/__init__.py": HERE},
    "name-with-capitals": {**_named("DeMo"), "demo/__init__.py": HERE},
    "module-with-capitals": {**_named("demo"), "DeMo/__init__.py": HERE},
    "module-without-the-dash": {**_named("de-mo"), "demo/__init__.py": HERE},
    "name-with-python-before": {**_named("python-demo"), "demo/__init__.py": HERE, "x/__init__.py": "__version__='1'"},
    "name-with-python-behind": {**_named("demo-python"), "demo/__init__.py": HERE, "x/__init__.py": "__version__='1'"},
    "namespace-package": {**_named("acme-tools-demo"), "src/acme/tools/demo/__init__.py": HERE},
    "namespace-package-with-a-dot": {**_named("acme.demo"), "acme/demo/__init__.py": HERE},
    "namespace-package-with-an-underscore": {**_named("acme-de-mo"), "src/acme/de_mo/__init__.py": HERE},
    "another-name": {**_named("something"), INIT: HERE, "tests/__init__.py": "__version__ = '9'"},
    "hatch-packages": {
        **_named("x", "[tool.hatch.build.targets.wheel]", 'packages = ["code/demo"]'),
        "code/demo/__init__.py": HERE,
        "src/x/__init__.py": '__version__ = "9"\n',
    },
    "uv-module-name": {
        **_named("x", "[tool.uv.build-backend]", 'module-name = "demo"', 'module-root = ""'),
        "demo/__init__.py": HERE,
    },
    "setuptools-where": {
        **_named("demo", "[tool.setuptools.packages.find]", 'where = ["python"]'),
        "python/demo/__init__.py": HERE,
    },
    "configured-package": {
        **_named("x", "[tool.castoff]", 'package = "code/demo"'),
        "code/demo/__init__.py": HERE,
        "src/x/__init__.py": '__version__ = "9"\n',
    },
    "configured-places": {
        "pyproject.toml": STATIC
        + '[tool.castoff]\nplaces = ["pyproject.toml:project.version", "docs/conf.py:release", "VERSION", "setup.cfg"]',
        "docs/conf.py": 'release = "«1.2.3»"\nversion = "1.2.3"\n',
        "VERSION": "«1.2.3»\n",
        "setup.cfg": "[metadata]\nversion = «1.2.3»\n",
        INIT: '__version__ = "1.2.3"\n',
    },
    "configured-places-of-another-table": {
        "pyproject.toml": '[tool.mine]\nnumber = "«1.2.3»"\n'
        '[tool.castoff]\nplaces = ["pyproject.toml:tool.mine.number"]\n'
    },
    "configured-places-for-a-version-that-is-made-from-tags": {
        "pyproject.toml": HATCH
        + DYNAMIC
        + '[tool.hatch.version]\nsource = "vcs"\n[tool.castoff]\nplaces = ["VERSION"]\n',
        "VERSION": "«1.2.3»",
    },
    "configured-lock": {
        "pyproject.toml": STATIC + '[tool.castoff]\nplaces = ["pyproject.toml:project.version", "uv.lock"]',
        "uv.lock": '[[package]]\nname = "demo"\nversion = "«1.2.3»"\nsource = { editable = "." }\n',
    },
    "different-spellings": {
        "pyproject.toml": '[project]\nname = "demo"\nversion = "«1.2.3-rc1»"\n',
        INIT: '__version__ = "«1.2.3rc1»"\n',
    },
}


def _cases() -> list[object]:
    groups = {"backend": BACKENDS, "module": MODULES, "look-alike": LOOK_ALIKES, "copy": COPIES, "layout": LAYOUTS}
    return [
        pytest.param(files if group in ("backend", "layout") else {**_BASE, **files}, id=f"{group}-{name}")
        for group, table in groups.items()
        for name, files in table.items()
    ]


@pytest.mark.parametrize("files", _cases())
def test_every_place_is_found_and_bumped_and_nothing_else(files: Files) -> None:
    before = tree(files)
    places = find(before)
    assert found_places(places) == marked_places(files)
    after = bumped(before, "2.0.0rc1")
    assert after.files == expected(files, "2.0.0rc1")
    assert find(after).version.public == "2.0.0rc1"
    assert bumped(after, str(places.version)).files == expected(files, str(places.version))


@pytest.mark.parametrize("files", _cases())
def test_the_lines_that_a_bump_shows_are_those_that_change(files: Files) -> None:
    before = tree(files)
    shown = {(line.where.file, line.where.line) for change in changes(before, "1.10.0") for line in change.lines}
    assert shown == {(file, line) for file, line, _ in marked_places(files)}
    for line in (line for change in changes(before, "1.10.0") for line in change.lines):
        assert line.old != line.new
        assert "1.10.0" in line.new
        assert not line.new.endswith(("\r", "\n"))


def _dynamic(table: str = "", system: str = HATCH) -> str:
    return system + DYNAMIC + table


REFUSED: dict[str, tuple[Files, str, str]] = {
    "hatch-vcs": (
        {"pyproject.toml": _dynamic('[tool.hatch.version]\nsource = "vcs"\n')},
        "the version stands in no file: hatch-vcs makes it from the git tags;",
        "pyproject.toml",
    ),
    "hatch-says-nothing": ({"pyproject.toml": _dynamic()}, "[tool.hatch.version] names no path;", "pyproject.toml"),
    "hatch-path-is-not-there": (
        {"pyproject.toml": _dynamic('[tool.hatch.version]\npath = "x.py"\n')},
        "x.py is not there",
        "pyproject.toml",
    ),
    "hatch-pattern-finds-nothing": (
        {"pyproject.toml": _dynamic(f'[tool.hatch.version]\npath = "{INIT}"\n'), INIT: "x = 1\n"},
        "no version where the backend looks",
        INIT,
    ),
    "hatch-pattern-finds-the-docstring": (
        {
            "pyproject.toml": _dynamic(f'[tool.hatch.version]\npath = "{INIT}"\n'),
            INIT: '"""Demo.\n\n__version__ = "1.2.3"\n"""\n__version__ = "1.2.3"\n',
        },
        "assigns nothing",
        f"{INIT}:3",
    ),
    "hatch-pattern-is-no-pattern": (
        {"pyproject.toml": _dynamic(f'[tool.hatch.version]\npath = "{INIT}"\npattern = "("\n'), INIT: ""},
        "not usable",
        "pyproject.toml",
    ),
    "hatch-pattern-without-a-group": (
        {"pyproject.toml": _dynamic(f'[tool.hatch.version]\npath = "{INIT}"\npattern = "x"\n'), INIT: "x\n"},
        "not usable",
        "pyproject.toml",
    ),
    "hatch-pattern-finds-the-docstring-behind-another-literal": (
        {
            "pyproject.toml": _dynamic(f'[tool.hatch.version]\npath = "{INIT}"\n'),
            INIT: 'X = "1.2.3"\n"""Demo.\n\n__version__ = "1.2.3"\n"""\n__version__ = "1.2.3"\n',
        },
        "assigns nothing",
        f"{INIT}:4",
    ),
    "hatch-code-without-the-name": (
        {
            "pyproject.toml": _dynamic(f'[tool.hatch.version]\nsource = "code"\npath = "{INIT}"\n'),
            INIT: "x = 1\n",
        },
        f"__version__ of {INIT} is not there",
        INIT,
    ),
    "hatch-code-is-computed": (
        {
            "pyproject.toml": _dynamic(f'[tool.hatch.version]\nsource = "code"\npath = "{INIT}"\n'),
            INIT: "\n__version__ = '.'.join(['1', '2', '3'])\n",
        },
        "computed",
        f"{INIT}:2",
    ),
    "setuptools-scm": (
        {
            "pyproject.toml": _dynamic(
                "[tool.setuptools_scm]\n",
                '[build-system]\nrequires = ["setuptools", "setuptools_scm[toml]>=8"]\n'
                'build-backend = "setuptools.build_meta"\n',
            )
        },
        "setuptools-scm makes it from the git tags",
        "pyproject.toml",
    ),
    "setuptools-scm-beside-what-is-no-requirement": (
        {
            "pyproject.toml": _dynamic(
                system='[build-system]\nrequires = ["?", "setuptools_scm"]\nbuild-backend = "setuptools.build_meta"\n'
            )
        },
        "setuptools-scm makes it from the git tags",
        "pyproject.toml",
    ),
    "setuptools-says-nothing": ({"pyproject.toml": _dynamic(system=SETUPTOOLS)}, "no file says", "pyproject.toml"),
    "setuptools-attr-is-computed": (
        {
            "pyproject.toml": _dynamic(
                '[tool.setuptools.dynamic]\nversion = {attr = "demo.__version__"}\n', SETUPTOOLS
            ),
            INIT: 'V = (1, 2, 3)\n__version__ = ".".join(map(str, V))\n',
        },
        "computed",
        f"{INIT}:2",
    ),
    "setuptools-attr-is-not-in-its-module": (
        {"pyproject.toml": _dynamic('[tool.setuptools.dynamic]\nversion = {attr = "demo.v"}\n', SETUPTOOLS), INIT: ""},
        f"v of {INIT} is not there",
        INIT,
    ),
    "setuptools-attr-is-not-there": (
        {"pyproject.toml": _dynamic('[tool.setuptools.dynamic]\nversion = {attr = "other.v"}\n', SETUPTOOLS), INIT: ""},
        "no such module",
        "pyproject.toml",
    ),
    "setuptools-file-holds-more": (
        {"pyproject.toml": _dynamic('[tool.setuptools.dynamic]\nversion = {file = "V"}\n', SETUPTOOLS), "V": "1 2\n"},
        "nothing but the version",
        "pyproject.toml",
    ),
    "setuptools-two-files": (
        {
            "pyproject.toml": _dynamic('[tool.setuptools.dynamic]\nversion = {file = ["A", "B"]}\n', SETUPTOOLS),
            "A": "1.2.3\n",
            "B": "1.2.3\n",
        },
        "A and B",
        "pyproject.toml",
    ),
    "setup-cfg-over-two-lines": (
        {"setup.cfg": "[metadata]\nname = demo\nversion =\n    1.2.3\n"},
        "on a line of its own",
        "setup.cfg",
    ),
    "setup-py-is-computed": (
        {"setup.py": "\ndef v(): ...\nsetup(name='demo', version=v())\n"},
        "computed: version = v()",
        "setup.py:3",
    ),
    "setup-py-is-read-from-nobody-knows-where": (
        {"setup.py": "setup(name='demo', version=open('x').read())\n", "demo/__init__.py": "__version__ = '1.2.3'\n"},
        "computed",
        "setup.py:1",
    ),
    "setup-py-joins-parts": (
        {"setup.py": "P = (1, 2, 3)\nsetup(version='%d.%d.%d' % P)\n"},
        "computed",
        "setup.py:2",
    ),
    "setup-py-computes-it-and-names-itself": (
        {"setup.py": "print('setup.py')\n__version__ = '1.2.3'\nsetup(version=__version__ + tag())\n"},
        "computed: version = __version__ + tag()",
        "setup.py:3",
    ),
    "setup-py-imports-it-from-elsewhere": (
        {"setup.py": "from other import v\nsetup(version=v)\n"},
        "computed: v comes from other v, which cannot be read here",
        "setup.py",
    ),
    "setup-py-gives-a-name-that-is-nowhere": (
        {"setup.py": "exec(open('x').read())\nsetup(version=version)\n"},
        "computed: version comes from setup.py version, which cannot be read here",
        "setup.py",
    ),
    "setup-py-asks-the-installed-metadata": (
        {"setup.py": "from importlib.metadata import version\nsetup(version=version('demo'))\n"},
        "the version that setup.py gives asks the installed metadata",
        "setup.py",
    ),
    "setup-py-says-nothing": ({"setup.py": "setup(use_scm_version=True)\n"}, "no file says", "setup.py"),
    "versioneer": (
        {
            "setup.py": "import versioneer\nsetup(version=versioneer.get_version())\n",
            "versioneer.py": "def get_version(): ...\n",
            "pyproject.toml": SETUPTOOLS,
        },
        "versioneer makes it from the git tags",
        "pyproject.toml",
    ),
    "flit-without-a-module": ({"pyproject.toml": _dynamic(system=FLIT)}, "no module called demo", "pyproject.toml"),
    "flit-without-a-version": (
        {"pyproject.toml": _dynamic(system=FLIT), "demo/__init__.py": '"""Demo."""\n'},
        "__version__ of demo/__init__.py is not there",
        "demo/__init__.py",
    ),
    "pdm-scm": (
        {"pyproject.toml": _dynamic('[tool.pdm.version]\nsource = "scm"\n', PDM)},
        "source is scm",
        "pyproject.toml",
    ),
    "pdm-says-nothing": (
        {"pyproject.toml": _dynamic(system=PDM)},
        "the version stands in no file: [tool.pdm.version] names no path;",
        "pyproject.toml",
    ),
    "pdm-call": (
        {"pyproject.toml": _dynamic('[tool.pdm.version]\nsource = "call"\ngetter = "x:y"\n', PDM)},
        "source is call",
        "pyproject.toml",
    ),
    "poetry-dynamic-versioning": (
        {
            "pyproject.toml": '[build-system]\nrequires=["poetry-core", "poetry-dynamic-versioning"]\n'
            'build-backend="poetry_dynamic_versioning.backend"\n'
            '[tool.poetry]\nname="demo"\nversion="0.0.0"\n[tool.poetry-dynamic-versioning]\nenable=true\n'
        },
        "the version stands in no file: poetry-dynamic-versioning makes it from the git tags;",
        "pyproject.toml",
    ),
    "poetry-dynamic-versioning-in-project": (
        {
            "pyproject.toml": '[build-system]\nrequires=["poetry-core", "poetry-dynamic-versioning"]\n'
            'build-backend="poetry_dynamic_versioning.backend"\n' + DYNAMIC
        },
        "poetry-dynamic-versioning",
        "pyproject.toml",
    ),
    "a-backend-that-is-not-known": (
        {"pyproject.toml": _dynamic(system='[build-system]\nrequires=["m"]\nbuild-backend="m"\n')},
        "does not know where m reads",
        "pyproject.toml",
    ),
    "a-backend-in-the-tree-around-another": (
        {"pyproject.toml": _dynamic(system='[build-system]\nrequires=["x"]\nbuild-backend="m"\nbackend-path=["."]\n')},
        "does not know where m reads",
        "pyproject.toml",
    ),
    "a-backend-that-has-setuptools-built-with-it": (
        {"pyproject.toml": _dynamic(system='[build-system]\nrequires=["setuptools"]\nbuild-backend="m"\n')},
        "does not know where m reads",
        "pyproject.toml",
    ),
    "both-static-and-dynamic": (
        {"pyproject.toml": STATIC + 'dynamic = ["version"]\n'},
        "keep one",
        "pyproject.toml",
    ),
    "neither-static-nor-dynamic": ({"pyproject.toml": '[project]\nname = "demo"\n'}, "neither", "pyproject.toml"),
    "a-version-that-is-no-text": (
        {"pyproject.toml": '[project]\nname = "demo"\nversion = 1.2\n'},
        "project.version is not a string",
        "pyproject.toml",
    ),
    "a-version-that-is-none": (
        {"pyproject.toml": '[project]\nname = "demo"\nversion = "x"\n'},
        "no version",
        "pyproject.toml:3",
    ),
    "an-empty-folder": ({}, "no pyproject.toml", "None"),
    "broken-toml": ({"pyproject.toml": "[project]\nname = demo\n"}, "is not TOML", "pyproject.toml:2"),
    "broken-python": ({**_BASE, INIT: "x = 1\ndef f(:\n"}, "is not Python", f"{INIT}:2"),
    "broken-setup-cfg": ({"setup.cfg": "no section\n"}, "cannot be read", "setup.cfg"),
    "broken-citation": ({**_BASE, "CITATION.cff": "a: [\n"}, "is not YAML", "CITATION.cff"),
    "broken-lock": (
        {**_BASE, "uv.lock": 'version = 1\n[[package]]\nname = "demo"\nversion = \n'},
        "uv.lock is not TOML",
        "uv.lock:2",
    ),
    "computed-by-joining": (
        {**_BASE, INIT: "__version__ = '.'.join(['1', '2', '3'])\n"},
        "computed: __version__ = '.'.join",
        f"{INIT}:1",
    ),
    "computed-by-a-format": ({**_BASE, INIT: "x = 1\n__version__ = f'{x}.2.3'\n"}, "computed", f"{INIT}:2"),
    "computed-in-parts": ({**_BASE, INIT: "__version__ = '1.2' '.3'\n"}, "computed", f"{INIT}:1"),
    "computed-by-adding": ({**_BASE, INIT: "__version__ = '1.2'\n__version__ += '.3'\n"}, "computed", f"{INIT}:2"),
    "computed-by-a-program": (
        {**_BASE, INIT: "import subprocess\n__version__ = subprocess.check_output(['git'])\n"},
        "computed",
        f"{INIT}:2",
    ),
    "generated-module": (
        {**_BASE, INIT: "from ._version import __version__\n"},
        "computed: __version__ comes from ._version __version__, which cannot be read here",
        INIT,
    ),
    "a-module-of-that-name-elsewhere": (
        {**_BASE, INIT: "from .numbers import __version__\n", "src/numbers.py": HERE.replace("«", "").replace("»", "")},
        "computed: __version__ comes from .numbers __version__, which cannot be read here",
        INIT,
    ),
    "another-name-that-is-nowhere": (
        {**_BASE, INIT: "__version__ = OTHER\n"},
        f"computed: __version__ comes from {INIT} OTHER, which cannot be read here",
        INIT,
    ),
    "its-own-name": ({**_BASE, INIT: "__version__ = __version__\n"}, "cannot be read here", INIT),
    "a-name-that-star-imports-do-not-bring": (
        {**_BASE, INIT: "from .a import *\n__version__ = _v\n", "src/demo/a.py": "_v = '1.2.3'\n"},
        "cannot be read here",
        INIT,
    ),
    "circle-of-names": ({**_BASE, INIT: "A = __version__\n__version__ = A\n"}, "cannot be read here", INIT),
    "circle-of-star-imports": (
        {
            **_BASE,
            INIT: "from .a import *\n__version__ = V\n",
            "src/demo/a.py": "from . import *\n",
        },
        "cannot be read here",
        INIT,
    ),
    "circle": (
        {**_BASE, INIT: "from .a import __version__\n", "src/demo/a.py": "from . import __version__\n"},
        "cannot be read here",
        INIT,
    ),
    "versioneer-module": (
        {**_BASE, INIT: "from . import v\n__version__ = v.get_versions()['version']\n", "src/demo/v.py": ""},
        "computed",
        f"{INIT}:2",
    ),
    "tuple-beside-it": (
        {**_BASE, INIT: '__version__ = "1.2.3"\nversion_info = (1, 2, 3)\n'},
        "repeats the version in another form",
        f"{INIT}:2",
    ),
    "tuple-of-two-numbers": (
        {
            "pyproject.toml": HATCH + STATIC.replace("1.2.3", "1.2"),
            INIT: '__version__ = "1.2"\nversion_info = (1, 2)\n',
        },
        "repeats the version in another form",
        f"{INIT}:2",
    ),
    "module-reads-another-file-than-the-backend": (
        {
            "pyproject.toml": _dynamic('[tool.setuptools.dynamic]\nversion = {file = "VERSION"}\n', SETUPTOOLS),
            "VERSION": "1.2.3\n",
            INIT: "__version__ = open('NUMBER').read()\n",
        },
        "computed",
        f"{INIT}:1",
    ),
    "tuple-with-more": (
        {**_BASE, INIT: '__version__ = "1.2.3"\n__version_info__ = 1, 2, 3, "final", 0\n'},
        "repeats the version in another form",
        f"{INIT}:2",
    ),
    "tuple-in-the-version-module": (
        {
            **_BASE,
            INIT: "",
            "src/demo/_version.py": '\n__version__ = "1.2.3"\nVERSION = V(major=1, minor=2, patch=3)\n',
        },
        "repeats the version in another form",
        "src/demo/_version.py:3",
    ),
    "two-candidates": (
        {**_BASE, INIT: 'if x:\n    __version__ = "1.2.3"\nelse:\n    __version__ = "1.2.3"\n'},
        f"__version__ of {INIT} is assigned several times",
        f"{INIT}:4",
    ),
    "assigned-twice": (
        {**_BASE, INIT: '__version__ = "0"\n__version__ = "1.2.3"\n'},
        f"0 at {INIT}:1, 1.2.3 at {INIT}:2",
        f"{INIT}:2",
    ),
    "assigned-three-times": (
        {**_BASE, INIT: '__version__ = "0"\n__version__ = "1"\n__version__ = "1.2.3"\n'},
        f"0 at {INIT}:1, 1 at {INIT}:2, 1.2.3 at {INIT}:3",
        f"{INIT}:3",
    ),
    "escapes-in-a-citation": (
        {**_BASE, "CITATION.cff": 'version: "1.2.\\u0033"\ntitle: about 1.2.3\n'},
        "write version: X plainly",
        "CITATION.cff:1",
    ),
    "escapes-in-toml": (
        {"pyproject.toml": '[project]\nname = "demo"\nversion = "1.2.\\u0033"\n'},
        "without escapes",
        "pyproject.toml:3",
    ),
    "escapes-in-python": ({**_BASE, INIT: '__version__ = "1.2.\\x33"\n'}, "computed", f"{INIT}:1"),
}


@pytest.mark.parametrize(("files", "said", "where"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_bumped_for_sure_is_refused_with_what_was_found_and_where(
    files: Files, said: str, where: str
) -> None:
    with pytest.raises(CastoffError) as caught:
        changes(tree(files), "2.0.0")
    assert said in str(caught.value)
    assert str(caught.value.problems[0].where) == where
    assert caught.value.exit_code == 1


def test_places_that_disagree_are_all_listed_with_file_and_line() -> None:
    files = {
        **_BASE,
        INIT: '"""Demo."""\n\n__version__ = "1.2.4"\n',
        "uv.lock": '\n[[package]]\nname = "demo"\nversion = "1.2.2"\nsource = { editable = "." }\n',
    }
    with pytest.raises(CastoffError) as caught:
        find(tree(files))
    first, *listed = caught.value.problems
    what = "the places of the version disagree; make them say the same by hand, then run this again"
    assert first == Problem(what, fix=("uv lock",))
    assert [(str(problem.where), problem.what) for problem in listed] == [
        ("pyproject.toml:6", "project.version says 1.2.3"),
        (f"{INIT}:3", "__version__ says 1.2.4"),
        ("uv.lock:4", "package.version says 1.2.2"),
    ]


@pytest.mark.parametrize(("value", "said"), [("1.2.4", "says 1.2.4"), ("one", "is 'one', which is no version")])
def test_a_file_that_is_nothing_but_a_version_is_called_the_file(value: str, said: str) -> None:
    places = '[tool.castoff]\nplaces = ["pyproject.toml:project.version", "VERSION"]\n'
    with pytest.raises(CastoffError) as caught:
        find(tree({"pyproject.toml": STATIC + places, "VERSION": f"\n{value}\n"}))
    assert caught.value.problems[-1] == Problem(f"the file {said}", Location("VERSION", 2))


def test_a_lock_that_is_broken_is_made_again() -> None:
    with pytest.raises(CastoffError, match=r"^uv\.lock is not TOML") as caught:
        find(tree({**_BASE, "uv.lock": '[[package]]\nname = "demo"\nversion = \n'}))
    assert caught.value.problems[0].fix == ("uv lock",)


def test_a_lock_that_agrees_with_the_backend_is_not_to_be_made_again() -> None:
    lock = '[[package]]\nname = "demo"\nversion = "1.2.3"\nsource = { editable = "." }\n'
    with pytest.raises(CastoffError, match="disagree") as caught:
        find(tree({**_BASE, INIT: '__version__ = "1.2.4"\n', "uv.lock": lock}))
    assert caught.value.problems[0].fix == ()


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({**_BASE, INIT: '__version__ = "1.2.4"\n'}, id="the-package"),
        pytest.param({**_BASE, INIT: "", "src/demo/_version.py": '__version__ = "1.2.4"\n'}, id="a-version-module"),
        pytest.param({"pyproject.toml": POETRY + STATIC + '[tool.poetry]\nversion = "1.2.4"\n'}, id="two-tables"),
        pytest.param(
            {"pyproject.toml": SETUPTOOLS + STATIC, "setup.cfg": "[metadata]\nversion = 1.2.4\n"}, id="setup-cfg"
        ),
        pytest.param({"pyproject.toml": SETUPTOOLS + STATIC, "setup.py": "setup(version='1.2.4')\n"}, id="setup-py"),
        pytest.param(
            {
                "pyproject.toml": STATIC + '[tool.castoff]\nplaces = ["pyproject.toml:project.version", "VERSION"]\n',
                "VERSION": "1.2.4\n",
            },
            id="configured-places",
        ),
    ],
)
def test_places_that_disagree_are_refused(files: Files) -> None:
    with pytest.raises(CastoffError, match="disagree"):
        find(tree(files))


def test_a_citation_of_another_version_is_left_alone_and_noted() -> None:
    places = find(tree({**_BASE, "CITATION.cff": "title: x\nversion: 1.1.0\n"}))
    assert places.notes == ("CITATION.cff:2 cites version 1.1.0; it is left alone",)


def test_a_citation_with_escapes_is_refused_with_what_to_write() -> None:
    with pytest.raises(CastoffError) as caught:
        find(tree({**_BASE, "CITATION.cff": 'title: x\nversion: "1.2.\\u0033"\n'}))
    assert caught.value.problems == (Problem("CITATION.cff: write version: X plainly", Location("CITATION.cff", 2)),)


def test_every_kind_of_place_is_named_by_its_file_and_key() -> None:
    files = {
        "pyproject.toml": SETUPTOOLS + STATIC,
        INIT: '__version__ = "1.2.3"\n',
        "setup.cfg": "[metadata]\nversion = 1.2.3\n",
        "setup.py": 'setup(version="1.2.3")\n',
        "uv.lock": '[[package]]\nname = "demo"\nversion = "1.2.3"\nsource = { editable = "." }\n',
        "CITATION.cff": "version: 1.2.3\n",
    }
    assert [place.name for place in find(tree(files)).places] == [
        "pyproject.toml:project.version",
        "setup.cfg:metadata.version",
        "setup.py:version",
        f"{INIT}:__version__",
        "uv.lock:package.version",
        "CITATION.cff:version",
    ]


@pytest.mark.parametrize(
    ("files", "file", "key"),
    [
        (BACKENDS["hatch-path"], INIT, "__version__"),
        (BACKENDS["hatch-own-pattern-in-a-text"], "VERSION.md", ""),
        (BACKENDS["setuptools-file"], "VERSION", ""),
        (
            {
                "setup.py": 'setup(name="demo", version="1.2.3", data_files=["demo/__init__.py"])\n',
                "demo/__init__.py": HERE,
            },
            "setup.py",
            "version",
        ),
    ],
)
def test_the_place_that_the_backend_reads_comes_first_with_a_key_where_the_file_holds_more(
    files: Files, file: str, key: str
) -> None:
    place = find(tree(files)).places[0]
    assert (place.file, place.key, place.name) == (file, key, f"{file}:{key}" if key else file)


@pytest.mark.parametrize(
    "text", ["", "# nothing", "[]", "- version: 1.2.3", "version", "? [version]\n: 1.2.3", "1.2.3"]
)
def test_a_citation_of_no_version_is_no_place(text: str) -> None:
    places = find(tree({**_BASE, "CITATION.cff": text}))
    assert ([place.file for place in places.places], places.notes) == (["pyproject.toml"], ())


def test_a_citation_that_is_no_yaml_is_refused_with_yaml_s_reason_in_one_line() -> None:
    with pytest.raises(CastoffError, match=r"^CITATION\.cff is not YAML: while parsing a flow .* line 2") as caught:
        find(tree({**_BASE, "CITATION.cff": "title: x\nversion: [1.2.3\n"}))
    assert caught.value.problems[0].where == Location("CITATION.cff")


def test_places_that_spell_the_version_differently_are_noted() -> None:
    places = find(tree(LAYOUTS["different-spellings"]))
    said = ", ".join(f"{place.name} {place.value}" for place in places.places)
    assert places.notes == (f"the places spell the version differently: {said}",)
    assert "1.2.3-rc1, " in said


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("README.md", id="a-file-with-more-than-a-version"),
        pytest.param("README.md:version", id="a-key-in-a-file-of-no-known-format"),
        pytest.param("setup.cfg", id="a-setup-cfg-without-a-version"),
        pytest.param("uv.lock", id="a-lock-without-the-project"),
        pytest.param("pyproject.toml:project.number", id="a-key-that-is-not-there"),
        pytest.param("conf.py:number", id="a-name-that-the-module-does-not-bind"),
    ],
)
def test_a_configured_place_that_is_none_is_a_wrong_configuration(place: str) -> None:
    """The error names it, says what a place looks like, and stands in the file to mend."""
    with pytest.raises(UsageError) as caught:
        find(_configured_as(place))
    assert caught.value.problems == (
        Problem(
            f"[tool.castoff] places: {place!r} is not a place; write pyproject.toml:project.version, "
            "src/x/__init__.py:__version__, setup.cfg, uv.lock, or a file that holds just the version",
            Location("pyproject.toml"),
        ),
    )


@pytest.mark.parametrize("file", ["nowhere.py", "../outside"])
def test_a_configured_place_in_a_file_that_is_not_there_is_a_wrong_configuration(file: str) -> None:
    with pytest.raises(UsageError) as caught:
        find(_configured_as(f"{file}:x"))
    assert caught.value.problems == (
        Problem(f"[tool.castoff] places: {file} is not there", Location("pyproject.toml")),
    )


def test_a_configured_name_that_asks_the_installed_metadata_is_refused_with_its_name_and_file() -> None:
    with pytest.raises(CastoffError, match=r"^asked of conf\.py asks the installed metadata") as caught:
        find(_configured_as("conf.py:asked"))
    assert caught.value.problems[0].where == Location("conf.py")


def test_a_place_that_is_a_whole_file_has_no_key() -> None:
    (place,) = find(_configured_as("VERSION")).places
    assert (place.key, place.name, place.value) == ("", "VERSION", "1.2.3")


def _configured_as(place: str) -> Memory:
    return tree(
        {
            "pyproject.toml": STATIC + f'[tool.castoff]\nplaces = ["{place}"]\n',
            "README.md": "version 1.2.3\n",
            "VERSION": "\n 1.2.3\n",
            "conf.py": "from importlib.metadata import version\nasked = version('demo')\n",
            "setup.cfg": "[metadata]\nname = demo\n",
            "uv.lock": '[[package]]\nname = "other"\nversion = "1.2.3"\nsource = { registry = "x" }\n',
        }
    )


def test_two_names_of_one_file_are_one_place() -> None:
    files = {"pyproject.toml": (HATCH + STATIC).replace("«", "").replace("»", "").encode(), "v.py": b"V = '1.2.3'\n"}
    below = Memory(
        {**files, "src/demo/__init__.py": b"from ._version import V as __version__\n"}, {"src/demo/_version.py": "v.py"}
    )
    assert [place.name for place in find(below).places] == ["pyproject.toml:project.version", "v.py:V"]
    assert bumped(below, "2.0.0").files["v.py"] == b"V = '2.0.0'\n"
