#!/usr/bin/python3
"""What `make bench` makes of its figures: ratios, goals, tables of a page, the plot; and what it measures with: inputs that
are the same each time, the program that takes figures. Nothing is measured here.

Usage: run.py [NAME...]   tests with one of these words in their name
Ends with "N passed, N failed", and status 1 when any failed."""

import contextlib
import io
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))  # before the place of this file, which is called run.py, too
sys.dont_write_bytecode = True

import allocators  # noqa: E402
import goals  # noqa: E402
import launcher  # noqa: E402
import plot  # noqa: E402
import programs  # noqa: E402
import real  # noqa: E402
import run  # noqa: E402
import tables  # noqa: E402
from table import Table  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


def table_of(title, unit, rows):
    """A table from {row: {column: samples}}."""
    table = Table(title, unit, list(next(iter(rows.values()))))
    for row, columns in rows.items():
        for column, samples in columns.items():
            for sample in samples:
                table.add(row, column, sample)
    return table


def times():
    return table_of("Time", "s", {
        "jq": {"glibc": [1.0, 2.0, 1.0], "stacks=1": [0.8, 1.6, 1.2], "defaults": [2.0, 4.0, 2.0], "heaptrack": [3.0]},
        "g++": {"glibc": [2.0, 2.0, 2.0], "stacks=1": [2.5, 2.5, 2.5], "defaults": [1.0, 1.0, 1.0], "heaptrack": []}})


def workloads(pair_in_two):
    return table_of("Workloads", "ns", {
        "pair, 1 thread": {"glibc": [10.0], "stacks=1": [11.0]},
        "pair, 2 threads": {"glibc": [10.5], "stacks=1": [pair_in_two]}})


def verdicts(results):
    return {goal.words: goal.cells()[1:] for goal in goals.judge(results)}


class Ratios(unittest.TestCase):
    def test_a_ratio_is_the_median_of_the_rounds_ratios(self):
        self.assertAlmostEqual(times().ratio("jq", "stacks=1"), 0.8)

    def test_a_column_of_fewer_rounds_is_compared_with_the_same_rounds(self):
        table = table_of("Time", "s", {"z3": {"glibc": [1.0, 50.0, 50.0], "valgrind": [24.0]}})
        self.assertAlmostEqual(table.ratio("z3", "valgrind"), 24.0)

    def test_the_mean_is_geometric_and_of_the_rows_that_are_there(self):
        self.assertAlmostEqual(times().mean_ratio("stacks=1"), 1.0)
        self.assertAlmostEqual(times().mean_ratio("heaptrack"), 3.0)

    def test_a_column_that_has_no_figures_is_left_out(self):
        table = table_of("Time", "s", {"g++": {"glibc": [1.0], "heaptrack": [], "lsan": [1.5]}})
        self.assertEqual([line[0] for line in tables.turned_grid(table)], ["Time", "glibc (s)", "lsan"])
        self.assertNotIn("heaptrack", plot.draw(table, table))


class Goals(unittest.TestCase):
    def test_means_over_programs_are_judged(self):
        judged = verdicts({"time": times()})
        self.assertEqual(judged["Real programs with `stacks=1`: time"],
                         ["at most 0.95", "1.00 times glibc (2 programs)", "**missed by 5 %**"])
        self.assertEqual(judged["Real programs with the defaults, leak audit included: time"],
                         ["at most 1.05", "1.00 times glibc (2 programs)", "met"])

    def test_a_goal_of_which_there_are_no_figures_is_not_judged(self):
        only = table_of("Time", "s", {"jq": {"glibc": [1.0], "lsan": [1.0]}})
        self.assertEqual(verdicts({"time": only}), {})

    def test_two_threads_are_compared_with_one(self):
        words = "`pair` with `stacks=1`: an operation in each of two threads, to one in a single thread"
        self.assertEqual(verdicts({"micro": workloads(22.0)})[words],
                         ["at most 1.00", "2.00 (glibc 1.05)", "**missed by 100 %**"])
        self.assertEqual(verdicts({"micro": workloads(11.0)})[words][-1], "met")

    def test_the_figure_that_is_shown_decides(self):
        self.assertTrue(goals.Goal("", 0.95, 0.9549).is_met())
        self.assertFalse(goals.Goal("", 0.95, 0.9551).is_met())

    def test_an_audit_is_judged_by_what_it_adds(self):
        table = table_of("exit", "s/GiB", {"end, seconds per GiB": {
            "glibc": [0.1], "leaks=off": [0.2], "leaks=summary": [1.0], "leaks=full": [2.2]}})
        self.assertEqual(verdicts({"exit": table})["Leak audit at exit: live heap in a second"],
                         ["at least 1.00 GiB", "0.50 GiB", "**missed by 50 %**"])

    def test_a_start_is_judged_by_the_time_it_adds(self):
        table = table_of("start", "ms", {"start and end": {"glibc": [1.0], "defaults": [2.5], "custody run": [9.0]}})
        cells = list(verdicts({"start": table}).values())
        self.assertEqual([cell[1:] for cell in cells], [["1.50 ms", "met"], ["8.00 ms", "**missed by 60 %**"]])


