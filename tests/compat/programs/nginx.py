"""nginx under load: a master and two workers, files, compression, a proxy with a cache in front of itself, a reload, and the
three ways to end it."""

import re

import debian
import servers
from stage import Program, Run

RIGHT = [
    {"kind": "leak", "in": "pcre2_compile_context_create_8", "why": "on a reload ngx_regex_cleanup lets PCRE2 release its context "
     "through ngx_regex_free, which does nothing but while ngx_regex_direct_alloc is set, and forgets it"},
    {"kind": "leak", "in": "pcre2_match_data_create_8", "why": "the same of the data of matches"},
]

CONFIGURATION = """
daemon off; master_process on; worker_processes 2; pid nginx.pid; error_log error.log warn;
events { worker_connections 512; }
http {
    access_log access.log;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    gzip on; gzip_types text/plain; gzip_min_length 100;
    proxy_cache_path cache keys_zone=pages:1m;
    server {
        listen 127.0.0.1:PORT; root html; types { text/html html; text/plain txt; }
        location /again/ { proxy_pass http://127.0.0.1:PORT/; proxy_cache pages; proxy_cache_valid 200 1m; }
        location = /moved { return 302 /index.html; }
        location ~ ^/word/(.*)$ { return 200 "the word $1"; }
    }
}
"""

SCRIPT = """
mkdir html
seq 2000 >html/index.html
seq 60000 >html/large.txt
printf '%s' "$3" | sed "s/PORT/$1/g" >nginx.conf
./under nginx -e error.log -p "$PWD" -c "$PWD/nginx.conf" &
server=$!
at=http://127.0.0.1:$1
await curl -sf $at/
load() { wrk -t2 -c24 -d1 "$@" | grep -E '^ *Non-2xx|^ *Socket errors' | sed 's/timeout.*//'; }
load $at/
load -H 'Accept-Encoding: gzip' $at/large.txt
load $at/again/large.txt
load $at/word/one
for path in / /large.txt /again/ /again/large.txt /moved /word/two /none; do
    curl -s --compressed $at$path | sha256sum
done
kill -HUP $(cat nginx.pid)
await curl -sf $at/
await curl -sf $at/again/
kill -$2 $(cat nginx.pid)
wait $server
echo "server $?"
sed -E 's/^.*\\[(warn|error|crit|alert|emerg)\\] [0-9#]*: (\\*[0-9]+ )?//' error.log | sort -u
"""


def act(signal):
    return lambda stage: servers.script(stage, SCRIPT, servers.free_port(), signal, CONFIGURATION)


def plainly(text):
    return re.sub(r'127\.0\.0\.1:\d+|"/\S*/html/|"/[^"]*/html/', "", text)


def prepare(_workshop):
    debian.need("nginx", "wrk", "curl")
    version = debian.installed("nginx") or "unknown"
    return Program(version, [Run(f"ended by {signal}", act=act(signal), normalise=plainly) for signal in ("QUIT", "TERM", "INT")],
                   "two workers under wrk with 24 connections, proxy and cache, reload")
