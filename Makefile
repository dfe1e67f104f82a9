# `make help` lists what there is. PYTHON chooses the interpreter, PORT the port of `make run`.

PYTHON ?= python3
PORT ?= 8000
SBOM ?= var/sbom.json
VENV := .venv
PY := $(VENV)/bin/python
PEERS := .venv-peers
# What `check --deploy` looks at: production's settings, with values that open nothing.
PRODUCTION := SECRET_KEY=check-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF-0123456789 DEBUG=0 \
	ALLOWED_HOSTS=tinel.example CSRF_TRUSTED_ORIGINS=https://tinel.example DATABASE_POOL_SIZE=4 BEHIND_PROXY=1

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help run test lint check pytest attack bench browser clean sbom

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/installed ## install what is needed and serve a demo clinic (PORT=8000)
	@exec $(PY) manage.py serve $(PORT)

test: lint check pytest ## everything that is checked before a change is accepted

lint: $(VENV)/installed-dev ## formatting, lint and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

check: $(VENV)/installed-dev ## migrations, deployment settings and the shipped knowledge
	$(PY) manage.py makemigrations --check --dry-run
	@$(PY) manage.py db start
	@echo "$(PY) manage.py check --deploy   (with production's settings)"
	@eval "$$($(PY) manage.py db env)" && $(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING --database default
	$(PY) manage.py kb check --without-each --report

pytest: $(VENV)/installed-dev browser ## all tests; narrower: .venv/bin/python -m pytest tests/ranking
	$(PY) -m pytest -n logical --maxprocesses 4 $(PYTEST)

attack: $(VENV)/installed-dev ## the attacks in their long form; their short form is part of `make test`
	ATTACK=1 $(PY) -m pytest tests/attack $(PYTEST)

browser: $(VENV)/installed-dev ## make sure that a Chromium is there for the browser tests
	@scripts/install-browser $(PY)

bench: $(VENV)/installed-dev ## all measurements into var/benchmarks.json (DATA=folder with hpo/ and ddxplus/ for more)
	$(PY) -m benchmarks $(if $(DATA),--data "$(DATA)") $(BENCH)

bench-peers: $(PEERS)/installed ## the environment of the programs that `make bench` runs beside Tinel

# In an environment of its own: the tool and what it needs are no part of Tinel.
sbom: $(VENV)/installed requirements-sbom.txt ## the installed packages as CycloneDX JSON (SBOM=var/sbom.json)
	@mkdir -p var $(dir $(SBOM))
	@test -x var/sbom/bin/cyclonedx-py || { $(PYTHON) -m venv --clear var/sbom && var/sbom/bin/python -m pip install \
		--disable-pip-version-check --progress-bar off --require-hashes -r requirements-sbom.txt 2>&1 | scripts/show-progress; }
	var/sbom/bin/cyclonedx-py environment --pyproject pyproject.toml --short-PURLs --output-reproducible -o $(SBOM) $(PY)

clean: ## stop the database and remove the environment and everything under var/, entered data too
	@if [ -x $(PY) ]; then $(PY) manage.py db remove || true; fi
	rm -rf $(VENV) $(PEERS) var .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Tinel needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1 || echo not there)." \
			"Name another: make run PYTHON=python3.12" >&2; exit 1; }
	@echo "Creating $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "python3 -m venv failed; on Debian and Ubuntu it needs: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/installed: requirements.txt | $(VENV)/bin/python
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing the packages of requirements.txt (about half a minute the first time) …"
	@$(PY) -m pip install --disable-pip-version-check --progress-bar off --require-hashes -r requirements.txt 2>&1 | scripts/show-progress
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@echo "Installing the packages of requirements-dev.txt …"
	@$(PY) -m pip install --disable-pip-version-check --progress-bar off --require-hashes -r requirements-dev.txt 2>&1 | scripts/show-progress
	@touch $@

$(PEERS)/installed: requirements-peers.txt
	@$(PYTHON) -m venv $(PEERS)
	@echo "Installing the packages of requirements-peers.txt …"
	@$(PEERS)/bin/python -m pip install --disable-pip-version-check --progress-bar off --require-hashes -r requirements-peers.txt 2>&1 | scripts/show-progress
	@touch $@