class Pages(unittest.TestCase):
    def update(self, text):
        with tempfile.TemporaryDirectory() as place:
            page = pathlib.Path(place) / "page.md"
            page.write_text(text, encoding="utf-8")
            results = {"time": times(), "micro": workloads(20.0)}
            tables.update_page(page, "a machine", results, goals.judge(results))
            return page.read_text(encoding="utf-8")

    def test_each_region_gets_its_tables_and_what_stands_around_stays(self):
        page = "".join(f"before {name}\n<!-- {name}: begin -->\nold\n<!-- {name}: end -->\nafter {name}\n"
                       for name in tables.REGIONS)
        new = self.update(page)
        self.assertNotIn("old", new)
        for name in tables.REGIONS:
            self.assertIn(f"before {name}\n<!-- {name}: begin -->", new)
            self.assertIn(f"<!-- {name}: end -->\nafter {name}\n", new)
        programs_part = new.split("<!-- programs: begin -->")[1].split("<!-- programs: end -->")[0]
        self.assertIn("| stacks=1 | 0.80 | 1.25 | **1.00** |", programs_part)
        self.assertIn("| heaptrack | 3.00 |  | **3.00** |", programs_part)
        self.assertIn("| pair, 2 threads | 10.50 | 20.00 (1.90) |", new.split("<!-- workloads: begin -->")[1])

    def test_a_page_without_the_markers_is_refused(self):
        with self.assertRaises(SystemExit):
            self.update("<!-- goals: begin -->\n<!-- goals: end -->\n")

    def test_the_repositorys_page_has_all_regions(self):
        page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
        for name in tables.REGIONS:
            self.assertRegex(page, f"(?s)<!-- {name}: begin -->.*<!-- {name}: end -->")


class Plots(unittest.TestCase):
    def setUp(self):
        self.svg = xml.fromstring(plot.draw(times(), times()))

    def test_every_ratio_is_a_dot_and_every_mean_a_figure(self):
        self.assertEqual(len(self.svg.findall(f"{SVG}circle")), 2 * 5)  # heaptrack has one program
        words = [text.text for text in self.svg.findall(f"{SVG}text")]
        self.assertEqual(words.count("3.00"), 2)
        self.assertEqual(words.count("heaptrack"), 1)

    def test_nothing_is_drawn_outside(self):
        width, height = float(self.svg.get("width")), float(self.svg.get("height"))
        for element in self.svg.iter():
            for name, limit in (("cx", width), ("x", width), ("cy", height), ("y", height)):
                self.assertTrue(0 <= float(element.get(name, 0)) <= limit, element.attrib)

    def test_a_ratio_of_one_is_on_its_line(self):
        one = self.svg.find(f"{SVG}line[@class='one']").get("x1")
        diamond = self.svg.find(f"{SVG}path[@class='ours']").get("d")
        self.assertTrue(diamond.startswith(f"M{one} "), diamond)  # the mean of stacks=1 is 1

    def test_a_doubled_ratio_is_as_far_from_the_next_everywhere(self):
        scale = plot.Scale(100, 400, -1, 5)
        self.assertTrue(math.isclose(scale.place(2) - scale.place(1), scale.place(16) - scale.place(8)))
        self.assertEqual((scale.place(0.5), scale.place(32)), (100, 400))

    def test_dark_pages_get_colours_of_their_own(self):
        style = self.svg.find(f"{SVG}style").text
        light, dark = style.split("@media (prefers-color-scheme: dark)")
        for name in (".paper", ".ink", ".faint", ".grid", ".one", ".other", ".ours"):
            self.assertIn(name, light)
            self.assertIn(name, dark)


class Inputs(unittest.TestCase):
    SUMS = {"words.txt": 368252008, "rows.json": 1014772884, "rows.xml": 3252805140, "formulas.smt2": 1959907522}

    def test_inputs_are_the_same_each_time(self):
        sums = {name: zlib.crc32(text_of().encode()) for name, text_of in programs.DATA.items()}
        self.assertEqual(sums, self.SUMS)

    def test_files_that_programs_are_given_are_there(self):
        for program in programs.PROGRAMS:
            for word in program.command:
                name = word.split("data/")[-1]
                self.assertTrue("data/" not in word or name in programs.DATA, word)
                script = word.split("script/")[-1]
                self.assertTrue("script/" not in word or (programs.SCRIPTS / script).is_file(), word)


