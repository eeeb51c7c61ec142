# Turns the sections of docs/findings.md ("## `kind`" up to the next "## ") into the C table of explanation.h. Fenced code
# becomes code indented by four spaces, which is what a terminal shows well; the rest stays as it is.

function quoted(line) {
    gsub(/\\/, "&&", line)
    gsub(/"/, "\\\"", line)
    gsub(/\t/, "    ", line)
    gsub(/\?\?/, "?\\?", line)
    return line
}

BEGIN {
    print "/* Made from docs/findings.md by tools/custody/explanation.awk. */"
    print "#include \"explanation.h\"\n"
    print "const char *const cst_explanations[CUSTODY_FINDING_COUNT] = {"
    sections = 0
}

/^```/ {
    fenced = !fenced
    next
}

!fenced && /^## / {
    if (open_section)
        print "        ,"
    open_section = match($0, /^## `[a-z-]+`$/) > 0
    if (open_section) {
        kind = toupper(substr($0, 5, length($0) - 5))
        gsub(/-/, "_", kind)
        printf "    [CUSTODY_FINDING_%s] =\n", kind
        sections++
        started = 0
    }
    next
}

open_section && (started || $0 != "") {
    started = 1
    line = $0
    if (fenced && line != "")
        line = "    " line
    printf "        \"%s\\n\"\n", quoted(line)
}

END {
    if (open_section)
        print "        ,"
    print "};\n"
    printf "_Static_assert(%d == CUSTODY_FINDING_COUNT, \"docs/findings.md lacks the section of a kind\");\n", sections
}
