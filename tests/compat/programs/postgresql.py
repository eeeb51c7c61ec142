"""PostgreSQL: initdb, a server with pgbench's clients, connections that come and go, SQL of its own regression suite, dump
and restore; smart, fast and immediate ends. All processes, clients too, are under Custody."""

import re
from pathlib import Path

import debian
import servers
from stage import LeftOut, Program, Run

RIGHT = [
    {"kind": "leak", "module": "initdb", "why": "initdb builds the lines of its files anew for each replacement and releases none; Memcheck says it of the same blocks"},
    {"kind": "leak", "module": "pg_dump", "why": "pg_dump leaves what it knows of objects to its end"},
    {"kind": "leak", "module": "psql", "why": "psql leaves options and variables to its end"},
    {"kind": "leak", "in": "save_ps_display_args", "why": "the copy of argv belongs to main, which is not returned to"},
    {"kind": "leak", "in": "PostmasterMain", "why": "the copy of -D is not kept once data_directory is set"},
    {"kind": "leak", "in": "generate_addrinfo", "why": "initdb asks getaddrinfo for ::1 and does not release the answer"},
    {"kind": "leak", "module": "locale", "why": "called by initdb: it leaves its tree of names to its end"},
    {"kind": "leak", "module": "sed", "why": "sed leaves its program to its end"},
]

# Scripts of src/test/regress/sql that need nothing but themselves (or what test_setup.sql makes), in an order that works.
SCRIPTS = """test_setup boolean char name varchar text int2 int4 int8 oid float4 float8 bit numeric uuid enum money rangetypes
strings md5 numerology point lseg line box path polygon circle date time timetz timestamp interval inet macaddr
arrays regex comments expressions unicode case select select_distinct select_having union subselect join aggregates groupingsets
window with json jsonb jsonpath xml plancache limit plpgsql copy2 temp domain rangefuncs prepare conversion truncate sequence
polymorphism rowtypes returning hash_func btree_index gin merge delete namespace""".split()

START = """
export PATH=$1:$PATH PGHOST=127.0.0.1 PGPORT=$2 PGUSER=owner LC_ALL=C.UTF-8 PGTZ=PST8PDT PGDATESTYLE='Postgres, MDY'
initdb -D data -A trust -N -U owner >initdb.txt 2>&1; echo "initdb $?"
postgres -D data -p $2 -k "" -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=16MB >server.txt 2>&1 &
server=$!
await pg_isready -q
"""

STOP = """
kill -$3 $server
wait $server
echo "server $?"
grep -E 'PANIC|was terminated by' server.txt | sed 's/^.*\\] //'
"""

BENCH = START + """
createdb b; echo "createdb $?"
pgbench -i -q -s 1 b >bench.txt 2>&1; echo "pgbench $?"
pgbench -n -c 8 -j 2 -t 50 b 2>&1 | grep -E 'processed|failed'
pgbench -n -S -c 8 -j 2 -t 500 -M prepared b 2>&1 | grep -E 'processed|failed'
pgbench -n -S -C -c 4 -j 2 -t 5 b 2>&1 | grep -E 'processed|failed'
psql -Atc 'select sum(abalance) = (select sum(delta) from pgbench_history) from pgbench_accounts' b
pg_dump -s b | grep -Ev '^--|restrict ' | sha256sum
""" + STOP

REGRESS = START + """
createdb regression; echo "createdb $?"
export PG_ABS_SRCDIR=$4 PG_LIBDIR=$5 PG_DLSUFFIX=.so PG_ABS_BUILDDIR=$PWD
shift 5
for script; do
    psql -X -a -q -d regression -f $PG_ABS_SRCDIR/sql/$script.sql 2>&1 | sed "s|$PG_ABS_SRCDIR/||; s|$PWD/||g; s|^|$script: |"
done
set -- x x FAST
""".replace("FAST", "INT") + STOP


def plainly(text):
    text = re.sub(r"\b\d{5,}\b(?=.*regress)", "N", text)
    return servers.without_figures(text) if "actually processed" in text else text


def prepare(workshop):
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not places:
        raise LeftOut("postgresql not installed")
    programs, user = places[-1], servers.not_as_root()
    package = f"postgresql-{programs.parent.name}"

    def bench(signal):
        return lambda stage: servers.script(stage, BENCH, programs, servers.free_port(), signal, before=user, whole=True)

    runs = [Run(f"pgbench {name}", act=bench(signal), normalise=plainly)
            for name, signal in (("smart", "TERM"), ("fast", "INT"), ("immediate", "QUIT"))]
    try:
        tree = debian.unpacked(package, workshop) / "src" / "test" / "regress"
        scripts = [name for name in SCRIPTS if (tree / "sql" / f"{name}.sql").exists()]
        runs.append(Run("regress", act=lambda stage: servers.script(
            stage, REGRESS, programs, servers.free_port(), "INT", tree, workshop, *scripts, before=user, whole=True),
            normalise=plainly, count=lambda text: {"scripts of its own suite": len(scripts)}))
    except LeftOut as reason:
        print(f"postgresql without its own suite: {reason}")
    return Program(debian.installed(package) or "unknown", runs, "initdb, pgbench, regression scripts")
