"""Redis: a server with clients, its benchmark, scripts in Lua, snapshots by fork, and both ways to end it; its memory is
jemalloc's, in a library that Custody's malloc stands before."""

import re

import debian
import servers
from stage import Program, Run

RIGHT = []

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


def prepare(_workshop):
    debian.need("redis-server", "redis-cli", "redis-benchmark", "redis-check-rdb")
    version = debian.installed("redis-server") or "unknown"
    return Program(version, [Run(f"ended by {how}", act=act(how), normalise=plainly) for how in ("TERM", "SHUTDOWN")],
                   "server, redis-benchmark (10 tests, 20 clients), snapshots")
