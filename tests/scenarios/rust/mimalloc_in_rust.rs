//! mimalloc called from Rust: its blocks are no Boxes, nor is a Box a block of its. Where the program's malloc would be
//! mimalloc's makes no difference: Rust's allocator is its own.
//!
//! @builds profile=release ld=lld
//! @run box-of-its
//! @expect cross-allocator-free error exact owner=$prog/rust/mi_malloc by=$prog/rust/rust call=__rust_dealloc size=41 advice=mi_free
//! @run box-to-it
//! @expect cross-allocator-free error exact owner=$prog/rust/rust by=$prog/rust/mi_malloc call=mi_free size=43
//! @run good

use std::ffi::c_void;
use std::hint::black_box;

#[link(name = "mimalloc")]
extern "C" {
    fn mi_malloc(size: usize) -> *mut c_void;
    fn mi_realloc(block: *mut c_void, size: usize) -> *mut c_void;
    fn mi_free(block: *mut c_void);
}

fn box_of_its() {
    // SAFETY: the bug of this run: the block is not Rust's.
    drop(black_box(unsafe { Box::from_raw(black_box(mi_malloc(41)).cast::<[u8; 41]>()) }));
}

fn box_to_it() {
    // SAFETY: the bug of this run: the block is not mimalloc's.
    unsafe { mi_free(black_box(Box::into_raw(Box::new([1_u8; 43]))).cast()) };
}

fn good() {
    // SAFETY: each block goes back to whom it came from.
    unsafe {
        mi_free(black_box(mi_realloc(black_box(mi_malloc(44)), 1000)));
        drop(Box::from_raw(black_box(Box::into_raw(Box::new([1_u8; 45])))));
    }
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("box-of-its") => box_of_its(),
        Some("box-to-it") => box_to_it(),
        Some("good") => good(),
        _ => std::process::exit(9),
    }
    println!("done");
}
