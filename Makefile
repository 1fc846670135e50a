# Python 3.11 or newer and make are all it takes; uv is used when it is there.
# The project itself is put on the path by a .pth file instead of a build: nothing to download, nothing to go stale.

VENV := .venv
PYTHON := $(VENV)/bin/python
TESTS ?=
LOCKS := $(patsubst %.in,%.txt,$(wildcard requirements/*.in))

.DEFAULT_GOAL := help
.PHONY: help up demo doctor attack bench test mutants check lint format docs lock clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

up: $(VENV)/.local ## Start Nexus on this machine: database, store, demo business, every function
	@$(VENV)/bin/nexus up

demo: $(VENV)/.local ## Walk the agent workflow against the running Nexus
	@$(VENV)/bin/nexus demo

doctor: $(VENV)/.local ## Say what is wrong with this machine, and how to mend it
	@$(VENV)/bin/nexus doctor

attack: $(VENV)/.dev ## Replay every known attack on the running Nexus; NAME=columns some
	@$(PYTHON) -m tests.attack $(NAME)

test: $(VENV)/.dev ## Run every test; TESTS="tests/infra -k port" runs some
	@$(PYTHON) -m pytest -n 2 --dist loadfile $(TESTS)

mutants: $(VENV)/.dev ## Say which small faults no test notices: hours; ROOM=shared/tenancy one room, SAMPLE=60 some of each
	@$(PYTHON) -m infra.mutants $(ROOM) $(if $(SAMPLE),--sample $(SAMPLE))

check: $(VENV)/.dev ## Lint, format, types, import contracts, house lints, commit subjects
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PYTHON) -m infra.lint
	@$(PYTHON) -m infra.lint.commits

bench: $(VENV)/.local $(VENV)-bench/.bench ## Measure against peers and limits; QUICK=1 takes 4 minutes, NAME=get some; BESIDE=v0.1 an older tree
	@$(PYTHON) -m $(if $(BESIDE),bench.beside $(BESIDE) $(NAME),bench $(NAME) $(if $(QUICK),--quick))

format: $(VENV)/.dev ## Format the code and mend what ruff can
	@$(VENV)/bin/ruff check --fix
	@$(VENV)/bin/ruff format

docs: $(VENV)/.dev ## Write what is made of the code: /openapi.json, llms.txt, docs/functions.md, docs/schema.sql and more
	@$(PYTHON) -m infra.documents
	@$(PYTHON) -m infra.local.schema_pages

lock: ## Pin requirements/*.in with hashes (needs uv); UPGRADE=1 takes newer versions
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv"; exit 1; }
	@for name in $(LOCKS); do \
	  uv pip compile -q $${name%.txt}.in -o $$name --universal --python-version 3.11 \
	    --generate-hashes --no-header --no-annotate $(if $(UPGRADE),--upgrade) || exit 1; \
	done

clean: ## Remove what was installed and built; the data in .nexus stay
	@rm -rf $(VENV) $(VENV)-bench build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache htmlcov .coverage*

$(VENV)/.local: requirements/local.txt Makefile
	@sh infra/local/install.sh $(VENV) requirements/local.txt
	@touch $@

# The peers have a virtual environment of their own: what they stand on is none of ours.
$(VENV)-bench/.bench: requirements/bench.txt Makefile
	@sh infra/local/install.sh $(VENV)-bench requirements/bench.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt Makefile
	@sh infra/local/install.sh $(VENV) requirements/dev.txt
	@touch $@ $(VENV)/.local
