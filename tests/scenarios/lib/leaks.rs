//! What the leak scenarios in Rust share; `leaks.h` says what the fates mean and why the stack is overwritten.

use std::hint::black_box;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Lost,
    Held,
    Freed,
}

/// Overwrites the stack below the caller.
#[inline(never)]
pub fn forget_stack() {
    black_box(&mut [0u8; 1 << 15]);
}

/// The whole `main` of a leak scenario: runs the case that the first argument names.
pub fn main(cases: &[(&str, fn(Fate))]) {
    let word = std::env::args().nth(1).unwrap_or_default();
    let (fate, name) = word.split_once('-').expect("FATE-NAME");
    let fate = match fate {
        "lost" => Fate::Lost,
        "held" => Fate::Held,
        _ => Fate::Freed,
    };
    let (_, run) = cases.iter().find(|case| case.0 == name).expect("a case of this name");
    run(fate);
    forget_stack();
    println!("done");
}
