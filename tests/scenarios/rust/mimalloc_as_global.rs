//! A `#[global_allocator]` on top of a shared mimalloc: what Rust allocates is Rust's and mimalloc's at once, wherever the
//! compiler has inlined its entries.
//!
//! @builds profile=debug,release ld=lld
//! @run good
//! @compare
//! @forbid cross-allocator-free
//! @forbid double-free
//! @forbid foreign-free

use std::alloc::{GlobalAlloc, Layout};
use std::collections::HashMap;
use std::ffi::c_void;
use std::hint::black_box;

#[link(name = "mimalloc")]
extern "C" {
    fn mi_malloc_aligned(size: usize, align: usize) -> *mut c_void;
    fn mi_zalloc_aligned(size: usize, align: usize) -> *mut c_void;
    fn mi_realloc_aligned(block: *mut c_void, size: usize, align: usize) -> *mut c_void;
    fn mi_free(block: *mut c_void);
}

struct Mimalloc;

// SAFETY: each function is mimalloc's for the same purpose.
unsafe impl GlobalAlloc for Mimalloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        mi_malloc_aligned(layout.size(), layout.align()).cast()
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        mi_zalloc_aligned(layout.size(), layout.align()).cast()
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        mi_free(block.cast());
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        mi_realloc_aligned(block.cast(), size, layout.align()).cast()
    }
}

#[global_allocator]
static ALLOCATOR: Mimalloc = Mimalloc;

fn work() -> usize {
    let mut words: HashMap<usize, String> = HashMap::new();
    for i in 0..1000_usize {
        words.entry(i % 70).or_default().push_str("word ");
        drop(black_box(vec![0_u8; i]));
        drop(black_box(Box::new([i; 9])));
    }
    words.values().map(String::len).sum()
}

fn main() {
    let threads: Vec<_> = (0..3).map(|_| std::thread::spawn(work)).collect();
    let sum: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(sum, 15000);
    println!("done");
}
