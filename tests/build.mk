# Tests: CMocka binaries of tests/unit (one per noun), then the suites that drive real programs. `make test` runs all,
# `make unit` the CMocka ones, `make test-one T=name` what has that name.

export CUSTODY_BUILD := $(abspath $(BUILD))

# What single tests need beside the runtime: libraries, and functions that a test replaces by its own __wrap_NAME.
LIBS_test_decode := -lZydis
LIBS_test_callsite := -lZydis
WRAP_test_buffer := cst_sys_read_memory
WRAP_test_facts_place := cst_facts_setup
LIBS_test_detour_move := -lZydis
WRAP_test_family_hook := cst_thread_enter cst_start_failed cst_start_is_up
WRAP_test_callsite_memo := cst_tail_trace cst_module_count
WRAP_test_kept_back := cst_je_free cst_je_sdallocx
WRAP_test_module_settle := cst_module_classify cst_module_settle
WRAP_test_out_of_memory := cst_sys_map cst_sys_reserve cst_sys_map_file
WRAP_test_pool := cst_sys_map
WRAP_test_reach := cst_sys_touched
WRAP_test_room := cst_own_map
WRAP_test_rust_own_hook := cst_hook_enter
WRAP_test_settled := cst_origin_steady
WRAP_test_standstill := cst_engine_hand_on cst_process_yield cst_sys_monotonic_ns
WRAP_test_suspect := cst_allocator_is_replaced
WRAP_test_stack := cst_stack_trace
WRAP_test_fork_locks := cst_lock_acquire cst_lock_reset
WRAP_test_history := cst_pool_alloc
WRAP_test_tag := cst_sys_populate
WRAP_test_table := cst_pool_alloc
WRAP_test_tool_facts_requests := cst_facts_worker_make
WRAP_test_tool_facts_worker := cst_facts_cache_make
WRAP_test_words := cst_own_map

UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SOURCES))
TOOL_TESTS := $(filter $(BUILD)/tests/test_tool_%,$(UNIT_TESTS))
RUNTIME_TESTS := $(filter-out $(TOOL_TESTS),$(UNIT_TESTS))

# Mocks (__wrap_*) are called by name only, so tests need no prototypes for them. Assertions print through stdio.
TEST_COMPILE = $(COMPILE) -Wno-missing-prototypes -Itests/unit -MMD -MP -MF $(BUILD)/tests/$(*F).d
TEST_LINK = -rdynamic $(LDFLAGS) -Wl,--wrap=_cmocka_run_group_tests $(foreach f,$(WRAP_$(*F)),-Wl,--wrap=$(f))

$(BUILD)/tests/select.o: tests/unit/select.c $(BUILD)/obj/compile.stamp
	@mkdir -p $(@D)
	$(call say,CC,$<)$(COMPILE) -Wno-missing-prototypes -c -o $@ $<

$(RUNTIME_TESTS): $(BUILD)/tests/%: tests/unit/%.c $(BUILD)/tests/select.o $(RUNTIME_ARCHIVE)
	$(call say,TEST,$@)$(TEST_COMPILE) -o $@ $< $(BUILD)/tests/select.o $(TEST_LINK) $(RUNTIME_ARCHIVE) \
	    -lcmocka $(LIBS_$(*F))

$(TOOL_TESTS): $(BUILD)/tests/%: tests/unit/%.c $(BUILD)/tests/select.o $(filter-out %/main.o,$(TOOL_OBJS))
	$(call say,TEST,$@)$(TEST_COMPILE) $(TOOL_CPPFLAGS) -o $@ $< $(BUILD)/tests/select.o $(TEST_LINK) \
	    $(filter-out %/main.o,$(TOOL_OBJS)) -lcmocka $(TOOL_LIBS) $(LIBS_$(*F))

# A copy of the preloaded library in which the kernel's answers are chosen by tests (tests/edge/faults.py).
FAULTS := cst_sys_map cst_sys_map_at cst_sys_reserve cst_sys_protect cst_sys_move cst_sys_open_read cst_sys_open_regular \
    cst_sys_open_memory cst_sys_map_file cst_sys_read_memory cst_sys_pwrite cst_sys_write mmap
FAULTS_LIBRARY := $(BUILD)/tests/libcustody_faults.so

$(FAULTS_LIBRARY): tests/edge/parts/faults.c $(BUILD)/libcustody_preload.so
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(COMPILE) -Wno-missing-prototypes -c -o $(BUILD)/tests/faults.o $<
	@$(LINK_SHARED) -Wl,--version-script=$(BUILD)/obj/preload.map $(foreach f,$(FAULTS),-Wl,--wrap=$(f)) -o $@ \
	    $(RUNTIME_OBJS) $(SHIM_OBJS) $(JEMALLOC_OBJ) $(BUILD)/tests/faults.o

