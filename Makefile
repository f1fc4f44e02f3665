# `make` alone lists what there is. Nothing needs an activated environment: everything runs in .venv,
# which is made on first use from requirements.lock.

PYTHON ?=           # the interpreter that makes .venv; empty: the first fitting one of those below
SCALE ?=            # default | paper | tiny; empty: as params.yaml has it
JOBS ?= 2           # stages at a time in `make reproduce`, some 3 GiB of memory each
PORT ?= 5000        # of `make ui`
ARGS ?=             # more words for pytest (make test), benchmarks (make bench), make study or uv (make lock)

PYTHONS := $(or $(strip $(PYTHON)),python3.11 python3.12 python3.13 python3)
RUN := PATH="$(CURDIR)/.venv/bin:$$PATH"

export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help install reproduce survey study test ui lint lock clean bench bench-scale

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

install: .venv/.installed ## make .venv from requirements.lock (the others do so by themselves)

reproduce: .venv/.installed ## run the whole experiment; SCALE=paper for the paper's sizes, SCALE=tiny to see every stage in minutes
	@$(RUN) lcgan scale $(strip $(SCALE))
	@$(RUN) lcgan reproduce --jobs $(strip $(JOBS))
	@echo
	@echo "The page, with every table and figure:  reports/report.html"
	@echo "The same numbers, flat:                 reports/summary.json"
	@echo "Every run, side by side:                make ui"

survey: .venv/.installed ## only what `lcgan classify` needs: train and register the survey arm, no GAN; minutes
	@$(RUN) lcgan scale $(strip $(SCALE))
	@$(RUN) lcgan observe
	@$(RUN) lcgan ingest
	@$(RUN) lcgan datasets
	@$(RUN) lcgan augment
	@$(RUN) lcgan train_classifier --arm survey
	@$(RUN) lcgan register

study: .venv/.installed ## Figure 7 at full size, other GANs and networks, few spectra; resumes: reports/study; SCALE, ARGS="--workers 8"
	@$(RUN) lcgan scale $(strip $(SCALE))
	@$(RUN) dvc repro score_gan
	@$(RUN) lcgan train_gan --model wgan_gp
	@$(RUN) lcgan score_gan --model wgan_gp
	@$(RUN) lcgan gan_study $(ARGS)
	@$(RUN) lcgan study $(ARGS)

test: .venv/.installed ## run all tests; ARGS="-k lamost" for some
	@$(RUN) pytest --numprocesses 2 --dist loadfile $(ARGS)

ui: .venv/.installed ## show the runs in MLflow's pages, on 127.0.0.1; PORT=5001 for another port
	@$(RUN) mlflow ui --host 127.0.0.1 --port $(strip $(PORT)) \
	  --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/mlflow.db}"

bench: .venv/.bench ## time the project beside its peers, README's table; ARGS="score ingest" for some
	@$(RUN) python -m benchmarks $(ARGS)

bench-scale: .venv/.bench ## time and memory as the data grow: docs/growth.png
	@$(RUN) python -m benchmarks.growth $(ARGS)

lint: .venv/.installed ## check the code's rules and its format
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .

lock: ## resolve requirements.lock anew from pyproject.toml (needs uv); ARGS=--upgrade for the newest
	@command -v uv >/dev/null || { echo "make lock: uv is not installed (pip install uv)" >&2; exit 1; }
	uv pip compile pyproject.toml --extra test --extra lint --extra ray --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --quiet \
	  $(ARGS) --output-file requirements.lock

# Only what git ignores below the pipeline's own places, so nothing that a user put in: data/raw/lamost,
# params.yaml, .venv, DVC's cache and MLflow's runs stay, and a study's trials, which are days of work.
MADE := data/raw/stelib data/interim data/processed data/augmented data/generated models reports \
        .lcgan build dist src/lcgan.egg-info .pytest_cache .ruff_cache .hypothesis
clean: ## remove what the pipeline and the tools made; never your data, parameters, runs or studies
	@git clean -fdXq -- $(MADE) ':!reports/study'
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@for python in $(PYTHONS); do \
	  if $$python -c "import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" \
	    2>/dev/null; then \
	    echo "Making .venv with $$($$python --version)"; \
	    exec $$python -m venv --clear .venv; \
	  fi; \
	done; \
	echo "make: no Python 3.11, 3.12 or 3.13 with its venv module among: $(PYTHONS)" >&2; \
	echo "make: install one (Debian: apt install python3 python3-venv) or name one: make PYTHON=PATH" >&2; \
	exit 1

.venv/.installed: .venv/bin/python requirements.lock pyproject.toml
	@echo "Installing requirements.lock into .venv: some 4 GB, minutes on the first run"
	@.venv/bin/python -m pip install --quiet --require-hashes --requirement requirements.lock
	@.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.bench: .venv/.installed
	@echo "Installing the benchmarks' peers (the extra bench of pyproject.toml) into .venv"
	@.venv/bin/python -m pip install --quiet --no-build-isolation --editable '.[bench]'
	@touch $@
