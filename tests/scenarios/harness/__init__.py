"""What the suites of programs share: header comments, builds, logs, and running a program under Custody."""
