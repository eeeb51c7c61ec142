//! A test without Rust's harness. It says how often it is run, which is to be once.

use std::io::Write;

fn main() {
    if let Some(path) = std::env::var_os("OWN_HARNESS_RUNS") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        writeln!(file.unwrap(), "{}", std::env::args().skip(1).collect::<Vec<_>>().join(" ")).unwrap();
    }
    custody_parts::lose(202);
}
