"""SQLite: scripts of its own suite, run by its test program, a Tcl interpreter with SQLite in it."""

import re

import debian
from common import SMALL_TOOLS
from stage import Program, Run

RIGHT = [*SMALL_TOOLS]

SCRIPTS = """
aggerror aggnested alter alter2 alter3 analyze analyze3 attach attach2 autoinc autoindex1 between bigrow bind bindxfer
blob boundary1 cast check coalesce collate1 collate2 collate3 collate4 colmeta conflict conflict2 cost count cse ctime
date delete delete2 descidx1 distinct e_createtable e_delete e_expr e_insert e_select e_update enc enc2 eqp expr fkey1
fkey2 func func2 hook in in2 index index2 insert insert2 insert3 intpkey join join2 journal1 json101 lastinsert
laststmtchanges like limit main memdb minmax misc1 misc2 misc3 misc5 notnull null orderby1 pager1 pragma printf quote
rowid rtree savepoint select1 select2 select3 select4 select5 select6 select7 select8 selectA sort subquery substr table
tempdb temptable trans trigger1 trigger2 trigger3 types types2 unique unordered update upsert1 utf16align vacuum view
vtab1 where where2 window1 with1 without_rowid1 zeroblob
""".split()

BUILD = [["./configure", "--disable-shared", "--with-tcl=/usr/lib/tcl8.6", "CFLAGS=-g1 -O1 -w"],
         ["make", "testfixture"]]


def results(text):
    """Each test and its result, without how much memory and time it takes."""
    lines = re.findall(r"^\S+\.\.\. .*|^\d+ errors out of \d+ tests|^! .*", text, re.MULTILINE)
    return re.sub(r"\(\d+ ms - ", "(", "\n".join(lines))


def count(text):
    numbers = re.findall(r"^\d+ errors out of (\d+) tests", text, re.MULTILINE)
    return {"test scripts": 1, "tests": sum(map(int, numbers))}


def prepare(workshop):
    debian.need("make", "gcc", "tclsh")
    tree = debian.unpacked("sqlite3", workshop)
    debian.built(tree, workshop, *BUILD)
    runs = [Run(name, [tree / "testfixture", tree / "test" / f"{name}.test"], normalise=results, count=count)
            for name in SCRIPTS if (tree / "test" / f"{name}.test").exists()]
    return Program(debian.source_version(tree), runs, "of its own suite")
