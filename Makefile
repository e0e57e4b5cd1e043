# carla_drl: `make train` trains a policy, `make test` runs every test. Both set up and build first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
ARGS ?=
ONLY ?=
MINUTES ?= 120
ENV := source scripts/env.sh

.PHONY: help setup build train sim test lint format sanitize bench soak clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10
	@echo
	@echo 'make train ARGS="num_agents:=16 total_steps:=200000"   passes launch arguments on'
	@echo 'make bench ONLY=loop                                   runs one group of benchmarks'

build: ## set up and build, nothing else
	@scripts/setup_env.sh

setup: ## set up and build, with tools for tests and linters
	@scripts/setup_env.sh --dev

train: build ## train a driving policy; ARGS="..." passes launch arguments on
	@$(ENV) && exec ros2 launch carla_drl_bringup train.launch.py $(ARGS)

sim: build ## start the embedded simulator alone; ARGS="--port 2000 --town Town01"
	@$(ENV) && exec ros2 run carla_drl_sim server $(ARGS)

test: setup ## set up, build and run every test; ONLY=<package> runs one package's
	@$(ENV) && exec scripts/run_tests.py $(ONLY)

lint: setup ## ruff, mypy and clang-format over the whole tree
	@$(ENV) && exec scripts/lint.sh

format: setup ## reformat Python and C++
	@$(ENV) && exec scripts/lint.sh --fix

sanitize: setup ## build the C++ code with sanitizers and run its tests; ONLY=<package>
	@scripts/sanitize.sh $(ONLY)

bench: setup ## run the benchmarks and append to bench/results.jsonl; ONLY=<group>
	@$(ENV) && exec python -m benchmarks $(ONLY)

soak: setup ## run the loop with sensors and a recorder for two hours and say what grows; MINUTES=<minutes>
	@$(ENV) && SOAK_MINUTES=$(MINUTES) exec python -m benchmarks soak

clean: ## remove everything that was built; .venv stays
	rm -rf build install log .underlay .sanitize
