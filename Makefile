# Everything sets itself up in .venv. PYTHON picks the interpreter, 3.11 or newer.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo run test check format bench soak fuzz pictures clean

demo: $(READY)  ## live meters on the screen, nothing to prepare
	@$(BIN)/metertui demo

run: $(READY)  ## the app on ./data
	@mkdir -p data && chmod go= data  # git made it readable for all
	@$(BIN)/metertui

test: check  ## everything that CI runs
	$(BIN)/python -m compileall -q metertui  # each of the processes that start together would compile all of it
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --dist worksteal

check: $(READY)  ## lint, format, types, borders
	$(BIN)/ruff check metertui tests bench docs
	$(BIN)/ruff format --check metertui tests bench docs
	$(BIN)/mypy --num-workers 2
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix metertui tests bench docs
	$(BIN)/ruff format metertui tests bench docs

bench: $(READY)  ## the figures of the README, measured here
	$(BIN)/python -m bench.query
	$(BIN)/python -m bench.ingest
	$(BIN)/python -m bench.screens
	$(BIN)/python -m bench.government
	$(BIN)/python -m bench.floods
	$(BIN)/python -m bench.follow
	$(BIN)/python -m bench.startup

soak: $(READY)  ## killed 200 times under load, nothing lost
	$(BIN)/python -m tests.end_to_end.crash --rounds 200

fuzz: $(READY)  ## random bytes for the parser, a minute of them
	@test -x .venv-fuzz/bin/python || $(BIN)/python -m venv .venv-fuzz
	@.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check atheris==3.0.0
	.venv-fuzz/bin/python tests/fuzz_protocol.py 60

pictures: $(READY)  ## the pictures and the recording in docs/pictures, from the running app
	$(BIN)/python -m docs.pictures
	$(BIN)/python -m docs.recording

$(READY): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "metertui needs Python 3.11 or newer; set PYTHON to it" >&2; exit 1; }
	@echo "setting up $(VENV), which takes a minute the first time"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $(READY)

clean:
	rm -rf $(VENV) .venv-fuzz build dist *.egg-info .mypy_cache .ruff_cache
