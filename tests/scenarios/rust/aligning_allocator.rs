//! A program with an allocator of its own that aligns every block to cache lines, whatever Rust asked for: its blocks come
//! from our heap, and go back there with the alignment that the allocator named. Nothing is wrong, and no block lies in another.
//!
//! @builds profile=debug,release ld=lld
//! @run good

use std::alloc::{GlobalAlloc, Layout, System};

struct Aligning;

const LINE: usize = 64;

fn widened(layout: Layout) -> Layout {
    layout.align_to(LINE).unwrap()
}

// SAFETY: System does the work, with a layout that is as large and aligned at least as strictly.
unsafe impl GlobalAlloc for Aligning {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc(widened(layout)) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, widened(layout)) }
    }
}

#[global_allocator]
static ALLOCATOR: Aligning = Aligning;

fn mark(number: usize) -> u8 {
    (number % 251) as u8
}

/// Blocks of sizes between those of the heap, whose class depends on the alignment.
fn fill_and_compare(round: usize) {
    let blocks: Vec<Box<[u8]>> = (0..4000)
        .map(|number| vec![mark(number); 97 + (number * 7 + round) % 900].into_boxed_slice())
        .collect();
    for (number, block) in blocks.iter().enumerate() {
        assert!(block.iter().all(|byte| *byte == mark(number)));
    }
}

fn main() {
    for round in 0..20 {
        fill_and_compare(round);
    }
    println!("done");
}