-include $(UNIT_TESTS:=.d)

include tests/fuzz/build.mk

SUITES := $(wildcard tests/scenarios/run.py tests/edge/run.py tests/linked/run.py tests/cxx/run.py tests/tool/run.sh \
    tests/client/run.sh tests/client/run.py $(if $(CARGO_CUSTODY),tests/cargo/run.py) tests/crates-own/run.py \
    tests/bench/run.py tests/compat/frame.py)

.PHONY: compat crates helgrind helgrind-binaries soak stress unit test test-one unit-binaries run-tests asan ubsan tsan \
    valgrind

unit-binaries: $(UNIT_TESTS) $(FUZZ_REPLAYS) $(FAULTS_LIBRARY)

unit: unit-binaries ## build and run the unit tests
	@tests/run.sh $(UNIT_TESTS) $(FUZZ_REPLAYS)

test: deps ## set up, build and run every test
	@$(MAKE) --no-print-directory run-tests

run-tests: all unit-binaries $(if $(wildcard rust-client/build.mk),client)
	@tests/run.sh $(UNIT_TESTS) $(FUZZ_REPLAYS) $(SUITES)

test-one: all unit-binaries ## run what is named: make test-one T=test_tag, T=one_unit_test or T=scenario
	@tests/one.sh '$(T)'

# What takes long of the edge cases, which `make test` has in short.
MINUTES ?= 3

soak: all ## a long life (MINUTES=3), 10 million live blocks, and every request of the runtime refused once
	@tests/edge/endurance.py soak $(MINUTES)
	@tests/edge/endurance.py many 10000000
	@$(MAKE) --no-print-directory $(FAULTS_LIBRARY)
	@tests/edge/run.py --full --filter faults/

# ONLY='rusqlite debug' is a part, printed and not written to the page.
crates: all ## the tests of crates with C or C++ inside under Custody, into docs/crates.md
	@$(PYTHON) tests/crates/run.py --build $(BUILD) $(if $(ONLY),--only '$(ONLY)',--update docs/crates.md)

# ONLY=git is a program, whose row of the page is replaced; ONLY='git t0001' is a part of it, only printed.
compat: all ## large programs and their own tests under Custody, into docs/compatibility.md
	@nice $(PYTHON) tests/compat/run.py --build $(BUILD) $(if $(ONLY),--only '$(ONLY)') \
	    $(if $(word 2,$(ONLY)),,--update docs/compatibility.md)

# The unit tests again, built or run another way. jemalloc stays as it is: it is not ours to check, and it hands out
# memory that a sanitizer knows nothing of. The scenarios cannot run so: a sanitizer brings its own malloc, which is
# what the preload replaces.
#
# Left out, since they cannot hold there:
# - libc's functions are the sanitizer's interceptors, which lie in another module under another name;
# - a library loaded again does not get its old address, as the sanitizer keeps its own record of mappings;
# - address space cannot be limited, as the sanitizer has taken terabytes of it, through which a search for leaks would
#   look, for minutes.
NOT_SANITIZED := $(addprefix test_module:,libc_and_the_kernels_library_are_libc symbols_are_named_with_their_start \
    a_library_that_took_anothers_place_is_told_apart_by_a_scan) \
    $(addprefix test_heap:,under_a_limit_of_two_gigabytes_the_program_keeps_its_share \
    under_a_small_limit_the_heap_is_small) \
    test_leak test_fork_locks test_out_of_memory test_stress:leaks_are_looked_for_meanwhile test_moments \
    test_api:what_the_callers_registers_hold_is_reachable \
    test_callback:data_is_reachable_while_it_is_registered
# - AddressSanitizer looks for __cxa_throw when it starts: in a program in C it does not find that of a library in C++ that is
#   loaded later, and gives up at the first exception.
NOT_ASAN := test_detour:an_exception_passes_redirected_functions
# - ThreadSanitizer takes a thread's state away before its last destructors have run, and its own blocks do not look like
#   those of other allocators. It counts at most 64 locks, of which jemalloc takes more after a fork.
#   It does not see what glibc's allocator does under the names that nobody intercepts.
#   A thread of its own lives on in a child of which a filter kills only the calling thread.
#   What is stepped through, once for each of its instructions, has too many of them.
#   A search for leaks halts its own thread, too, in which it crashes when an instrumented handler is entered: there is none,
#   at exit either.
NOT_TSAN := test_thread test_heap:a_thread_that_ends_is_served_after_jemallocs_own_destructor \
    test_suspect:a_block_of_another_allocator_is_foreign test_portrait:a_block_of_another_allocator_is_known_by_its_start \
    test_halt test_root:of_a_halted_thread_the_part_in_use_is_a_root \
    test_confine:what_is_said_of_a_filter_is_what_the_kernel_does \
    test_held:handlers_may_release_watched_blocks_while_others_become_watched
