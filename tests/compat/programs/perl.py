"""perl as Debian has it, and scripts of its own suite: those of the language, which need nothing built but perl."""

import re
import shutil
from pathlib import Path

import debian
from common import SMALL_TOOLS
from stage import Program, Run

RIGHT = [*SMALL_TOOLS]

# Scripts of base, cmd, comp, mro, op, opbasic and re that are quick.
SCRIPTS = """
base/cond base/lex base/num base/rs base/term base/translate base/while cmd/elsif cmd/for cmd/mod cmd/subval cmd/switch
comp/bproto comp/cmdopt comp/colon comp/decl comp/filter_exception comp/fold comp/form_scope comp/hints comp/line_debug
comp/multiline comp/opsubs comp/our comp/package comp/package_block comp/parser comp/proto comp/redef comp/retainedlines
comp/term comp/uproto comp/use opbasic/arith opbasic/cmp opbasic/concat opbasic/magic_phase opbasic/qq
mro/basic_01_c3_utf8 mro/basic_01_dfs mro/basic_01_dfs_utf8 mro/basic_02_c3 mro/basic_02_dfs mro/basic_03_c3
mro/basic_03_c3_utf8 mro/basic_03_dfs mro/basic_03_dfs_utf8 mro/basic_utf8 mro/c3_with_overload
mro/c3_with_overload_utf8 mro/complex_c3 mro/complex_c3_utf8 mro/complex_dfs mro/isa_aliases mro/isa_aliases_utf8
mro/isa_c3 mro/isa_dfs mro/isa_dfs_utf8 mro/isarev_utf8 mro/next_edgecases mro/next_edgecases_utf8 mro/next_goto_utf8
mro/next_method mro/next_method_utf8 mro/next_skip mro/next_skip_utf8 mro/overload_c3_utf8 mro/overload_dfs mro/pkg_gen
mro/pkg_gen_utf8 mro/recursion_c3 mro/recursion_dfs mro/recursion_dfs_utf8 re/overload re/pos re/qr re/reg_pmod
re/rxcode op/aassign op/append op/args op/arith2 op/array op/assignwarn op/attrhand op/attrproto op/auto op/avhv
op/bless op/bool op/catch op/chars op/chop op/chr op/const-optree op/context op/cproto op/crypt op/defer op/defined
op/delete op/die op/die_except op/die_keeperr op/die_unwind op/each op/each_array op/evalbytes op/exists_sub op/fh
op/filetest_stack_ok op/filetest_t op/flip op/for-many op/for op/getppid op/glob op/gmagic op/grep op/groups op/hash
op/hashassign op/hashwarn op/index op/infnan op/int op/isa op/join op/kill0 op/kvaslice op/kvhslice op/length
op/localref op/lock op/loopctl op/lop op/lvref op/my op/negate op/not op/numify op/numify_chkflags op/oct op/or op/ord
op/pos op/postfixderef op/pow op/protowarn op/push op/qr op/range op/require_override op/reverse op/rt119311 op/select
op/smartkve op/splice op/sprintf op/stat_errors op/state op/study op/studytied op/substr op/svflags op/switch
op/symbolcache op/sysio op/tiearray op/tiehandle op/tiehash op/try op/undef op/unlink op/unshift op/upgrade op/utf8magic
op/utfhash op/wantarray op/yadayada
""".split()


def results(text):
    """Each test and its result, without names, which may hold addresses."""
    return "\n".join(re.findall(r"^(?:not )?ok \d+|^1\.\.\d+", text, re.MULTILINE))


def count(text):
    return {"test scripts": 1, "tests": len(re.findall(r"^ok \d+", text, re.MULTILINE))}


def complete(target, workshop):
    """Puts there what a build makes, as the installed perl has it."""
    said = debian.run(["perl", "-MConfig", "-e", 'print "$Config{archlibexp}\\n$Config{privlibexp}"'], workshop)
    places = [Path(line) for line in said.splitlines()]
    for place in [*places, places[0].parent.parent / "perl-base"]:
        for file in place.rglob("*"):
            copy = target / file.relative_to(place)
            if file.is_file() and not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy)


def prepare(workshop):
    debian.need("perl")
    tree = debian.unpacked("perl", workshop)
    if not (tree / "lib" / "XSLoader.pm").exists():
        complete(tree / "lib", workshop)
    runs = [Run(name, ["perl", "-I../lib", f"{name}.t"], cwd=tree / "t", env={"PERL_CORE": "1", "LC_ALL": "C"},
                normalise=results, count=count) for name in SCRIPTS]
    return Program(debian.installed("perl"), runs, "of its own suite")
