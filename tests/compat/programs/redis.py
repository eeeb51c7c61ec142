"""Redis: a server with clients, its benchmark, scripts in Lua, snapshots by fork, and both ways to end it; units of its own
suite, with the installed server. Its memory is jemalloc's, in a library that Custody's malloc stands before."""

import re
import shutil

import debian
import servers
from common import SMALL_TOOLS
from stage import Program, Run

RIGHT = [
    *SMALL_TOOLS,
    {"kind": "leak", "in": "loadServerConfigFromString", "why": "the server ends at a setting that it refuses, with the words of its line in "
     "hand; Memcheck tells of it, too"},
]

# Units of its own suite that are quick and do not wait for time to pass.
UNITS = """
acl acl-v2 auth bitfield bitops functions info info-command introspection introspection-2 keyspace limits
multi networking protocol pubsub pubsubshard querybuf quit replybufsize scan scripting slowlog sort tracking
type/hash type/incr type/list type/list-2 type/set type/stream-cgroups type/string type/zset
""".split()
PROGRAMS = ("redis-server", "redis-cli", "redis-benchmark", "redis-check-aof", "redis-check-rdb")

SCRIPT = """
./under redis-server --port $1 --bind 127.0.0.1 --dir . --save "" --appendonly yes --pidfile "$PWD/pid" >server.txt 2>&1 &
server=$!
ask() { redis-cli -p $port "$@"; }
port=$1
await ask ping
redis-benchmark -p $1 -n 1000 -c 20 -q -t set,get,incr,lpush,lpop,sadd,hset,zadd,lrange_100,mset >bench.txt; echo "benchmark $?"
tr '\\r' '\\n' <bench.txt | grep 'per second' | cut -d: -f1
ask flushall
ask eval "for i = 1, 20000 do redis.call('set', 'k' .. i, string.rep('v', i % 500)) end return 'filled'" 0
ask eval "local s = 0; for i = 1, 20000, 7 do s = s + #redis.call('get', 'k' .. i) end return s" 0
seq 1 3000 | sed 's/.*/zadd scores & m&/' | ask --pipe | tail -1
ask zrangebyscore scores 2990 +inf
ask setrange text 300000 end
ask strlen text
ask config set activedefrag no
ask bgsave
await sh -c "redis-cli -p $1 info persistence | grep rdb_bgsave_in_progress:0"
ask bgrewriteaof
await sh -c "redis-cli -p $1 info persistence | grep aof_rewrite_in_progress:0"
ask debug-no-such-command
ask dbsize
ask memory purge
case $2 in
TERM) kill -TERM $(cat pid) ;;
SHUTDOWN) ask shutdown nosave ;;
esac
wait $server
echo "server $?"
redis-check-rdb dump.rdb | tail -1 | sed 's/^.*\\] //'
"""


def act(how):
    return lambda stage: servers.script(stage, SCRIPT, servers.free_port(), how)


def plainly(text):
    return re.sub(r"Background .* started|Background .* scheduled", "Background", text)


def results(text):
    """Each test and its result, without the time that it took."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return "\n".join(re.findall(r"^\[(?:ok|err|ignore|exception)\]: .*?(?= \(\d+ ms\)$|$)", text, re.MULTILINE))


def count(text):
    return {"units": 1, "tests": results(text).count("[ok]")}


def run_of(unit, tree):
    """The suite looks for free ports by itself, and for each one 10,000 above it; where it begins differs, as others may run
    it, too."""
    def act(stage):
        base = 10000 + servers.free_port() % 20000
        words = ["--single", f"unit/{unit}", "--clients", 1, "--baseport", base, "--portcount", 100]
        return stage.run(["tclsh", "tests/test_helper.tcl", *words], cwd=tree)
    return Run(unit, act=act, normalise=results, count=count)


def own_tests(workshop):
    """Runs of the units, which look for the programs where a build puts them."""
    tree = debian.unpacked("redis", workshop)
    for name in PROGRAMS:
        place = tree / "src" / name
        place.unlink(missing_ok=True)
        place.symlink_to(shutil.which(name))
    return [run_of(unit, tree) for unit in UNITS]


def prepare(workshop):
    debian.need(*PROGRAMS, "tclsh")
    version = debian.installed("redis-server") or "unknown"
    runs = [Run(f"ended by {how}", act=act(how), normalise=plainly) for how in ("TERM", "SHUTDOWN")]
    return Program(version, runs + own_tests(workshop), "of its own suite; a server under redis-benchmark with snapshots")
