# The front door: `make` alone lists what there is to type. Every target runs the invoke task of its own name from
# .venv, which is made the first time. What a task does stands in tasks.py; here are no flags and no logic.

.DEFAULT_GOAL := help

# invoke looks into the home for a configuration of the user's, and stumbles over a home that is no folder, or another's.
ifneq ($(shell [ ! -e "$$HOME" ] || [ -x "$$HOME/." ] || echo closed),)
unexport HOME
endif

# What a user types reaches a task as an environment variable, byte for byte, and never as text in a recipe.
# make expands a variable from the command line when it exports it, so VERSION='$(shell ...)' would run: here each
# one is nailed to its raw value first. One that was not given stays out of the environment.
define castoff_hand_over
ifneq ($$(filter command environment,$$(origin $(1))),)
override $(1) := $$(value $(1))
export $(1)
endif
endef
castoff_variables := VERSION TAG DIRECT DRY_RUN PUSH YES WATCH WAIT FAULT OFFLINE PYTHON
$(foreach name,$(castoff_variables),$(eval $(call castoff_hand_over,$(name))))

# DRYRUN=1 must not release: whoever mistypes a name is told so, wherever something is about to be done.
ifneq ($(filter bump tag release undo castoff-bump castoff-tag castoff-release castoff-undo,$(MAKECMDGOALS)),)
castoff_strange := $(filter-out SHELL,$(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name))))
ifneq ($(castoff_strange),)
$(error there is no variable $(castoff_strange) here, and nothing was done; there are $(castoff_variables))
endif
endif

# A make that a task starts (a rehearsal, a test) is a make of its own: it inherits neither flags nor variables.
unexport MAKEFLAGS MFLAGS MAKEOVERRIDES

.PHONY: help install lint format-check typecheck test check build preflight twine-check check-tag check-workflow bump tag release undo rehearse status doctor verify

help: ## list the targets
	@awk -F ' *:.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

install: .venv/.ready ## make .venv from requirements.txt (every other target does it too)
	@echo '.venv is ready.'

lint: .venv/.ready ## run the linters (ruff, zizmor, check-jsonschema)
	@.venv/bin/invoke lint

format-check: .venv/.ready ## is every file laid out as the formatter would? (ruff)
	@.venv/bin/invoke format-check

typecheck: .venv/.ready ## check the types (pyright)
	@.venv/bin/invoke typecheck

test: .venv/.ready ## run the tests (pytest)
	@.venv/bin/invoke test

check: .venv/.ready ## all checks, side by side
	@.venv/bin/invoke check

build: .venv/.ready ## sdist and wheel into an empty dist/, with a manifest of their digests
	@.venv/bin/invoke build

preflight: .venv/.ready ## all that can be known before a release: checks, tag, build
	@.venv/bin/invoke preflight

twine-check: .venv/.ready ## are the files in dist/ the ones that were built, and do they install?
	@.venv/bin/invoke twine-check

check-tag: .venv/.ready ## does the tag agree with the version in the files? (TAG=vX)
	@.venv/bin/invoke check-tag

check-workflow: .venv/.ready ## does the release workflow say what it must? line by line where it does not
	@.venv/bin/invoke check-workflow

bump: .venv/.ready ## write a version into every place it lives (VERSION=X, DRY_RUN=1)
	@.venv/bin/invoke bump

tag: .venv/.ready ## tag main's commit that holds a version (VERSION=X, PUSH=1)
	@.venv/bin/invoke tag

release: .venv/.ready ## the next right step of a release; again until it is done (VERSION=X, DIRECT=1, DRY_RUN=1)
	@.venv/bin/invoke release

undo: .venv/.ready ## take back what can still be taken back of a release (VERSION=X, YES=1, DRY_RUN=1)
	@.venv/bin/invoke undo

rehearse: .venv/.ready ## a whole release on this machine alone (VERSION=X, FAULT=name)
	@.venv/bin/invoke rehearse

status: .venv/.ready ## where a release stands, and what to type next (VERSION=X, WATCH=1)
	@.venv/bin/invoke status

doctor: .venv/.ready ## would a release work today? the one-time set-up, line by line (DIRECT=1, OFFLINE=1)
	@.venv/bin/invoke doctor

verify: .venv/.ready ## is what the world serves what was built and signed? (VERSION=X, WAIT=seconds)
	@.venv/bin/invoke verify

# uv, locked in the same file, installs the rest in a third of pip's time; where it cannot (an index that only pip is
# told of, say), pip does. pip compiles what it installs; uv leaves that to Python, which may have been told not to.
#
# Two stamps, each written last, so that an installation which was interrupted is done again: a change of the lock
# makes .venv anew, a change of pyproject.toml (every bump is one) only installs the project again. Backends that
# are programs (uv_build, ninja) are looked for on PATH.
.venv/.locked: requirements.txt
	@"$${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  printf '%s\n' "castoff needs Python 3.11 or newer, and $${PYTHON:-python3} is not. Type: make install PYTHON=python3.12" >&2; exit 1; }
	@echo 'Making .venv from requirements.txt: once, and again when that file changes.' >&2
	@rm -rf .venv
	@"$${PYTHON:-python3}" -m venv .venv
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.txt >.venv/uv.txt
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	@UV_SYSTEM_CERTS=1 .venv/bin/uv pip install --quiet --python .venv/bin/python $${PYTHONDONTWRITEBYTECODE:+--compile-bytecode} --require-hashes -r requirements.txt \
	  || .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt || { \
	  printf '%s\n' 'requirements.txt cannot be installed: the lines above name what stopped it. A package that the checks can do without is left out of what the lock is made from; its first lines hold the command that makes it anew.' >&2; exit 1; }
	@touch $@

.venv/.ready: .venv/.locked $(wildcard pyproject.toml setup.cfg setup.py)
	@export PATH="$$PWD/.venv/bin:$$PATH"; UV_SYSTEM_CERTS=1 .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable . \
	  || .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
