"""Large programs with debug information, generated and compiled: what facts are measured on. Each is a number of parts that
differ in their types, so that compilers can share nothing among them."""

import subprocess
from pathlib import Path

RUST_PART = """mod m%(number)d {
    use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Key(pub u64, pub [u8; %(bytes)d]);
    pub fn run(count: u64) -> usize {
        let (mut map, mut tree) = (HashMap::new(), BTreeMap::new());
        let (mut set, mut queue) = (BTreeSet::new(), VecDeque::new());
        for i in 0..count {
            let key = Key(i, [i as u8; %(bytes)d]);
            map.insert(key.clone(), vec![key.clone()]);
            tree.insert(key.clone(), format!("{key:?}"));
            set.insert(key.clone());
            queue.push_back(Box::new(key));
        }
        let mut all: Vec<Key> = map.into_iter().flat_map(|(_, keys)| keys).collect();
        all.sort();
        all.dedup();
        all.iter().zip(tree.range(all[0].clone()..)).filter(|(a, (b, _))| a == b).count() + set.len() + queue.len()
    }
}
"""

CXX_PART = """struct key%(number)d {
    unsigned long number;
    char bytes[%(bytes)d];
    bool operator<(const key%(number)d &other) const { return number < other.number; }
};
unsigned long run%(number)d(unsigned long count)
{
    std::map<key%(number)d, std::vector<std::string>> tree;
    std::unordered_map<unsigned long, key%(number)d> table;
    std::vector<key%(number)d> all;
    for (unsigned long i = 0; i < count; i++) {
        key%(number)d key{i, {}};
        tree[key].push_back(std::to_string(i));
        table.emplace(i, key);
        all.push_back(key);
    }
    std::sort(all.begin(), all.end());
    return tree.size() + table.size() + all.size();
}
"""

CXX_HEADERS = "#include <algorithm>\n#include <map>\n#include <string>\n#include <unordered_map>\n#include <vector>\n"


def parts(text, count, first=0):
    return "".join(text % {"number": number, "bytes": number % 60 + 1} for number in range(first, first + count))


def rust_source(count):
    calls = " + ".join(f"m{number}::run(count)" for number in range(count))
    return parts(RUST_PART, count) + f"fn main() {{\n    let count = std::env::args().count() as u64;\n    println!(\"{{}}\", {calls});\n}}\n"


def build_rust(place, name, count, *flags):
    """The program of `count` parts, compiled by rustc with these flags, unless it is there."""
    program = place / name
    if not program.exists():
        source = place / f"{name}.rs"
        source.write_text(rust_source(count), encoding="utf-8")
        subprocess.run(["rustc", "--edition", "2021", "-g", *flags, "-o", program, source], check=True)
    return program


def build_cxx(place, name, units, count):
    """The program of so many units of `count` parts each, compiled by clang, unless it is there."""
    program = place / name
    if not program.exists():
        sources = [place / f"{name}{unit}.cc" for unit in range(units)]
        for unit, source in enumerate(sources):
            source.write_text(CXX_HEADERS + parts(CXX_PART, count, unit * count), encoding="utf-8")
        runs = [f"run{number}" for number in range(units * count)]
        declarations = "".join(f"unsigned long {run}(unsigned long);\n" for run in runs)
        calls = " + ".join(f"{run}(count)" for run in runs)
        main = place / f"{name}.cc"
        main.write_text(f"{declarations}int main(int count, char **)\n{{\n    return ({calls}) == 0;\n}}\n", encoding="utf-8")
        subprocess.run(["clang++", "-std=c++17", "-g", "-o", program, main, *sources], check=True)
    return program


def rustc_library():
    """The library that rustc is: large, with symbols and without debug information. None when it is not where it used to be."""
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip()
    return next(iter(sorted(Path(sysroot, "lib").glob("librustc_driver-*.so"))), None)
