"""Node.js: a server under load with workers and compression, a cluster, children, npm, and tests of its own suite, each once
plainly and once under Custody. A test that fails plainly, as one of another version may, has to fail the same way."""

import re

import debian
import servers
from stage import LeftOut, Program, Run

RIGHT = [
    {"kind": "leak", "in": "CRYPTO_*", "module": "node", "why": "OPENSSL_cleanup runs before libuv joins its pool threads: what OpenSSL "
     "keeps for each of these is released by nobody"},
]

# Of the suite: every so manieth test of what its names begin with.
GROUPS = {"async": 10, "buffer": 15, "child": 20, "cluster": 30, "console": 15, "crypto": 20, "dgram": 20, "event": 10, "fs": 30, "heap": 7,
          "http": 45, "http2": 55, "net": 30, "os": 2, "path": 10, "process": 20, "stream": 30, "string": 2, "timers": 15, "tls": 40,
          "url": 7, "util": 7, "v8": 7, "vm": 12, "whatwg": 15, "webcrypto": 15, "worker": 15, "zlib": 12}

# Of the suite of Debian's version, this one waits for ever under later ones, plainly, too.
LEFT_OUT = {"test-http-malformed-request"}

SERVER = r"""
const http = require('http'), zlib = require('zlib'), { Worker, isMainThread, parentPort } = require('worker_threads');
const { execFileSync } = require('child_process');
if (!isMainThread) {
    let sum = 0;
    for (let i = 0; i < 1e6; i++) sum += i % 7;
    parentPort.postMessage([sum, zlib.gzipSync(Buffer.alloc(1e6, 'abc')).length]);
    return;
}
const server = http.createServer((request, answer) => answer.end(zlib.deflateSync(Buffer.alloc(20000, request.url))));
server.listen(0, '127.0.0.1', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
    const port = server.address().port;
    let count = 0, sum = 0;
    const get = (i) => new Promise((done, failed) => http.get({ port, host: '127.0.0.1', path: '/' + i % 10, agent }, (answer) => {
        const parts = [];
        answer.on('data', (part) => parts.push(part));
        answer.on('end', () => { sum += zlib.inflateSync(Buffer.concat(parts)).length; count++; done(); });
    }).on('error', failed));
    for (let k = 0; k < 20; k++) await Promise.all(Array.from({ length: 50 }, (_, i) => get(i)));
    const work = () => new Promise((done, failed) => new Worker(__filename).on('message', done).on('error', failed));
    console.log(count, sum, JSON.stringify(await Promise.all([work(), work(), work(), work()])));
    console.log(execFileSync(process.execPath, ['-p', '1 + 1']).toString().trim());
    agent.destroy();
    server.close();
});
"""

CLUSTER = r"""
const cluster = require('cluster'), net = require('net');
if (cluster.isPrimary) {
    const workers = [cluster.fork(), cluster.fork()];
    let ready = 0, got = 0;
    for (const worker of workers) worker.on('message', (port) => {
        if (++ready < 2) return;
        for (let i = 0; i < 40; i++) {
            let text = '';
            net.connect(port, '127.0.0.1').on('data', (part) => { text += part; }).on('end', () => {
                if (text === 'x'.repeat(10000) && ++got === 40) { console.log(got); for (const w of workers) w.disconnect(); }
            });
        }
    });
} else {
    const server = net.createServer((socket) => socket.end('x'.repeat(10000)));
    server.listen(0, '127.0.0.1', () => process.send(server.address().port));
}
"""

FILE = """
printf '%s' "$1" >main.js
./under node main.js; echo "node $?"
"""

NPM = r"""
export npm_config_cache=$PWD/cache npm_config_update_notifier=false npm_config_offline=true HOME=$PWD npm_config_audit=false npm_config_fund=false
mkdir part whole
echo '{"name":"part","version":"1.2.3","main":"main.js"}' >part/package.json
echo 'module.exports = () => "part";' >part/main.js
echo '{"name":"whole","version":"1.0.0","scripts":{"start":"node -e \"console.log(require(\\\"part\\\")())\""}}' >whole/package.json
npm pack --silent ./part; echo "npm $?"
cd whole
../under sh -c 'npm install --silent ../part-1.2.3.tgz && npm ls --parseable=false && npm start --silent'; echo "npm $?"
sed 's/"integrity.*//' package-lock.json
"""


def flags(path):
    found = re.search(r"^// Flags: (.*)$", path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    return found.group(1).split() if found else []


def of_suite(path):
    def act(stage):
        done = stage.run(["node", *flags(path), path], env={"NODE_TEST_DIR": stage.place, "NODE_SKIP_FLAG_CHECK": "1"}, timeout=120)
        done.output = "passed" if done.status == 0 else "failed"
        return done
    return Run(path.stem, act=act, count=lambda text: {"own tests": 1, "of them passing": int(text == "passed")})


def chosen(tree):
    tests = []
    for group, step in GROUPS.items():
        paths = sorted((tree / "test" / "parallel").glob(f"test-{group}-*.js"))
        tests += [path for path in paths[::step] if path.stem not in LEFT_OUT]
    return tests


def prepare(workshop):
    debian.need("node")
    runs = [Run("server", act=lambda stage: servers.script(stage, FILE, SERVER)),
            Run("cluster", act=lambda stage: servers.script(stage, FILE, CLUSTER))]
    try:
        debian.need("npm")
        runs.append(Run("npm", act=lambda stage: servers.script(stage, NPM),
                        normalise=lambda text: re.sub(r"\S*/(plain|custody)/", "", text)))
    except LeftOut as reason:
        print(f"nodejs without npm: {reason}")
    try:
        runs += [of_suite(path) for path in chosen(debian.unpacked("nodejs", workshop))]
    except LeftOut as reason:
        print(f"nodejs without its own tests: {reason}")
    return Program(debian.installed("nodejs") or "unknown", runs, "server with workers, cluster, npm")
