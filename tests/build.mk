# Tests: CMocka binaries of tests/unit (one per noun), then the suites that drive real programs. `make test` runs all,
# `make unit` the CMocka ones, `make test-one T=name` what has that name.

export CUSTODY_BUILD := $(abspath $(BUILD))

# What single tests need beside the runtime: libraries, and functions that a test replaces by its own __wrap_NAME.
LIBS_test_decode := -lZydis
LIBS_test_callsite := -lZydis

UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SOURCES))
TOOL_TESTS := $(filter $(BUILD)/tests/test_tool_%,$(UNIT_TESTS))
RUNTIME_TESTS := $(filter-out $(TOOL_TESTS),$(UNIT_TESTS))

# Mocks (__wrap_*) are called by name only, so tests need no prototypes for them. Assertions print through stdio.
TEST_COMPILE = $(COMPILE) -Wno-missing-prototypes -Itests/unit -MMD -MP -MF $(BUILD)/tests/$(*F).d
TEST_LINK = -rdynamic $(LDFLAGS) $(foreach f,$(WRAP_$(*F)),-Wl,--wrap=$(f))

$(BUILD)/tests/filter.o: tests/unit/filter.c $(BUILD)/obj/compile.stamp
	@mkdir -p $(@D)
	$(call say,CC,$<)$(COMPILE) -c -o $@ $<

$(RUNTIME_TESTS): $(BUILD)/tests/%: tests/unit/%.c $(BUILD)/tests/filter.o $(RUNTIME_ARCHIVE)
	$(call say,TEST,$@)$(TEST_COMPILE) -o $@ $< $(BUILD)/tests/filter.o $(TEST_LINK) $(RUNTIME_ARCHIVE) \
	    -lcmocka $(LIBS_$(*F))

$(TOOL_TESTS): $(BUILD)/tests/%: tests/unit/%.c $(BUILD)/tests/filter.o $(filter-out %/main.o,$(TOOL_OBJS))
	$(call say,TEST,$@)$(TEST_COMPILE) $(TOOL_CPPFLAGS) -o $@ $< $(BUILD)/tests/filter.o $(TEST_LINK) \
	    $(filter-out %/main.o,$(TOOL_OBJS)) -lcmocka $(TOOL_LIBS) $(LIBS_$(*F))

-include $(UNIT_TESTS:=.d)

SUITES := $(wildcard tests/scenarios/run.py tests/edge/run.py tests/tool/run.sh tests/client/run.sh tests/client/run.py)

.PHONY: unit test test-one unit-binaries run-tests asan ubsan tsan valgrind

unit-binaries: $(UNIT_TESTS)

unit: unit-binaries ## build and run the unit tests
	@tests/run.sh $(UNIT_TESTS)

test: deps ## set up, build and run every test
	@$(MAKE) --no-print-directory run-tests

run-tests: all unit-binaries $(if $(wildcard rust-client/build.mk),client)
	@tests/run.sh $(UNIT_TESTS) $(SUITES)

test-one: all unit-binaries ## run what is named: make test-one T=test_tag, T=one_unit_test or T=scenario
	@tests/one.sh '$(T)'

# The unit tests again, built or run another way. jemalloc stays as it is: it is not ours to check, and it hands out
# memory that a sanitizer knows nothing of. The scenarios cannot run so: a sanitizer brings its own malloc, which is
# what the preload replaces.
sanitize = +@$(3) $(MAKE) --no-print-directory BUILD=$(BUILD)/$(1) CFLAGS='-O1 $(2)' LDFLAGS='$(2)' unit

asan: ## unit tests under AddressSanitizer
	$(call sanitize,asan,-fsanitize=address,ASAN_OPTIONS=detect_leaks=0 TESTS_WITHOUT='$(NOT_ASAN)')

ubsan: ## unit tests under UndefinedBehaviorSanitizer
	$(call sanitize,ubsan,-fsanitize=undefined -fno-sanitize-recover=all)

tsan: ## unit tests under ThreadSanitizer
	$(call sanitize,tsan,-fsanitize=thread,TESTS_WITHOUT='$(NOT_TSAN)')

valgrind: unit-binaries ## unit tests under Valgrind
	@TESTS_WITHOUT='$(NOT_VALGRIND)' TESTS_UNDER='valgrind -q --error-exitcode=99 --fair-sched=yes' \
	    tests/run.sh $(UNIT_TESTS)
