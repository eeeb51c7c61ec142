//! A program with an allocator of its own over System: Rust's blocks are its, and it never accuses itself. What it gives
//! to C's free cannot be told for certain, and is at most a warning.
//!
//! @run good
//! @run bug
//! @allow warning

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::c_void;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: System does the work; the counter touches no memory of a block.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

extern "C" {
    fn free(block: *mut c_void);
}

fn main() {
    let before = LIVE.load(Ordering::Relaxed);
    let mut lines: Vec<String> = (0..100).map(|n| format!("line {n}")).collect();
    lines.retain(|line| line.ends_with('7'));
    assert!(LIVE.load(Ordering::Relaxed) > before && lines.len() == 10);
    drop(lines);
    if std::env::args().nth(1).as_deref() == Some("bug") {
        // SAFETY: none: a Box given to free.
        unsafe { free(Box::into_raw(black_box(Box::new([1u8; 58]))).cast()) };
    }
    println!("done");
}
