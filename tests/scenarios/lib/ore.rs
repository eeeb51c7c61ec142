//! ore: a Rust library with a Rust face, as an rlib or a dylib. What it makes may be dropped by whoever has it: all Rust
//! code of a program shares one allocator.

use std::hint::black_box;

/// 61 bytes that the caller drops.
pub fn lump() -> Box<[u8]> {
    black_box(vec![5u8; 61].into_boxed_slice())
}

/// Drops what its caller made.
pub fn crush(lump: Box<[u8]>) -> usize {
    black_box(lump).len()
}

/// A value that owns others, made here and dropped anywhere.
pub fn seam(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("layer {number}")).collect()
}