# - Valgrind keeps the high descriptors for itself, the main stack and the break segment are its own mappings, it
#   chooses the addresses of libraries, and it holds a few thousand mappings at most. Address space that is limited is
#   limited for it too, and a program that runs itself again runs it. A search for leaks would read through everything
#   that is reserved. It shows handlers no vector registers.
NOT_VALGRIND := test_confine test_log:the_descriptor_is_high_and_closed_on_exec \
    test_log:a_small_limit_gives_the_highest_descriptor_it_leaves \
    test_log:a_program_with_high_descriptors_of_its_own_gets_a_lower_one \
    test_maps:tens_of_thousands_of_mappings_are_all_seen \
    test_module:a_library_that_took_anothers_place_is_told_apart_by_a_scan \
    test_place:the_main_stack_is_a_stack test_place:the_break_segment_is_foreign \
    test_heap:under_a_limit_of_two_gigabytes_the_program_keeps_its_share \
    test_heap:under_a_small_limit_the_heap_is_small \
    test_sys:reserved_addresses_are_aligned_and_usable_once_that_is_said test_moments test_out_of_memory \
    test_leak test_api:what_the_callers_registers_hold_is_reachable \
    test_callback:data_is_reachable_while_it_is_registered \
    test_halt:registers_and_the_stack_in_use_are_those_of_the_interrupted_code \
    test_stress:leaks_are_looked_for_meanwhile

sanitize = +@$(3) $(MAKE) --no-print-directory BUILD=$(BUILD)/$(1) CFLAGS='-O1 $(2)' LDFLAGS='$(2)' unit

asan: ## unit tests under AddressSanitizer
	$(call sanitize,asan,-fsanitize=address,CUSTODY_OPTIONS=leaks=off ASAN_OPTIONS=detect_leaks=0 \
	    TESTS_WITHOUT='$(NOT_SANITIZED) $(NOT_ASAN)')

ubsan: ## unit tests under UndefinedBehaviorSanitizer
	$(call sanitize,ubsan,-fsanitize=undefined -fno-sanitize-recover=all)

# Calls that are unsafe in a signal handler are not told: the runtime runs inside malloc, which is unsafe there itself.
tsan: ## unit tests under ThreadSanitizer
	$(call sanitize,tsan,-fsanitize=thread,CUSTODY_OPTIONS=leaks=off \
	    TSAN_OPTIONS=report_signal_unsafe=0:detect_deadlocks=0:suppressions=$(CURDIR)/tests/tsan/suppressions \
	    TESTS_WITHOUT='$(NOT_SANITIZED) $(NOT_TSAN)')

# Helgrind sees races only where there are threads. What it does not know of atomics, tests/helgrind/atomics.h tells it;
# what is left and is none is in tests/helgrind/suppressions, each with its reason.
HELGRIND_TESTS := $(patsubst tests/unit/%.c,%,$(shell grep -l pthread_create tests/unit/*.c))
# - what Valgrind cannot run (above), and what halts threads by signals of its own, which look through all that is reserved;
# - fifty children of a busy parent, which take Valgrind minutes.
NOT_HELGRIND := $(NOT_VALGRIND) test_halt test_root test_stress:leaks_are_looked_for_meanwhile \
    test_object:a_child_goes_on_while_the_parent_was_busy

helgrind-binaries: $(HELGRIND_TESTS:%=$(BUILD)/tests/%)
	@STRESS_ROUNDS=10 TESTS_WITHOUT='$(NOT_HELGRIND)' TESTS_UNDER=tests/helgrind/run.sh tests/run.sh $^

helgrind: ## unit and stress tests with threads under Helgrind
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/helgrind CFLAGS='-O1 -include tests/helgrind/atomics.h' helgrind-binaries

# ROUNDS says how long: 20000 take some minutes.
ROUNDS ?= 20000
stress: $(BUILD)/tests/test_stress ## threads, libraries, children and leak searches at one time, for minutes (ROUNDS=20000)
	@STRESS_ROUNDS=$(ROUNDS) tests/run.sh $<

valgrind: unit-binaries ## unit tests under Valgrind
	@TESTS_WITHOUT='$(NOT_VALGRIND)' TESTS_UNDER='valgrind -q --leak-check=no --error-exitcode=99 --fair-sched=yes' \
	    tests/run.sh $(UNIT_TESTS)

