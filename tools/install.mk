# Installation, and the files that only installation needs. PREFIX is where the files will be found at run time, DESTDIR
# a directory that stands in for / while packaging.

bindir := $(DESTDIR)$(PREFIX)/bin
libdir := $(DESTDIR)$(PREFIX)/lib
includedir := $(DESTDIR)$(PREFIX)/include/custody
mandir := $(DESTDIR)$(PREFIX)/share/man
completions := $(DESTDIR)$(PREFIX)/share
cmakedir := $(libdir)/cmake/Custody
LIBRARY_FILE := libcustody.so.$(VERSION)

MANUALS := $(wildcard docs/man/*.[1-8])
HEADERS := $(wildcard include/custody/*)

.PHONY: install uninstall deps

all: $(BUILD)/custody.pc

deps: ## install what building, testing and checking need
	@tools/deps.sh

# A template with what is known here filled in.
fill-in = sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBRARY_FILE@|$(LIBRARY_FILE)|' \
    -e 's|@SONAME@|$(SONAME)|' $(1)

$(BUILD)/custody.pc: custody.pc.in Makefile
	@mkdir -p $(@D)
	$(call say,WRITE,$@)$(call fill-in,$<) >$@

install: all ## install below PREFIX (default /usr/local), or DESTDIR/PREFIX
	install -d $(bindir) $(libdir)/pkgconfig $(includedir) $(mandir)
	install -m 755 $(BUILD)/custody $(bindir)/custody
	$(if $(CARGO_CUSTODY),install -m 755 $(CARGO_CUSTODY) $(bindir)/cargo-custody)
	install -m 644 $(BUILD)/libcustody.a $(libdir)/libcustody.a
	install -m 755 $(BUILD)/libcustody.so $(libdir)/$(LIBRARY_FILE)
	ln -sf $(LIBRARY_FILE) $(libdir)/$(SONAME)
	ln -sf $(SONAME) $(libdir)/libcustody.so
	install -m 755 $(BUILD)/libcustody_preload.so $(libdir)/libcustody_preload.so
	install -m 644 $(HEADERS) $(includedir)
	$(call fill-in,custody.pc.in) >$(libdir)/pkgconfig/custody.pc
	install -d $(cmakedir)
	$(call fill-in,tools/cmake/CustodyConfig.cmake.in) >$(cmakedir)/CustodyConfig.cmake
	$(call fill-in,tools/cmake/CustodyConfigVersion.cmake.in) >$(cmakedir)/CustodyConfigVersion.cmake
	for page in $(MANUALS); do \
	    install -D -m 644 $$page $(mandir)/man$${page##*.}/$${page##*/} || exit 1; \
	done
	$(call install-completion,bash,$(completions)/bash-completion/completions/custody)
	$(call install-completion,zsh,$(completions)/zsh/site-functions/_custody)
	$(call install-completion,fish,$(completions)/fish/vendor_completions.d/custody.fish)

# Completion files are told by their shell: custody.bash, _custody or custody.zsh, custody.fish.
completion-source = $(firstword $(wildcard tools/completion/custody.$(1) $(if $(filter zsh,$(1)),tools/completion/_custody)))
install-completion = $(if $(call completion-source,$(1)),install -D -m 644 $(call completion-source,$(1)) $(2))

uninstall: ## remove what install put there
	rm -f $(bindir)/custody $(bindir)/cargo-custody $(libdir)/libcustody.a $(libdir)/$(LIBRARY_FILE) $(libdir)/$(SONAME) \
	    $(libdir)/libcustody.so $(libdir)/libcustody_preload.so $(libdir)/pkgconfig/custody.pc \
	    $(foreach page,$(MANUALS),$(mandir)/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) \
	    $(completions)/bash-completion/completions/custody $(completions)/zsh/site-functions/_custody \
	    $(completions)/fish/vendor_completions.d/custody.fish
	rm -rf $(includedir) $(cmakedir)
