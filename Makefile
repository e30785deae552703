# Everything a target needs, it sets up. Nothing here needs more than Python 3.11, make and, for the tests, Node.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Tests start some hundred Pythons, which aren't to compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

# For bench-peers: which scenario or case, which server, how often, and whether to forget what was measured.
SCENARIO ?=
ONLY ?=
ROUNDS ?= 3
FRESH ?=

.PHONY: run test test-python test-js lint types soak bench bench-peers bench-report bench-check vendor clean

## run: start the server on http://127.0.0.1:8000 with its log in collab.db
run: $(VENV)/installed
	$(BIN)/collab serve

## test: Python, JavaScript and browser tests
test: test-python test-js

test-python: $(VENV)/installed-dev node_modules/.installed
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/ensure-chromium
	$(BIN)/python -m pytest -m "not browser and not soak" --numprocesses auto --dist worksteal
	$(BIN)/python -m pytest -m "browser and not soak" --numprocesses 3 --dist worksteal

test-js: node_modules/.installed
	npm run --silent types
	npm test --silent

lint: $(VENV)/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/installed-dev
	$(BIN)/mypy

## soak: the same laws and crashes, for much longer
soak: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m soak

## bench: ratios measured on this machine, and collab beside its peers: half an hour
bench: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks
	$(MAKE) bench-peers

## bench-peers: only the peers, or only SCENARIO=S2, ONLY=hocuspocus, ROUNDS=1, FRESH=1
bench-peers: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks.peers run $(SCENARIO) $(addprefix --only ,$(ONLY)) --rounds $(ROUNDS) $(if $(FRESH),--fresh)

## bench-report: docs/benchmarks.md from what bench-peers has measured
bench-report: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks.peers report

## bench-check: has anything become slow, against naive references?
bench-check: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks.check

## vendor: build static/vendor again from package-lock.json
vendor: node_modules/.installed
	npm run vendor

$(VENV)/installed: pyproject.toml
	$(PYTHON) scripts/check_python.py
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/installed-dev: pyproject.toml $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

node_modules/.installed: package.json package-lock.json
	scripts/ensure-node
	npm ci --no-audit --no-fund --silent
	touch $@

clean:
	rm -rf $(VENV) node_modules dist .mypy_cache .ruff_cache .pytest_cache
