"""What several programs have in common: findings that are right in the small programs that test scripts call."""

PERL = {"kind": "leak", "module": "perl", "why": "perl releases its interpreter at the end, but not what that led to "
        "(PERL_DESTRUCT_LEVEL is 0)"}

DASH = {"kind": "leak", "module": "dash", "why": "the command of an EXIT trap is taken out to be run, and the shell "
        "ends in it"}

# Valgrind's Memcheck tells the same blocks of them.
SMALL_TOOLS = [PERL, DASH, *({"kind": "leak", "module": name, "why": "ends without releasing what it was set up with"}
                             for name in ("chgrp", "chmod", "date", "expr", "hostname", "locale", "mktemp", "pgrep", "sed", "sort", "tail",
                                          "tar", "tr"))]
