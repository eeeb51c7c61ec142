# A private copy of jemalloc as one object: Debian's position-independent archive, its public functions renamed to
# cst_je_* (runtime/core/je.h), everything else made local. What could reach outside libc, or let the audited program's
# environment steer our heap, is answered by port.c.

JEMALLOC_PLACES := /usr/lib/$(MACHINE)-linux-gnu /usr/lib64 /usr/lib
JEMALLOC_ARCHIVE ?= $(firstword $(wildcard $(JEMALLOC_PLACES:=/libjemalloc_pic.a)) \
    $(JEMALLOC_PLACES:=/libjemalloc_pic.a))
JEMALLOC_OBJ := $(BUILD)/obj/jemalloc.o
# For the libraries that programs link: what it keeps for each thread is not in static thread-local storage.
JEMALLOC_APART_OBJ := $(BUILD)/obj/jemalloc_apart.o
JEMALLOC_TOOL := $(BUILD)/gen/apart

# The port is compiled here, without CFLAGS: like jemalloc itself it stays free of sanitizers.
$(BUILD)/obj/jemalloc/%.o: tools/jemalloc/%.c runtime/plat/own.h runtime/plat/compiler.h runtime/core/held.h $(JEMALLOC_ARCHIVE)
	@mkdir -p $(@D)
	$(call say,CC,$<)state=$$(nm -S --defined-only $(JEMALLOC_ARCHIVE) | awk '$$4 == "je_tsd_tls" { print "0x" $$2 }') && \
	    $(CC) -std=c11 -D_GNU_SOURCE -DCST_JE_THREAD_STATE_SIZE=$$state -Iinclude -Iruntime -O2 -g -fPIC -fno-omit-frame-pointer $(WARNINGS) -c -o $@ $<

$(JEMALLOC_ARCHIVE):
	$(error jemalloc is missing ($(JEMALLOC_ARCHIVE)): `make deps` installs libjemalloc-dev)

$(JEMALLOC_TOOL): tools/jemalloc/apart.c
	@mkdir -p $(@D)
	$(call say,TOOL,$@)$(CC) -std=c11 -D_GNU_SOURCE -O1 -g $(WARNINGS) -o $@ $<

$(JEMALLOC_OBJ): $(JEMALLOC_ARCHIVE) $(addprefix $(BUILD)/obj/jemalloc/,port.o thread_inside.o) tools/jemalloc/rename.sh
	$(call say,JOIN,$@)tools/jemalloc/rename.sh $(JEMALLOC_ARCHIVE) '$(filter %.o,$^)' $@

$(JEMALLOC_APART_OBJ): $(JEMALLOC_ARCHIVE) $(addprefix $(BUILD)/obj/jemalloc/,port.o thread_apart.o) $(JEMALLOC_TOOL) \
    tools/jemalloc/rename.sh
	$(call say,JOIN,$@)CC='$(CC)' tools/jemalloc/rename.sh $(JEMALLOC_ARCHIVE) '$(filter %.o,$^)' $@ $(JEMALLOC_TOOL)
