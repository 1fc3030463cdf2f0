# Every command of the product. `make help` lists them; each sets up what it needs by itself.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON := .venv/bin/python
LOCK := .venv/bin/uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url \
	--no-emit-find-links --python-version 3.11
INTEROP := tests/interop/python/requirements
ARGS ?=
# Compiled modules are kept: the tests start hundreds of processes, each twice as fast with them.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo run codes test coverage fuzz chaos check lock upgrade samples reference bench bench-revocation bench-scan wheel second-engine interop

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make the virtual environment and install all that development needs
	@scripts/system-packages.sh test
	@scripts/setup.sh dev
	@scripts/interop.sh

demo: ## one resident from nothing to a verified QR; pictures in var/demo/
	@scripts/setup.sh runtime
	@$(PYTHON) -m samples.demo $(ARGS)

run: ## start all services to try by hand; Ctrl-C stops them
	@scripts/setup.sh runtime
	@exec $(PYTHON) -m samples.run $(ARGS)

codes: ## codes to try a desk with, without a network: a stick, yesterday's terminal, a page
	@scripts/setup.sh runtime
	@exec $(PYTHON) -m samples.codes $(ARGS)

test: setup ## all tests, on SQLite and PostgreSQL (ARGS="tests/house -k name" for some)
	@$(PYTHON) -m pytest -n 4 --dist loadfile $(ARGS)

coverage: setup ## all tests with branch coverage; the report goes to var/coverage/
	@$(PYTHON) -m coverage erase
	@$(PYTHON) -m coverage run -m pytest $(ARGS)
	@$(PYTHON) -m coverage combine --quiet
	@$(PYTHON) -m coverage html --quiet
	@$(PYTHON) -m coverage report --skip-covered

interop: ## be the wallet of somebody else: ARGS="accept '<offer>'" (docs/interop.md)
	@scripts/interop.sh
	@tests/interop/.env/bin/node tests/interop/node/wallet.mjs $(ARGS)

fuzz: setup ## attack the OpenAPI document's operations and the desk for long (FUZZ_EXAMPLES=500)
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-500} $(PYTHON) -m pytest tests/wallet_api/operations/test_openapi_attack.py \
		tests/verifier/desk/test_fuzz.py --timeout 3600 $(ARGS)

chaos: setup ## kill programs at random moments of many journeys (CHAOS_JOURNEYS=9)
	@CHAOS_JOURNEYS=$${CHAOS_JOURNEYS:-9} $(PYTHON) -m pytest -m 'long or not long' tests/journey/test_kills.py --timeout 600 $(ARGS)
	@SYNC_KILLS=$${SYNC_KILLS:-100} $(PYTHON) -m pytest tests/verifier/sync/test_kills.py --timeout 600

check: ## lint, format, types and import contracts
	@scripts/setup.sh dev
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports

lock: ## write requirements*.txt from requirements*.in, keeping the versions that still fit
	@scripts/setup.sh dev
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-evaluation.in -o requirements-evaluation.txt
	$(LOCK) requirements-dev.in -o requirements-dev.txt
	$(LOCK) requirements-face-recognition.in -o requirements-face-recognition.txt
	$(LOCK) $(INTEROP).in -o $(INTEROP).txt

upgrade: ## write requirements*.txt anew with the newest versions
	@scripts/setup.sh dev
	$(LOCK) --upgrade requirements.in -o requirements.txt
	$(LOCK) --upgrade requirements-evaluation.in -o requirements-evaluation.txt
	$(LOCK) --upgrade requirements-dev.in -o requirements-dev.txt
	$(LOCK) --upgrade requirements-face-recognition.in -o requirements-face-recognition.txt
	$(LOCK) --upgrade $(INTEROP).in -o $(INTEROP).txt

second-engine: ## add the face-recognition package to .venv, to compare with (docs/adr/0016)
	@scripts/setup.sh second-engine

samples: ## make everything that is generated under samples/ again, byte for byte
	@scripts/setup.sh runtime
	@$(PYTHON) -m samples.build $(ARGS)

reference: ## write docs/settings.md, problems.md and conformance.md from the code
	@scripts/setup.sh runtime
	@$(PYTHON) scripts/write_reference.py

bench: ## measure speed and size; the table also goes to var/bench.json
	@scripts/setup.sh runtime
	@scripts/interop.sh
	@$(PYTHON) -m benchmarks $(ARGS)

bench-revocation: ## build and load 280 million credentials' revocations: sizes, deltas, memory, speed
	@scripts/setup.sh runtime
	@$(PYTHON) -m benchmarks revocation

bench-scan: ## photograph codes in 25 bad ways, read them; film a phone before the desk's page
	@scripts/setup.sh dev
	@$(PYTHON) -m benchmarks.scan $(ARGS)

wheel: ## build the verifier's own distribution into dist/
	@scripts/setup.sh dev
	@$(PYTHON) -m build --wheel --no-isolation --outdir dist .
