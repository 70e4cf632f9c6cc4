# Each target is one command of deploy/setup.sh, which does the set-up first: no make, same thing by `sh`.
# Pass arguments with ARGS, for example: make test ARGS="tests/house -x"

.DEFAULT_GOAL := help
.PHONY: help demo site test check soak scoreboard golden bench torture lock docs lab-clean clean

help: ## cette liste | this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## un FAI qui bride, des sondes, un verdict (moins de 6 min) | an ISP that throttles, probes, a verdict (under 6 min)
	@sh deploy/setup.sh demo $(ARGS)

site: ## les pages de ce que la démonstration a vu (moins de 20 s) | the demonstration's data as pages (under 20 s)
	@sh deploy/setup.sh site $(ARGS)

test: ## tous les tests | all the tests
	@sh deploy/setup.sh test $(ARGS)

check: ## style, types, imports, licences, verrous, documentation | style, types, imports, licences, locks, documentation
	@sh deploy/setup.sh check $(ARGS)

soak: ## vingt essais de chaque sorte (une heure au plus) | twenty runs of each kind (one hour at most)
	@sh deploy/setup.sh soak $(ARGS)

scoreboard: ## tous les scénarios, coupables et innocents (une heure et quart au plus) | all scenarios, guilty and innocent (an hour and a quarter at most)
	@sh deploy/setup.sh scoreboard $(ARGS)

golden: ## mesure à nouveau la chaîne de référence au laboratoire | measures the golden chain in the lab anew
	@sh deploy/setup.sh golden $(ARGS)

bench: ## vitesse et mémoire, à côté d'un pair | speed and memory, beside a peer
	@sh deploy/setup.sh bench $(ARGS)

torture: ## deux cents pannes, rien de perdu (un quart d'heure) | two hundred faults, nothing lost (a quarter of an hour)
	@sh deploy/setup.sh torture $(ARGS)

lock: ## récrit requirements/*.txt avec les versions du jour | writes requirements/*.txt anew with today's versions
	@sh deploy/setup.sh venv && sh tools/lock.sh $(ARGS)

docs: ## récrit les tableaux tirés du code | writes the tables taken from the code anew
	@sh deploy/setup.sh venv && $${ISONOMIA_VENV:-.venv}/bin/python -m tools.docs --write && $${ISONOMIA_VENV:-.venv}/bin/python -m collector.openapi >docs/schema/openapi.json

lab-clean: ## retire ce qu'un laboratoire interrompu a laissé, et cela seulement | removes what a crashed lab left, and only that
	@sh deploy/setup.sh lab clean

clean: ## efface ce que les commandes ont produit (.venv reste) | deletes what the commands made (.venv stays)
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find . -name .venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
