# Quanta Census: one command from a Butler repository to the technote.
# `make help` prints the lines below that carry a double hash.

CAMPAIGNS ?= campaigns/demo.yaml
DATA      ?= data
WORKERS   ?=
PYTHON    ?= python3
FORMAT    ?= table

BIN   := .venv/bin
STAMP := .venv/.synced
# Older stacks that extraction supports: tests/stacks/<name>.in says what they are made of.
STACKS := w_2025_48 v30_0_0
# An environment that was activated elsewhere must not leak into ours.
unexport PYTHONHOME PYTHONPATH VIRTUAL_ENV

# An empty DATA would mean the current folder, or the root of the disk in a path that begins with it.
ifeq ($(strip $(value DATA)),)
  $(error DATA is empty: name the folder of all outputs, such as DATA=data)
endif
# The two paths reach the programs through the environment, unexpanded: quotes and $ survive.
export override CENSUS_CAMPAIGNS := $(value CAMPAIGNS)
export override CENSUS_DATA := $(value DATA)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup extract transform report summary technote publish sql ask docs test test-batch test-stacks test-wheel lint format bench soak fuzz clean lock
# The steps are a pipeline: `make -j extract transform report` must keep their order.
.NOTPARALLEL:

help: ## what can be made (this list)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  CAMPAIGNS=$(CAMPAIGNS)  the campaigns file"
	@echo "  DATA=$(DATA)  where all outputs go"
	@echo "  WORKERS=$(or $(WORKERS),N)  files read at once; by default what suits the machine"
	@echo "  FORMAT=$(FORMAT)  of make sql: table, csv, json or markdown"

setup: $(STAMP) ## make .venv, with everything that the other targets need

# `uv` installs the hashed lock in seconds; it is bootstrapped by pip, so python3 and make are enough.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@# uv itself by the pin and the hashes of the lock, too.
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement .venv/uv.txt
	@# Compiled here, once: where Python may not write bytecode, every process would compile all it imports.
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

extract: $(STAMP) ## Butler repository -> $(DATA)/lake (builds the demo repository first if it is missing)
	$(BIN)/python -m extract run "$$CENSUS_CAMPAIGNS" --data "$$CENSUS_DATA" $(if $(WORKERS),--workers $(WORKERS))

transform: $(STAMP) ## $(DATA)/lake -> $(DATA)/warehouse.duckdb, with every check
	$(BIN)/python -m dbt_project build --data "$$CENSUS_DATA"

report: $(STAMP) ## $(DATA)/warehouse.duckdb -> $(DATA)/report: figures, tables, technote, page
	$(BIN)/python -m reports run --data "$$CENSUS_DATA"

summary: $(STAMP) ## the answer on one screen of the terminal
	@$(BIN)/python -m reports summary --data "$$CENSUS_DATA"

technote: report ## the technote's HTML, by documenteer in an environment of its own
	$(BIN)/python -m reports technote --data "$$CENSUS_DATA"

publish: technote docs ## everything for a static web server, in FOLDER (default $(DATA)/public)
	$(BIN)/python -m reports publish --data "$$CENSUS_DATA" "$${CENSUS_FOLDER:-$$CENSUS_DATA/public}"
publish: export override CENSUS_FOLDER := $(value FOLDER)

sql: $(STAMP) ## a read-only SQL prompt; one query with Q="select ..."; FILES=1 lets SQL use files
	@$(BIN)/python -m dbt_project sql --data "$$CENSUS_DATA" --format "$(FORMAT)" $(if $(FILES),--allow-files) $(if $(value Q),--from-env CENSUS_QUERY)
# The query reaches the program through the environment and unexpanded: quotes, $ and % survive.
sql: export override CENSUS_QUERY := $(value Q)
unexport Q

ask: $(STAMP) ## the ready questions; the answer of one with Q=name [CAMPAIGN= STAGE= TASK= FORMAT=]
	@$(BIN)/python -m dbt_project ask --data "$$CENSUS_DATA" --format "$(FORMAT)" \
	  $(if $(value CAMPAIGN),--campaign "$$CENSUS_CAMPAIGN") $(if $(value STAGE),--stage "$$CENSUS_STAGE") \
	  $(if $(value TASK),--task "$$CENSUS_TASK") $(if $(value Q),-- "$$CENSUS_QUERY")
ask: export override CENSUS_QUERY := $(value Q)
ask: export override CENSUS_CAMPAIGN := $(value CAMPAIGN)
ask: export override CENSUS_STAGE := $(value STAGE)
ask: export override CENSUS_TASK := $(value TASK)

