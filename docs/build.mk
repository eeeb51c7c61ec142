# The manual pages as HTML, to be read in a browser; the documents themselves are Markdown and need no building.

.PHONY: docs

DOC_PAGES := $(patsubst docs/man/%,$(BUILD)/docs/%.html,$(wildcard docs/man/*.[1-8]))

docs: $(DOC_PAGES) ## manual pages as HTML in build/docs

$(BUILD)/docs/%.html: docs/man/%
	@mkdir -p $(@D)
	$(call say,MANDOC,$@)mandoc -Thtml -Oman=%N.%S.html $< >$@
