# make repro     set everything up and build the dataset
# make lens      set everything up and build the second dataset's sample, ValueActionLens
# make test      set everything up and run the tests
# make local     a run on a small embedded model, as far as generate: real calls, worthless answers, no key
# make annotate  a Label Studio server on this machine, with the sample that raters judge
# make bench     speed and memory, as ratios within one run
# make sample    rebuild data/sample/ and lens/data/sample/ from their sources (after a change of prompts or samples)
# make lint      ruff, the floors of imports, the types, the licences of what is locked
# make lock      write the lock files again (needs the network)

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet

export PATH := $(CURDIR)/$(BIN):$(PATH)
export DO_NOT_TRACK := 1

.PHONY: repro lens test local annotate bench sample lint lock clean

repro: .venv/run.stamp
	dvc repro

lens: .venv/run.stamp
	dvc repro lens/dvc.yaml

test: .venv/test.stamp .venv/browser.stamp .venv-annotate/stamp .venv-evaluators/stamp
	pytest --numprocesses logical --maxprocesses 4 --dist loadgroup --no-loadscope-reorder

local: .venv/local.stamp
	valact profile use local
	valact local serve -- dvc repro generate
	@echo "Made with the local profile; 'valact profile use sample' goes back to the sample"

annotate: .venv/run.stamp .venv-annotate/stamp
	valact annotate serve

bench: .venv/test.stamp
	python -m benchmarks

sample: .venv/run.stamp
	python data/sample/build.py
	python lens/data/sample/build.py

lint: .venv/test.stamp
	ruff check .
	ruff format --check .
	lint-imports
	mypy
	python requirements/licences.py

.venv/run.stamp: requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "ValAct needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Name another: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up .venv; this takes a minute or two the first time"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) install --no-deps --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/test.stamp: .venv/local.stamp requirements/test.txt
	@$(PIP) install --no-deps --require-hashes -r requirements/test.txt
	@touch $@

# The Label Studio server and the evaluation harnesses want other versions than ours: environments of their own.
.venv-%/stamp: requirements/%.txt .venv/run.stamp
	@echo "Setting up .venv-$*; this takes a minute"
	@test -x .venv-$*/bin/python || $(PYTHON) -m venv .venv-$*
	@.venv-$*/bin/pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r requirements/$*.txt
	@touch $@

.venv/browser.stamp: .venv/test.stamp
	@$(BIN)/python tests/services/browser.py
	@touch $@

.venv/local.stamp: .venv/run.stamp requirements/local.txt
	@$(PIP) install --require-hashes --no-deps -r requirements/local.txt
	@touch $@

LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet --custom-compile-command "make lock"
lock: .venv/run.stamp
	@$(PIP) install uv
	$(LOCK) --overrides requirements/without.txt pyproject.toml --extra build -o requirements/run.txt
	$(LOCK) --overrides requirements/without.txt pyproject.toml --extra build --extra test -c requirements/run.txt -o requirements/test.txt
	$(LOCK) --group local --no-deps -o requirements/local.txt
	$(LOCK) --group annotate -o requirements/annotate.txt
	$(LOCK) --group evaluators -o requirements/evaluators.txt

clean:
	rm -rf .venv .venv-annotate .venv-evaluators data/scrape data/filter data/judge data/generate data/assemble data/release data/metrics data/plots lens/data/grid lens/data/generate lens/data/assemble lens/data/score lens/data/predict lens/data/analyse lens/data/report lens/data/release
