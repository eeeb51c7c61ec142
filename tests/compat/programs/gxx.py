"""g++: optimised, with debug information, with link-time optimisation, with errors, by make; objects and programs must be the
same bytes. Assembler, linker and the compilers proper are under Custody, too."""

import debian
import servers
from stage import Program, Run

RIGHT = [
    {"kind": "leak", "module": "cc1plus", "why": "the compiler leaves memory of its front end to its end; Memcheck says it of the same blocks"},
    {"kind": "leak", "module": "*-as", "why": "the assembler does not release its frags and symbols; Memcheck says it of the same blocks"},
    {"kind": "leak", "module": "*g++-*", "why": "the driver does not release its specs and file names; Memcheck says it of the same blocks"},
    {"kind": "leak", "module": "collect2", "why": "collect2 does not release the words of the linker's command line; Memcheck says it of the same blocks"},
    {"kind": "leak", "module": "lto*", "why": "the compiler of link-time optimisation leaves memory to its end; Memcheck says it, too"},
    {"kind": "leak", "module": "*ld.bfd", "why": "the linker leaves its script and symbols to its end; Memcheck says it of the same blocks"},
    {"kind": "leak", "module": "make", "why": "make keeps its tables of files and rules to its end"},
    {"kind": "leak", "module": "liblto_plugin.so", "why": "the linker's plug-in keeps names of its files"},
]

SOURCE = "#include <algorithm>\n#include <iostream>\n#include <map>\n#include <memory>\n#include <regex>\n#include <string>\n#include <thread>\n"
SOURCE += "#include <vector>\n" + "".join(
    f"template <int N> struct T{n} {{ std::map<std::string, std::vector<int>> m; int f() {{ std::regex r(\"a{n}b+\");"
    f" m[\"x\"].push_back(N); return std::regex_match(\"a{n}bb\", r) + int(m.size()); }} }};\n" for n in range(12))
SOURCE += "int main() {\n    long sum = 0;\n" + "".join(f"    sum += T{n}<{n}>().f();\n" for n in range(12))
SOURCE += "    auto p = std::make_shared<std::string>(\"words\");\n    std::thread([p, &sum] { sum += long(p->size()); }).join();\n"
SOURCE += "    std::cout << sum << '\\n';\n}\n"

WRONG = "#include <vector>\ntemplate <class T> void f(T t) { t.none(); }\nint main() { f(std::vector<int>()); return undeclared; }\n"

MAKEFILE = "\n".join(["program: $(patsubst %,part%.o,1 2 3 4)", "\t$(CXX) -o $@ $^", "part%.o: part%.cpp", "\t$(CXX) -O1 -c $< -o $@", ""])

PARTS = """
printf '%s' "$1" >Makefile
for n in 1 2 3; do echo "#include <string>
std::string part$n() { return std::string($n, 'x'); }" >part$n.cpp; done
echo '#include <iostream>
#include <string>
std::string part1(), part2(), part3();
int main() { std::cout << part1() + part2() + part3() << std::endl; }' >part4.cpp
./under make -s -j2 CXX=g++; echo "make $?"
./program
sha256sum part*.o
"""

ONE = """
printf '%s' "$1" >main.cpp
options=$(printf '%s' "$2" | sed "s|HERE|$PWD|")
./under g++ $options main.cpp -o out -pthread; echo "g++ $?"
[ ! -f out ] || sha256sum out
case $options in *-c*) ;; *) [ ! -f out ] || ./out ;; esac
"""


def prepare(_workshop):
    debian.need("g++", "make")
    ways = {"object": "-O2 -g -c -ffile-prefix-map=HERE=.", "program": "-O1", "link-time optimisation": "-O1 -flto=2 -ffat-lto-objects", "preprocessed": "-E"}
    runs = [Run(name, act=lambda stage, options=options: servers.script(stage, ONE, SOURCE, options)) for name, options in ways.items()]
    runs += [Run("errors", act=lambda stage: servers.script(stage, ONE, WRONG, "-O1")),
             Run("make", act=lambda stage: servers.script(stage, PARTS, MAKEFILE))]
    return Program(debian.installed("g++") or "unknown", runs, "same objects")
