# `make demo`: from nothing to results/report/index.html.  `make test`: lint, unit tests and one small run.
# `make test-all`: also whatever takes long, or needs Chromium, root or a network.
PYTHON ?= python3
CORES ?= $(shell nproc)
VENV := .venv
BIN := $(VENV)/bin
# snakemake's jobs call `python`, which must be the one of the environment
RUN := PATH="$(CURDIR)/$(BIN):$$PATH" HF_HUB_OFFLINE=1
PYTEST := pytest --numprocesses $(CORES) --dist loadgroup
LONG := browser or conda or docs or e2e or kills or s3 or slow or slurm

.PHONY: demo test test-all unit lint format schema pin-envs clean

demo: $(VENV)/installed
	$(RUN) snakemake --cores $(CORES)
	@echo "Open results/report/index.html"

test: lint unit

unit: $(VENV)/installed
	$(RUN) $(PYTEST)

test-all: test
	$(RUN) $(PYTEST) -m "$(LONG)"

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
	$(RUN) python -c 'from teachtext.config import json_schema; print(json_schema())' > workflow/schemas/config.schema.json

# Where conda-forge can be reached, with conda and snakedeploy: exact builds of the environments that
# have no packages of pip's, which a pin file would leave out.
pin-envs:
	snakedeploy pin-conda-envs --conda-frontend conda $(shell grep --files-without-match pip: envs/*.yaml)

# constraints.txt is the whole closure, so nothing is left to resolve
$(VENV)/installed: constraints.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --requirement constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf $(VENV) results logs data/demo .snakemake
