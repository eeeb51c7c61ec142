# The shims: the symbols the world calls.