class FakeLauncher:
    """Says what each allocator makes a program print."""

    def __init__(self, outputs):
        self.outputs, self.names = outputs, []

    def run(self, _words, column, _environment):
        self.names.append(column.name)
        return launcher.Run(1.0, 1.0, 1.0, 1.0, self.outputs.get(column.name, b"same"))


class Measuring(unittest.TestCase):
    COLUMNS = [allocators.GLIBC, allocators.Allocator("other"), allocators.Allocator("slow", rounds=1),
               allocators.Allocator("blind", blind=("jq",))]

    def measure(self, outputs):
        options = run.Options(rounds=2, only="", allocators=[])
        fake = FakeLauncher(outputs)
        results = [Table(name, "s", [column.name for column in self.COLUMNS]) for name in "abc"]
        real.measure_program(programs.PROGRAMS[2], ["jq"], options, self.COLUMNS, fake, results)
        return fake, results[0]

    def test_rounds_are_interleaved_and_as_many_as_a_column_takes(self):
        fake, table = self.measure({})
        self.assertEqual(fake.names, ["glibc", "glibc", "other", "slow", "glibc", "other"])
        self.assertTrue(table.has("jq", "slow"))
        self.assertFalse(table.has("jq", "blind"))

    def test_an_output_that_differs_ends_the_run(self):
        with self.assertRaisesRegex(SystemExit, "jq under other prints something else"):
            self.measure({"other": b"different"})

    def test_parts_are_chosen_by_kind_and_name(self):
        chooses = run.Options(only="real jq").chooses
        self.assertTrue(chooses("real", "jq"))
        self.assertFalse(chooses("real", "z3") or chooses("micro", "jq"))
        self.assertTrue(run.Options(only="").chooses("exit", "end"))

    def test_columns_are_chosen_by_name_and_the_first_is_always_there(self):
        options = run.Options(allocators=["slow"])
        self.assertEqual([c.name for c in options.columns("real", self.COLUMNS)], ["glibc", "slow"])

    def test_what_is_not_installed_is_no_column(self):
        gone = allocators.library("gone", "gone1", "/nowhere/gone.so")
        self.assertEqual([c.name for c in run.Options(allocators=[]).columns("real", [allocators.GLIBC, gone])], ["glibc"])


class Launching(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        work = pathlib.Path(cls.place.name)
        (work / "bench").mkdir()
        subprocess.run([os.environ.get("CC", "gcc"), "-std=c11", "-D_GNU_SOURCE", "-O1", "-o", work / "bench" / "launch",
                        ROOT / "bench" / "launch.c"], check=True)
        cls.launcher = launcher.Launcher(work, work)

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def test_a_command_gets_its_variables_and_its_output_is_taken(self):
        column = allocators.Allocator("column", variables=("WORD={place}",))
        done = self.launcher.run(["sh", "-c", 'echo "$WORD"'], column)
        self.assertEqual(done.output.decode(), f"{self.launcher.place}\n")

    def test_memory_is_that_of_the_largest_process_of_the_tree(self):
        script = "import os; b = bytearray(64 << 20)"
        done = self.launcher.run(["sh", "-c", f"{sys.executable} -S -c '{script}'; true"], allocators.GLIBC)
        self.assertTrue(64 <= done.memory < 96, done.memory)
        small = self.launcher.run(["true"], allocators.GLIBC)
        self.assertLess(small.memory, 8)  # and not that of this Python

    def test_processor_time_is_part_of_the_time(self):
        done = self.launcher.run([sys.executable, "-S", "-c", "for i in range(300_000): pass"], allocators.GLIBC)
        self.assertTrue(0 < done.processor <= done.wall + 0.02, done)

    def test_a_command_that_fails_ends_the_run(self):
        with self.assertRaisesRegex(SystemExit, "ended with status 3:\nwords"):
            self.launcher.run(["sh", "-c", "echo words >&2; exit 3"], allocators.GLIBC)
        with self.assertRaisesRegex(SystemExit, "ended with status -9"):
            self.launcher.run(["sh", "-c", "kill -9 $$"], allocators.GLIBC)


class Result(unittest.TextTestResult):
    """Counts what passed."""

    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main():
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{word}*" for word in sys.argv[1:]] or None
    with contextlib.redirect_stderr(io.StringIO()) as words:
        result = unittest.TextTestRunner(resultclass=Result).run(loader.loadTestsFromModule(sys.modules[__name__]))
    failed = len(result.failures) + len(result.errors)
    if failed:
        print(words.getvalue())
    print(f"{result.passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
