# Everything a person does with this repository. Needs Python 3.11 or newer, git and make; nothing else.

VENV ?= .venv
PORT ?= 8000
WORKERS ?= 2
ARGS ?=

BIN := $(VENV)/bin
READY := $(VENV)/.ready
CLIENT := $(wildcard clients/python/pyproject.toml)

# The first interpreter that is new enough; PYTHON= names another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$python >/dev/null && $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$python && break; done)

LOCKED := --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset test check bench storm lock

help:  ## this list
	@echo 'make setup       create .venv from the locked requirements'
	@echo 'make demo        a small city at http://127.0.0.1:8000 (PORT= changes it); data are kept in var/'
	@echo 'make demo-reset  forget the data of the demo, so that the next start opens the city anew'
	@echo 'make test        every test, on PostgreSQL 18 (WORKERS= and ARGS= go to pytest)'
	@echo 'make check       style, types, import contracts, the rulebook, the published contract'
	@echo 'make bench       how fast, as ratios, beside a naive version; writes var/bench.json'
	@echo 'make storm       files while everything is killed, four senders at once (STORM_ROWS= STORM_KILLS= STORM_EACH= STORM_SEED=)'

setup: $(READY)  ## the environment

$(READY): requirements-dev.txt pyproject.toml $(CLIENT)
	@test -n '$(PYTHON)' || { echo '需要 Python 3.11 或更新版本（可用 PYTHON= 指定）。'; \
		echo 'Python 3.11 or newer is needed; name it with PYTHON=.'; exit 1; } >&2
	@test -x $(BIN)/pip || '$(PYTHON)' -m venv $(VENV) || { echo '无法建立虚拟环境；Debian 上请安装 python3-venv。'; \
		echo 'No virtual environment could be made; on Debian install python3-venv.'; exit 1; } >&2
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . $(addprefix -e ,$(dir $(CLIENT)))
	@touch $@

# make may be killed too: the demo, and the database with it, ends when its parent does.
demo: setup  ## serve the demo
	@exec env CREDITBANK_END_WITH_PARENT=$$PPID $(BIN)/creditbank demo --port $(PORT)

demo-reset: setup  ## start over
	@$(BIN)/creditbank demo --reset

test: setup  ## the tests
	$(BIN)/pytest -n $(WORKERS) $(ARGS)

check: setup  ## what a change must pass besides the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@find service/creditbank/rulebook -name '*.yaml' | sort | xargs -n 6 -P $$(nproc) $(BIN)/creditbank rules check
	$(BIN)/creditbank contract --check

bench: setup  ## the figures
	$(BIN)/python -m tests.load.bench

storm: setup  ## what is left after many kills
	$(BIN)/python -m tests.load.storm

lock: setup  ## the locked requirements again, from pyproject.toml
	$(BIN)/uv pip compile $(LOCKED) pyproject.toml --extra embedded -o requirements.txt
	$(BIN)/uv pip compile $(LOCKED) pyproject.toml --extra embedded --group dev -c requirements.txt -o requirements-dev.txt
