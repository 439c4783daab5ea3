# Every target works on a fresh clone: it makes .venv, and `up` gets the engine. All of it stays in .venv and .local.
STACK ?= dev
PYTHON ?= python3

# Byte code is written next to the packages, once; without it each of the many short Python processes compiles again.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
ENGINE := $(BIN)/python -m engine
# Interrupted, venv and pip leave temporary files behind; here they are in a folder of the project.
TEMP := TMPDIR="$(CURDIR)/.local/tmp"
PIP := $(BIN)/python -m pip install --quiet --no-compile --no-cache-dir --disable-pip-version-check
INSTALL := $(TEMP) $(PIP) -r requirements.txt
NEEDS := pyproject.toml requirements.txt constraints.txt

# A page stays as it was when what makes it fails.
WRITE = $(BIN)/python -m $(1) > .local/page && mv .local/page $(2)

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
up: .venv/.up ## Build the stack in local Azure and show the status of each extension (STACK=dev)
	@$(ENGINE) up --stack $(STACK)
preview: .venv/.up ## Show what `make up` would change, and why
	@$(ENGINE) preview --stack $(STACK)
status: .venv/.up ## Show the status of each extension on each node
	@$(ENGINE) status --stack $(STACK)
down: .venv/.up ## Take the stack down and stop local Azure
	@$(ENGINE) down --stack $(STACK)
review: .venv/.up ## Show what the change would do to each stack, from where it left the main branch (BASE=, STACK=)
	@$(ENGINE) review $(if $(BASE),--base '$(BASE)') $(if $(filter-out file,$(origin STACK)),--stack $(STACK))
test: check ## Run `make check`, then all tests, those with the real engine included
	@$(ENGINE) get
	@$(BIN)/python -m pytest --basetemp .local/tests -m "not drill" --ignore tests/layout
drills: .venv/.test ## Run the long tests: roll-outs, ways back, stacks broken at work by quotas, faults and kills
	@$(ENGINE) get
	@$(BIN)/python -m pytest --basetemp .local/drills -m drill tests tests/drills
bench: .venv/.up ## Measure the command and the component against baselines; fails if a target is missed
	@$(ENGINE) get
	@$(BIN)/python -m bench
check: .venv/.test ## Format, lint, spelling, types, and whether the tree is in order
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/codespell
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/layout tests/extension_pool/test_imports.py
generate: .venv/.test ## Write again what is made from the code: pages, schemas, payloads
	@mkdir -p .local
	@$(call WRITE,extension_pool.stack_schema,docs/stack-file.schema.json)
	@$(call WRITE,extension_pool.ops.status_schema,docs/status.schema.json)
	@$(call WRITE,extension_pool.ops.review.schema,docs/report.schema.json)
	@$(call WRITE,extension_pool.ops.review.rules_schema,docs/review-rules.schema.json)
	@$(call WRITE,extension_pool.reference,docs/reference.md)
	@$(call WRITE,extension_pool.mutability,docs/edits.md)
	@$(call WRITE,extension_pool.public,docs/api.md)
	@$(call WRITE,extension_pool.replace_paths,components/extension_pool/replace_on_changes.py)
	@$(call WRITE,policy.docs,docs/policy.md)
	@$(call WRITE,docs.making.troubleshooting,docs/troubleshooting.md)
	@$(BIN)/python -m extension_pool.node_health.packing
	@$(BIN)/python -m docs.making.pictures
dist: .venv/.test ## Build the sdist and the wheel of a release into dist/, from the same commit the same bytes
	@$(TEMP) $(PIP) -c constraints.txt --upgrade --target .local/tools/hatchling hatchling
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) PYTHONPATH=.local/tools/hatchling $(BIN)/python -m hatchling build --clean

# Without its stamp an environment is what an interrupted run left: it is made anew.
.venv/.up: $(NEEDS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed, and $(PYTHON) is %d.%d; choose one with: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	@echo "environment: installing into .venv (about 20 seconds)"
	@rm -rf .local/tmp && mkdir -p .local/tmp
	@test -e $@ || $(TEMP) $(PYTHON) -m venv --clear .venv
	@$(INSTALL) -e '.[ops,emulator]'
	@touch $@
.venv/.test: .venv/.up
	@echo "environment: adding what the tests need"
	@rm -rf .local/tmp && mkdir -p .local/tmp
	@$(INSTALL) -e '.[ops,emulator,test]'
	@touch $@

.PHONY: help up preview status down review test drills bench check generate dist
.DELETE_ON_ERROR:
