# `make demo`: from nothing to results/report/index.html.  `make test`: lint, unit tests and one small run.
# `make test-all`: also whatever takes long, or needs Chromium, root or a network.
VENV := .venv
# the Python that .venv is of, once there is one
PYTHON ?= $(shell test -x $(VENV)/bin/python && echo $(VENV)/bin/python || echo python3)
# another index for torch: https://download.pytorch.org/whl/cpu has small builds that need no CUDA
TORCH_INDEX ?=
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
BIN := $(VENV)/bin
# snakemake's jobs call `python`, which must be the one of the environment
RUN := PATH="$(CURDIR)/$(BIN):$$PATH" HF_HUB_OFFLINE=1
# a module is run by one process, for its fixtures
PYTEST := pytest --numprocesses $(CORES) --dist loadscope --no-loadscope-reorder
# what `make long` runs: markers, and files or all
LONG := browser or conda or docs or e2e or kills or s3 or slow or slurm
TESTS ?=

.PHONY: demo test test-all long unit lint format schema pin-envs check-wheels clean FORCE

demo: $(VENV)/installed
	$(RUN) snakemake --cores $(CORES)
	@echo "Open results/report/index.html"

test: lint unit

unit: $(VENV)/installed
	$(RUN) $(PYTEST)

test-all: test long

long: $(VENV)/installed
	$(RUN) $(PYTEST) -m "$(LONG)" $(TESTS)

lint: $(VENV)/installed
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) codespell
	$(RUN) mypy
	$(RUN) snakefmt --check Snakefile workflow
	$(RUN) snakemake --lint

format: $(VENV)/installed
	$(RUN) ruff check --fix
	$(RUN) ruff format
	$(RUN) snakefmt Snakefile workflow

schema: $(VENV)/installed
	$(RUN) python -c 'from teachtext.config.whole import json_schema; print(json_schema())' > workflow/schemas/config.schema.json

# Where conda-forge can be reached, with conda and snakedeploy: exact builds of the environments that
# have no packages of pip's, which a pin file would leave out.
pin-envs:
	snakedeploy pin-conda-envs --conda-frontend conda $(shell grep --files-without-match pip: envs/*.yaml)

# Which pins have neither a wheel nor a pure Python source, for each Python and platform of docs/install.md
check-wheels: $(VENV)/installed
	$(BIN)/python envs/check_wheels.py

# asked each time: whether .venv is whole, of this Python and of these locks
$(VENV)/installed: FORCE
	@command -v $(PYTHON) > /dev/null || { echo "There is no $(PYTHON). Name a Python 3.11, 3.12 or 3.13: make demo PYTHON=python3.12"; exit 1; }
	@$(PYTHON) envs/install.py --torch-index "$(TORCH_INDEX)"

FORCE:

clean:
	rm -rf $(VENV) results logs data/demo .snakemake
