# The runtime: every floor from plat to entry, as position-independent objects.