docs: $(STAMP) ## dbt's documentation of every model and column, as one offline page
	$(BIN)/python -m dbt_project docs --data "$$CENSUS_DATA"

test: $(STAMP) ## everything that a change must pass
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

test-stacks: $(STACKS:%=.venv-stacks/%/.synced) ## the extraction tests on older stacks (outside make test)
	@set -e; for stack in $(STACKS); do echo "== tests/extract on $$stack"; \
	  .venv-stacks/$$stack/bin/python -m pytest -p no:cacheprovider tests/extract; done
	$(BIN)/python -m pytest tests/stacks

.venv-stacks/%/.synced: tests/stacks/%.lock $(STAMP)
	test -x .venv-stacks/$*/bin/python || $(PYTHON) -m venv --without-pip .venv-stacks/$*
	$(BIN)/uv pip sync --quiet --python .venv-stacks/$*/bin/python --require-hashes tests/stacks/$*.lock
	$(BIN)/uv pip install --quiet --python .venv-stacks/$*/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

test-wheel: $(STAMP) ## a built wheel, each extra alone in a clean environment (outside make test)
	$(BIN)/python -m pytest tests/wheel

test-batch: $(STAMP) ## real quanta as jobs of a real Slurm on this machine (outside make test)
	$(BIN)/python -m pytest tests/batch

soak: $(STAMP) ## kill each step many times and repeat a nightly census (hours; outside make test)
	$(BIN)/python -m tests.reliability.soak
	$(BIN)/python -m tests.reliability.forked 200

# Outside of the lock that everybody installs: the fuzzer is large, and made for Linux alone.
fuzz: $(STAMP) ## look for bytes that a decoder fails at, guided by coverage (hours; outside make test)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement tests/reliability/fuzz.lock
	$(BIN)/python -m tests.reliability.fuzz

lint: $(STAMP) ## ruff, mypy, sqlfluff, oxlint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 0 --disable-progress-bar dbt_project/models dbt_project/tests dbt_project/analyses
	@# Once more as another engine's SQL: what only DuckDB understands belongs into macros/duckdb.sql.
	$(BIN)/sqlfluff lint --processes 0 --disable-progress-bar --dialect sparksql --rules LT13 dbt_project/models
	$(BIN)/oxlint --deny-warnings reports/page/js

format: $(STAMP) ## rewrite sources in the one style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --disable-progress-bar dbt_project/models dbt_project/tests dbt_project/analyses

bench: $(STAMP) ## the numbers of docs/benchmarks.md, each as a ratio against the plain way
	$(BIN)/python -m tests.bench

lock: $(STAMP) ## write requirements.lock anew from pyproject.toml
	$(BIN)/uv export --quiet --python $(BIN)/python --all-extras --all-groups --no-header --no-annotate \
	  --no-emit-project --output-file requirements.lock
	rm -f uv.lock
	@set -e; for stack in $(STACKS); do echo "tests/stacks/$$stack.lock"; \
	  $(BIN)/uv pip compile --quiet --python $(BIN)/python --no-header --no-annotate --generate-hashes \
	    --extra extract --extra demo --extra remote --constraint tests/stacks/$$stack.in \
	    --output-file tests/stacks/$$stack.lock pyproject.toml tests/stacks/tests.in; done

# Only what bears our mark is removed. The mark in dbt/ stands for the warehouse too.
clean: ## remove warehouse and report; never a lake or a repository
	@cd -- "$$CENSUS_DATA" 2>/dev/null || { echo "clean: there is no folder $$CENSUS_DATA"; exit 0; }; \
	status=0; mark=.quanta-census; \
	if [ -f "./dbt/$$mark" ]; then \
	  rm -f ./warehouse.duckdb ./warehouse.duckdb.wal || status=1; rm -rf ./warehouse.duckdb.building-*; \
	elif [ -e ./warehouse.duckdb ]; then \
	  echo "clean: kept $$PWD/warehouse.duckdb: dbt/$$mark is not beside it, so it may not be ours"; \
	fi; \
	for folder in report docs dbt; do \
	  if [ -f "./$$folder/$$mark" ]; then rm -rf "./$$folder" || status=1; \
	  elif [ -e "./$$folder" ]; then \
	    echo "clean: kept $$PWD/$$folder: it has no file $$mark, so it may not be ours"; \
	  fi; \
	done; exit $$status
