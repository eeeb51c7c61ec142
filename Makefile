# Custody. `make help` lists the targets. Each directory adds its own part in a build.mk.

VERSION := 0.1.0
BUILD ?= build
PREFIX ?= /usr/local
CC ?= gcc
CXX ?= g++

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
CPPFLAGS_ALL := -Iinclude -Iruntime -D_GNU_SOURCE -DCUSTODY_VERSION='"$(VERSION)"' $(CPPFLAGS)
CFLAGS_ALL := -std=c11 -O2 -g -fPIC -fvisibility=hidden -fno-omit-frame-pointer $(WARNINGS) $(CFLAGS)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all help clean

include runtime/build.mk
include shims/build.mk
-include tools/build.mk
-include tests/build.mk
-include bench/build.mk
-include docs/build.mk
-include rust-client/build.mk

all: ## build everything into build/

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /|/' | sort | awk -F'|' '{printf "  make %-14s %s\n", $$1, $$2}'
