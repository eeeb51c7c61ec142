"""What several programs have in common: findings that are right in the small programs that test scripts call."""

PERL = {"kind": "leak", "module": "perl", "why": "perl releases its interpreter at the end, and leaves what that led to to the "
        "end of the process (PERL_DESTRUCT_LEVEL is 0)"}

# Valgrind's Memcheck tells the same blocks of them.
SMALL_TOOLS = [PERL, *({"kind": "leak", "module": name, "why": "ends without releasing what it was set up with"}
                       for name in ("expr", "sort", "tr"))]
