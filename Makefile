# The front door: `make` alone lists what there is to type. Every target runs the invoke task of its own name from
# .venv, which is made the first time. What a task does stands in tasks.py; here are no flags and no logic.

.DEFAULT_GOAL := help

# Not the user's to change: both stand in recipes as they are.
override VENV := .venv
override RUN := $(VENV)/bin/invoke
override PIP := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check

PYTHON ?= python3

# What a user types reaches a task as an environment variable, byte for byte, and never as text in a recipe.
# make expands a variable from the command line when it exports it, so VERSION='$(shell ...)' would run: here each
# one is nailed to its raw value first. One that was not given stays out of the environment.
define hand_over
ifneq ($$(origin $(1)),undefined)
override $(1) := $$(value $(1))
export $(1)
endif
endef
$(foreach name,VERSION TAG DIRECT DRY_RUN PUSH YES FAULT OFFLINE PYTHON,$(eval $(call hand_over,$(name))))

# A make that a task starts (a rehearsal, a test) is a make of its own: it inherits neither flags nor variables.
unexport MAKEFLAGS MFLAGS MAKEOVERRIDES

.PHONY: help install lint format-check typecheck test check build preflight twine-check check-tag check-workflow bump tag release undo rehearse doctor verify

help: ## list the targets
	@awk -F ' *:.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

install: $(VENV)/.ready ## make .venv from requirements.txt (every other target does it too)
	@echo '$(VENV) is ready.'

lint: $(VENV)/.ready ## ruff, and the workflows against their schema and zizmor
	@$(RUN) lint

format-check: $(VENV)/.ready ## is every file laid out as ruff would?
	@$(RUN) format-check

typecheck: $(VENV)/.ready ## pyright, strict
	@$(RUN) typecheck

test: $(VENV)/.ready ## pytest
	@$(RUN) test

check: $(VENV)/.ready ## the four checks above, side by side
	@$(RUN) check

build: $(VENV)/.ready ## sdist and wheel into an empty dist/, with a manifest of their digests
	@$(RUN) build

preflight: $(VENV)/.ready ## all that can be known before a release: checks, tag, build
	@$(RUN) preflight

twine-check: $(VENV)/.ready ## are the files in dist/ the ones that were built, and do they install?
	@$(RUN) twine-check

check-tag: $(VENV)/.ready ## does the tag agree with the version in the files? (TAG=vX)
	@$(RUN) check-tag

check-workflow: $(VENV)/.ready ## does the release workflow say what it must? line by line where it does not
	@$(RUN) check-workflow

bump: $(VENV)/.ready ## write a version into every place it lives (VERSION=X, DRY_RUN=1)
	@$(RUN) bump

tag: $(VENV)/.ready ## tag main's commit that holds a version (VERSION=X, PUSH=1)
	@$(RUN) tag

release: $(VENV)/.ready ## the next right step of a release; again until it is done (VERSION=X, DIRECT=1, DRY_RUN=1)
	@$(RUN) release

undo: $(VENV)/.ready ## take back what can still be taken back of a release (VERSION=X, YES=1, DRY_RUN=1)
	@$(RUN) undo

rehearse: $(VENV)/.ready ## a whole release on this machine alone (VERSION=X, FAULT=name)
	@$(RUN) rehearse

doctor: $(VENV)/.ready ## would a release work today? the one-time set-up, line by line (DIRECT=1, OFFLINE=1)
	@$(RUN) doctor

verify: $(VENV)/.ready ## is what the world serves what was built and signed? (VERSION=X)
	@$(RUN) verify

# uv, locked in the same file, installs the rest in a third of pip's time; where it cannot (an index that only pip is
# told of, say), pip does.
#
# Two stamps, each written last, so that an installation which was interrupted is done again: a change of the lock
# makes .venv anew, a change of pyproject.toml (every bump is one) only installs castoff again.
$(VENV)/.locked: requirements.txt
	@"$$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  printf '%s\n' "castoff needs Python 3.11 or newer, and $$PYTHON is not. Type: make install PYTHON=python3.12" >&2; exit 1; }
	@echo 'Making $(VENV) from requirements.txt: once, and again when that file changes.' >&2
	@rm -rf $(VENV)
	@"$$PYTHON" -m venv $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.txt >$(VENV)/uv.txt
	@$(PIP) --require-hashes -r $(VENV)/uv.txt
	@UV_SYSTEM_CERTS=1 $(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --require-hashes \
	  -r requirements.txt || $(PIP) --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.ready: $(VENV)/.locked pyproject.toml
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@
