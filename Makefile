# `make run` and `make test` do all set-up themselves: Python 3.11 or later with pip, make and git are enough.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# One worker more than there are processors, for some always wait; a file's tests stay together, as they share what they
# have opened.
SIDE_BY_SIDE = -n $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) --dist loadfile

# Modules are compiled once, and not at each of the hundreds of commands that the tests start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test coverage check bench clean
.DELETE_ON_ERROR:

help:
	@echo 'make run    judge the reference client, which passes, and then a flawed one: what a failure looks like'
	@echo 'make test   every check and every test, with what was skipped and why; REQUIRE="node go" forbids such skips'
	@echo 'make check  the checks that run no test: ruff, mypy, import contracts'
	@echo 'make coverage  the tests again, and which lines and branches none of them reaches'
	@echo 'make bench  the figures of the budgets'
	@echo 'make clean  remove the virtual environment and what tools have cached'

$(READY): pyproject.toml .ci/set-up
	@sh .ci/set-up $(VENV)
	@touch $@

run: $(READY)
	@$(BIN)/oauthspec run --client reference
	@echo; echo 'Now a client that keeps state where every session finds it, which is wrong:'; echo
	@$(BIN)/oauthspec run --client flawed:state-in-shared-cache --app-kind basic; \
	code=$$?; test $$code -eq 1 || { echo "It should have failed with exit code 1, not $$code."; exit 1; }

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

test: check
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE)

# Apart from `test`, for it takes twice the time. Read out even when a test failed; then the tests' exit code counts.
coverage: $(READY)
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest $(SIDE_BY_SIDE); code=$$?; \
	$(BIN)/coverage combine --quiet && $(BIN)/coverage report && exit $$code

bench: $(READY)
	@$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
