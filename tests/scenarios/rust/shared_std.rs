//! A program whose standard library is a shared object, and one whose symbols were stripped: correct code is silent.
//!
//! @builds profile=debug,release ld=lld strip=no,yes std=own,shared
//! @run good
//! @forbid cross-allocator-free

use std::hint::black_box;

fn main() {
    let mut lines: Vec<String> = (0..100).map(|n| format!("line {n}")).collect();
    lines.retain(|line| line.ends_with('7'));
    drop(black_box(Box::new([1u8; 64])));
    assert!(std::fs::canonicalize("/usr/bin").is_ok());
    let worker = std::thread::spawn(move || black_box(lines).len());
    assert_eq!(worker.join().unwrap(), 10);
    println!("done");
}
