"""CPython as Debian has it, its blocks all from malloc (PYTHONMALLOC=malloc), and modules of its own tests."""

import re
import shutil
from pathlib import Path

import debian
from stage import Program, Run

RIGHT = [
    # Valgrind's Memcheck tells it, too. (A test that imports modules anew, pdb among them, does this.)
    {"kind": "leak", "module": "readline.cpython-*", "why": "readline_free() leaves the word delimiters that "
     "set_completer_delims() kept in the module's state: each module that is imported anew and dropped loses them"},
]

# Modules that take a moment, and need neither network nor display. Tests may be newer than the interpreter that is
# installed, and then some do not end (test_csv) or fail with and without Custody.
MODULES = """
test_abc test_array test_base64 test_binascii test_bisect test_bool test_bytes test_bz2 test_calendar test_class
test_codeop test_collections test_complex test_configparser test_context test_contextlib test_copy
test_dataclasses test_deque test_dict test_difflib test_dynamic test_enumerate test_fnmatch test_format test_fstring
test_functools test_generators test_glob test_grammar test_heapq test_html test_int test_iter test_json test_list
test_lzma test_memoryview test_operator test_ordered_dict test_pprint test_richcmp test_set test_shelve test_shlex
test_sqlite3 test_string test_struct test_textwrap test_threading_local test_tokenize test_tuple test_types
test_unpack_ex test_weakref test_with test_xml_etree test_xml_etree_c test_zipimport test_zlib
""".split()

RESULT = re.compile(r"^(test\w* \([\w.]+\)).*?\.\.\. (?:.*?)(ok|skipped.*|FAIL|ERROR|expected failure)$", re.MULTILINE)
TOTAL = re.compile(r"^Ran (\d+) tests? in", re.MULTILINE)


def results(text):
    """Each test and its result, without what it prints and how long it takes."""
    return "\n".join([" ".join(pair) for pair in RESULT.findall(text)] + TOTAL.findall(text))


def count(text):
    return {"test modules": 1, "tests": sum(int(number) for number in TOTAL.findall(text))}


def library_with_tests(version, workshop):
    """A directory whose package `test` is whole: the installed library has what tests need, but not the tests."""
    library = workshop / "library"
    if not library.exists():
        partial = workshop / "partial"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(f"/usr/lib/{version}/test", partial / "test", ignore=shutil.ignore_patterns("__pycache__"))
        package = debian.package_unpacked(f"lib{version}-testsuite", workshop)
        shutil.copytree(package / "usr" / "lib" / version / "test", partial / "test", dirs_exist_ok=True)
        partial.rename(library)
    return library


def prepare(workshop):
    debian.need("/usr/bin/python3")
    version = Path("/usr/bin/python3").resolve().name
    env = {"PYTHONPATH": library_with_tests(version, workshop), "PYTHONMALLOC": "malloc", "PYTHONHASHSEED": 1,
           "PYTHONDONTWRITEBYTECODE": 1, "LC_ALL": "C.UTF-8"}
    runs = [Run(name, [f"/usr/bin/{version}", "-m", "test", "-v", name], env=env, normalise=results, count=count)
            for name in MODULES]
    return Program(debian.installed(version), runs, "of its own suite")
