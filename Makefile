# Custody. `make help` lists the targets; each directory says in its build.mk what it builds. Everything that is built
# goes into $(BUILD), so that several builds (compilers, sanitizers) can stand side by side.

VERSION := 0.1.0
BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=

ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := g++
endif
PYTHON ?= /usr/bin/python3

# Sources whose name ends in _<system> or _<machine> are variants; those of other systems and machines are left out.
SYSTEM := linux
MACHINE := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
OTHER_VARIANTS := $(filter-out $(SYSTEM) $(MACHINE),linux darwin freebsd windows x86_64 aarch64 riscv64)
select-variants = $(filter-out $(foreach v,$(OTHER_VARIANTS),%_$(v).c %_$(v).S),$(1))

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
CPPFLAGS_ALL := -Iinclude -Iruntime/shared -Iruntime -D_GNU_SOURCE -DCUSTODY_VERSION='"$(VERSION)"' $(CPPFLAGS)
CFLAGS_ALL := -std=c11 -O2 -g -fPIC -fvisibility=hidden -fno-omit-frame-pointer $(WARNINGS) $(CFLAGS)

# `make V=1` shows whole commands.
ifeq ($(V),)
say = @printf '  %-6s %s\n' '$(1)' '$(2)';
else
say =
endif

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all objects clean help FORCE

all: ## build everything into build/

include runtime/shared/build.mk
include runtime/build.mk
include shims/build.mk
-include tools/build.mk
-include rust-client/build.mk
-include bench/build.mk
include tools/lint/build.mk
include docs/build.mk
include tests/build.mk
include tools/install.mk

# How every C and assembler source becomes an object. The stamp holds the command: other flags, other objects.
OBJECTS := $(RUNTIME_OBJS) $(SHIM_OBJS)
COMPILE := $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL)

$(BUILD)/obj/%.o: %.c $(BUILD)/obj/compile.stamp
	@mkdir -p $(@D)
	$(call say,CC,$<)$(COMPILE) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: %.S $(BUILD)/obj/compile.stamp
	@mkdir -p $(@D)
	$(call say,CC,$<)$(COMPILE) -MMD -MP -c -o $@ $<

$(BUILD)/obj/compile.stamp: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(COMPILE))' | cmp -s - $@ || echo '$(subst ','\'',$(COMPILE))' >$@

FORCE:

-include $(OBJECTS:.o=.d)

objects: $(OBJECTS) ## compile the runtime and the shims, link nothing

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## list the targets
	@grep -hE '^[a-z][a-z -]*:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /|/' | sort | \
	    awk -F'|' '{printf "  make %-24s %s\n", $$1, $$2}'
