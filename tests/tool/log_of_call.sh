#!/bin/sh
# Usage: log_of_call.sh PROGRAM [BUILD-ID]
# Prints an audit log with one finding whose release stack is the place in PROGRAM that calls marker(): what the runtime
# would have written had marker released something. The build-id is PROGRAM's own unless one is given.
set -eu

program=$(realpath "$1")
# A finding needs the address behind the call, which is that of the next instruction.
offset=$(objdump -d --no-show-raw-insn "$program" |
    awk '/call.*<marker>/ { getline; sub(/:/, "", $1); print $1; exit }')
[ -n "$offset" ] || { echo "no call of marker in $program" >&2; exit 1; }
build_id=${2-$(readelf -n "$program" | awk '/Build ID:/ { print $3 }')}

cat <<LOG
{"v":1,"event":"start","pid":1,"seq":1,"t":1.0,"version":"0","options":"","ppid":0,"exe":"$program","argv":["x"]}
{"v":1,"event":"module","pid":1,"seq":2,"t":1.0,"id":0,"path":"$program","build_id":"$build_id","base":"0x0","epoch":1}
{"v":1,"event":"finding","pid":1,"seq":3,"t":1.0,"kind":"invalid-free","severity":"error","confidence":"exact","key":"0123456789abcdef","count":1,"block":{"addr":"0x1"},"by":{"side":"x","lang":"c","contract":"malloc","call":"free"},"place":"stack","expect":"nothing","thread":"x","release":[{"module":0,"offset":"0x$offset","symbol":"name_in_log"}]}
LOG
