"""Measures real programs: time on the clock, processor time, and memory. What a program prints is the same under every
allocator, or the run ends."""

import sys

import measure
import programs
from table import Table


def measure_program(program, words, options, columns, launcher, results):
    """All rounds of a program. One run before them brings its files into memory and says what it prints."""
    environment = programs.variables()
    expected = launcher.run(words, columns[0], environment).output
    for number in range(options.rounds):
        for column in columns:
            if column.takes_part(program.name, number):
                run = launcher.run(words, column, environment)
                if run.output != expected:
                    sys.exit(f"bench: {program.name} under {column.name} prints something else than under {columns[0].name}")
                for table, value in zip(results, (run.wall, run.processor, run.memory), strict=True):
                    table.add(program.name, column.name, value)


def all_programs(options, columns, launcher, data):
    """The three tables."""
    names = [column.name for column in columns]
    results = [Table("Time", "s", names), Table("Processor time", "s", names), Table("Memory", "MiB", names)]
    for program in programs.PROGRAMS:
        if not options.chooses("real", program.name):
            continue
        words = program.words(data)
        if not words:
            print(f"bench: {program.name} is left out: {program.package} is not installed", file=sys.stderr)
            continue
        measure_program(program, words, options, columns, launcher, results)
        measure.progress(program.name)
    return results
