# Benchmarks: workload programs that know nothing of Custody, and the driver that runs them under several allocators side
# by side. Built without optimising allocation away, and with frame pointers unless BENCH_FLAGS says otherwise.

BENCH_FLAGS := -O2 -g -fno-builtin -fno-omit-frame-pointer -Wall -Wextra -Werror
# What is linted; the others leak on purpose, or are compiled in ways of their own.
BENCH_SOURCES := $(addprefix bench/,blocks.c handover.c launch.c wake.c workload.c)
BENCH_PROGRAMS := $(addprefix $(BUILD)/bench/,blocks handover objects values process heaps launch wake.so)
ROUNDS ?= 5

.PHONY: bench bench-programs bench-instructions bench-stacks bench-facts detection

bench-programs: $(BENCH_PROGRAMS)

$(addprefix $(BUILD)/bench/,blocks handover process): $(BUILD)/bench/%: bench/%.c $(BUILD)/bench/workload.o
	@mkdir -p $(@D)
	$(call say,BENCH,$@)$(CC) -std=c11 -D_GNU_SOURCE $(BENCH_FLAGS) -o $@ $^ -pthread

$(addprefix $(BUILD)/bench/,heaps launch): $(BUILD)/bench/%: bench/%.c
	@mkdir -p $(@D)
	$(call say,BENCH,$@)$(CC) -std=c11 -D_GNU_SOURCE $(BENCH_FLAGS) -o $@ $<

$(BUILD)/bench/wake.so: bench/wake.c
	@mkdir -p $(@D)
	$(call say,BENCH,$@)$(CC) -std=c11 $(BENCH_FLAGS) -shared -fPIC -o $@ $<

$(BUILD)/bench/workload.o: bench/workload.c bench/workload.h
	@mkdir -p $(@D)
	$(call say,BENCH,$@)$(CC) -std=c11 -D_GNU_SOURCE $(BENCH_FLAGS) -c -o $@ $<

$(BUILD)/bench/objects: bench/objects.cc $(BUILD)/bench/workload.o
	$(call say,BENCH,$@)$(CXX) -std=c++17 $(BENCH_FLAGS) -o $@ $^ -pthread

$(BUILD)/bench/values: bench/values.rs
	@mkdir -p $(@D)
	$(call say,BENCH,$@)rustc --edition 2021 -C opt-level=3 -C force-frame-pointers=yes -o $@ $<

# One source of frames, compiled each way that code may come.
$(BUILD)/bench/frames_with_both.o: FRAMES_FLAGS := -fno-omit-frame-pointer
$(BUILD)/bench/frames_with_tables.o: FRAMES_FLAGS := -fomit-frame-pointer
$(BUILD)/bench/frames_with_pointers.o: FRAMES_FLAGS := -fno-omit-frame-pointer -fno-asynchronous-unwind-tables
FRAMES_OBJS := $(addprefix $(BUILD)/bench/frames_with_,both.o tables.o pointers.o)

$(FRAMES_OBJS): $(BUILD)/bench/%.o: bench/stack_frames.c bench/stack_frames.h
	@mkdir -p $(@D)
	$(call say,BENCH,$@)$(CC) -std=c11 $(BENCH_FLAGS) $(FRAMES_FLAGS) -DFRAMES=$* -c -o $@ $<

$(BUILD)/bench/stacks: bench/stacks.c $(FRAMES_OBJS) $(RUNTIME_ARCHIVE)
	$(call say,BENCH,$@)$(CC) -std=c11 -D_GNU_SOURCE -Iinclude -Iruntime $(BENCH_FLAGS) -o $@ $^ -pthread

bench-stacks: $(BUILD)/bench/stacks ## what a frame of a stack costs, each way to find it
	@$<

# ONLY=real is a part, so are micro, start, exit, 'micro pair' and sqlite3; ALLOCATORS=jemalloc,stacks=1 are columns.
bench: $(BUILD)/libcustody_preload.so $(BUILD)/custody bench-programs ## speed and memory beside other allocators and checkers
	@$(PYTHON) bench/run.py --build $(BUILD) --rounds $(ROUNDS) $(if $(ONLY),--only '$(ONLY)') \
	    $(if $(ALLOCATORS),--allocators '$(ALLOCATORS)') $(BENCH_ARGS)

bench-instructions: $(BUILD)/libcustody_preload.so bench-programs ## instructions of an operation, counted by Callgrind
	@$(PYTHON) bench/instructions.py --build $(BUILD) $(BENCH_ARGS)

bench-facts: $(BUILD)/custody ## what it takes to work out facts of large programs
	@$(PYTHON) bench/facts.py --build $(BUILD) $(BENCH_ARGS)

# ONLY='c/leak_shapes lost' is a part, printed and not written to the page.
detection: all $(BUILD)/bench/heaps ## what Custody, Valgrind and gcc's sanitizers find, into docs/detection.md
	@$(PYTHON) bench/detection.py --build $(BUILD) $(if $(ONLY),--only '$(ONLY)',--update docs/detection.md) \
	    $(DETECTION_ARGS)
