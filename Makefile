# make lab     set up (once) and open the course in JupyterLab        PORT=8890 chooses the port
# make test    the same set-up, then every test
# make compare the frozen-vs-unfrozen experiment         make notebooks   run all notebooks, store outputs
# make compare-gpu  all its experiments on a CUDA GPU, recorded in data/runs
# make slides  a deck of each notebook, and the weekly talk: build/slides/*.html
# make solutions  the instructor's edition, exercises solved: build/solutions/*.ipynb
# make clean   remove the environment and the caches
#
# Choices for the first set-up:  TORCH=cpu (CPU-only wheels, far smaller)   PYTHON=/path/to/python3.12
# Every target only makes .venv and then calls `python -m yolo_course <target>`.

VENV        := .venv
CONSTRAINTS ?= constraints.txt
CANDIDATES  := $(or $(PYTHON),python3.13 python3.12 python3.11 python3)
CPU_WHEELS  := https://download.pytorch.org/whl/cpu

PY := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)/python

# The kind of torch is remembered, so that `make lab TORCH=cpu` is said once.
INSTALLED := $(shell cat $(VENV)/torch-wheels 2>/dev/null)
TORCH     ?= $(or $(INSTALLED),default)
ifeq ($(filter $(TORCH),default cpu),)
$(error TORCH=$(TORCH) is not known: say TORCH=cpu for CPU-only wheels, TORCH=default for the usual ones)
endif

# The stamp says: this environment holds these requirements, for the course in this folder.
KEY   := $(shell { cat pyproject.toml $(CONSTRAINTS); pwd; } | cksum | cut -d ' ' -f 1)
STAMP := $(VENV)/ready-$(TORCH)-$(KEY)

# An environment is kept if its Python starts and it was not made for another kind of torch.
STARTS := $(shell $(PY) -c 'print("yes")' 2>/dev/null)
KEEP   := $(and $(STARTS),$(filter $(or $(INSTALLED),$(TORCH)),$(TORCH)))
ifeq ($(KEEP),)
.PHONY: $(STAMP)
endif

.DEFAULT_GOAL := help
.PHONY: help lab test compare compare-gpu notebooks slides solutions clean

help:
	@sed -n '/^$$/q; s/^# \{0,1\}//p' Makefile

lab: $(STAMP)
	@$(PY) -m yolo_course lab $(if $(PORT),--port $(PORT))

test compare compare-gpu notebooks slides solutions: $(STAMP)
	@$(PY) -m yolo_course $@

$(STAMP):
ifeq ($(KEEP),)
	@echo "Making $(VENV) ..."
	@for python in $(CANDIDATES); do \
	  "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	    && exec "$$python" -m venv --clear $(VENV); \
	done; \
	echo "The course needs Python 3.11 or newer with its venv module. Tried: $(CANDIDATES)."; \
	echo "  Debian, Ubuntu:  sudo apt install python3 python3-venv"; \
	echo "  macOS:           brew install python@3.13"; \
	echo "  or name one:     make $(firstword $(MAKECMDGOALS)) PYTHON=/path/to/python3.12"; \
	exit 1
endif
	@echo $(TORCH) > $(VENV)/torch-wheels
	@echo "Installing the course and what it needs: once, from the network ..."
	$(PY) -m pip install --quiet -c $(CONSTRAINTS) pip setuptools
ifeq ($(TORCH),cpu)
	$(PY) -m pip install -c $(CONSTRAINTS) --no-deps --index-url $(CPU_WHEELS) torch torchvision
else
	@echo "On Linux torch brings CUDA's libraries: about 5 GB on the disk. TORCH=cpu takes far less."
endif
	$(PY) -m pip install -c $(CONSTRAINTS) --no-build-isolation -e ".[test]"
	@rm -f $(VENV)/ready-*
	@touch $(STAMP)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
