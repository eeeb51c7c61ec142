# The runtime: every floor from plat to entry as position-independent objects, joined by a private copy of jemalloc
# (tools/jemalloc) into libcustody.so and libcustody.a. Neither shows anything but custody_*.

RUNTIME_SOURCES := $(call select-variants,$(sort $(wildcard runtime/*/*.c runtime/*/*.S)))
RUNTIME_OBJS := $(SHARED_OBJS) $(addprefix $(BUILD)/obj/,$(addsuffix .o,$(basename $(RUNTIME_SOURCES))))

include tools/jemalloc/build.mk

# What every shared library of ours is linked with: nothing needed but libc, nothing undefined, nothing writable that
# need not be, calls among ourselves bound at link time, loaded for ever.
LINK_SHARED := $(CC) -shared $(CFLAGS_ALL) $(LDFLAGS) -static-libgcc \
    -Wl,-z,defs -Wl,-z,now -Wl,-z,relro -Wl,-z,noexecstack -Wl,-z,nodelete -Wl,--as-needed -Wl,-Bsymbolic-functions -Wl,-O1

SONAME := libcustody.so.0

all: $(BUILD)/libcustody.so $(BUILD)/$(SONAME) $(BUILD)/libcustody.a

$(BUILD)/libcustody.so: $(RUNTIME_OBJS) $(JEMALLOC_APART_OBJ) runtime/exports.map
	$(call say,LINK,$@)$(LINK_SHARED) -Wl,-soname,$(SONAME) -Wl,--version-script=runtime/exports.map -o $@ \
	    $(RUNTIME_OBJS) $(JEMALLOC_APART_OBJ)

$(BUILD)/$(SONAME): $(BUILD)/libcustody.so
	@ln -sf $(<F) $@

# One relocatable object in which every name but custody_* has become local: jemalloc and our internals cannot clash
# with those of the program that links it.
$(BUILD)/libcustody.a: $(RUNTIME_OBJS) $(JEMALLOC_APART_OBJ)
	$(call say,AR,$@)$(LD) -r -o $(BUILD)/obj/custody.o $(RUNTIME_OBJS) $(JEMALLOC_APART_OBJ)
	@objcopy --wildcard --keep-global-symbol='custody_*' $(BUILD)/obj/custody.o
	@rm -f $@
	@$(AR) rcs $@ $(BUILD)/obj/custody.o

# All of the runtime with its names global: for unit tests only.
RUNTIME_ARCHIVE := $(BUILD)/obj/libruntime.a

$(RUNTIME_ARCHIVE): $(RUNTIME_OBJS) $(JEMALLOC_OBJ)
	@rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $^
