"""OpenJDK: javac, a program with many threads under each collector, jshell, and an end by signal with its shutdown hook."""

import re

import debian
import servers
from stage import Program, Run

RIGHT = [
    {"kind": "leak", "module": "libjli.so", "why": "the launcher builds the options that it hands to the VM and forgets them"},
    {"kind": "leak", "in": "Compiler::initialize*", "why": "C1's arena for its own start is named by nothing but that function"},
    {"kind": "leak", "in": "PerfMemory::*", "why": "the prologue of performance data is kept nowhere when it is in the heap"},
    {"kind": "leak", "in": "setLastError", "why": "the transport of the debugger's agent keeps its last error in the thread's "
                                                  "own storage, and loses it with the thread"},
    {"kind": "leak", "in": "StatSampler::*", "why": "a sampler that is made for one value and forgotten"},
]

SOURCE = """
import java.util.*;
import java.util.concurrent.*;

public class Busy {
    static byte[] bytes(int n) { return new byte[n]; }
    public static void main(String[] words) throws Exception {
        if (words.length > 0) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
            new Thread(() -> { for (;;) { bytes(10000); } }).start();
            System.out.println("ready");
            Thread.sleep(60000);
        }
        ExecutorService pool = Executors.newFixedThreadPool(8);
        List<Future<Long>> parts = new ArrayList<>();
        for (int t = 0; t < 32; t++) {
            final int n = t;
            parts.add(pool.submit(() -> {
                Map<Integer, byte[]> map = new HashMap<>();
                long sum = 0;
                for (int i = 0; i < 10000; i++) { map.put(i % 500, bytes((i * 31 + n) % 4000)); sum += map.get(i % 500).length; }
                return sum;
            }));
        }
        long sum = 0;
        for (Future<Long> part : parts) sum += part.get();
        pool.shutdown();
        Queue<Integer> queue = new ConcurrentLinkedQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 200; i++) { final int n = i; Thread t = new Thread(() -> queue.add(n)); t.start(); threads.add(t); }
        for (Thread t : threads) t.join();
        var deflater = new java.util.zip.Deflater();
        byte[] raw = new byte[300000], packed = new byte[400000];
        new Random(1).nextBytes(raw);
        deflater.setInput(raw);
        deflater.finish();
        int size = deflater.deflate(packed);
        deflater.end();
        for (int i = 0; i < 50; i++) java.nio.ByteBuffer.allocateDirect(1 << 20);
        System.gc();
        System.out.println(sum + " " + queue.size() + " " + size);
    }
}
"""

COMPILE = """
printf '%s' "$1" >Busy.java
UNDER javac -d . Busy.java; echo "javac $?"
sha256sum Busy.class
"""

RUN = """
./under java $2 -Xmx128m -cp . Busy; echo "java $?"
"""

SHELL = """
echo 'int f(int n) { return n < 2 ? n : f(n - 1) + f(n - 2); }
System.out.println(f(20));
System.out.println(java.util.stream.IntStream.range(0, 100).sum());
/exit' >in.txt
HOME=$PWD ./under jshell -s -J-Duser.home=$PWD -R-Xmx64m in.txt; echo "jshell $?"
"""


def plainly(text):
    return re.sub(r"^(INFO|[A-Z][a-z]{2} \d+, \d{4}).*\n", "", text, flags=re.MULTILINE)


def end(stage, signal):
    """Ends a program that waits and allocates, once it is ready; the hook has to run."""
    plain = type(stage)(stage.place)
    begun = plain.run(["sh", "-c", COMPILE.replace("UNDER ", ""), "sh", SOURCE])
    done = stage.run(["sh", "-u", "-c", servers.AWAIT + "java -Xmx64m -cp . Busy wait >out.txt & java=$!\nawait grep -q ready out.txt\n"
                      "kill -$1 $java; wait $java; echo \"java $?\"; cat out.txt", "sh", signal])
    done.output = begun.output + done.output
    return done


def prepare(_workshop):
    debian.need("java", "javac", "jshell")
    runs = [Run("javac", act=lambda stage: servers.script(stage, COMPILE.replace("UNDER", "./under"), SOURCE))]
    for collector in ("G1", "Serial", "Parallel", "Z", "Shenandoah"):
        runs.append(Run(collector, act=lambda stage, option=f"-XX:+Use{collector}GC": servers.script(
            stage, COMPILE.replace("UNDER ", "") + RUN, SOURCE, option)))
    runs += [Run("jshell", act=lambda stage: servers.script(stage, SHELL), normalise=plainly),
             Run("ended by TERM", act=lambda stage: end(stage, "TERM")), Run("ended by HUP", act=lambda stage: end(stage, "HUP"))]
    version = next((debian.installed(f"openjdk-{n}-jdk-headless") for n in range(25, 8, -1)
                    if debian.installed(f"openjdk-{n}-jdk-headless")), None)
    return Program(version or "unknown", runs, "javac, threads under 5 collectors, jshell, shutdown hooks")
