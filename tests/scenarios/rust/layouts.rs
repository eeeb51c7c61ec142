//! Rust blocks rebuilt with another layout than they were made with (group C of real bugs): a Vec with another capacity
//! (dashpay/platform issue 3289; crossbeam-channel, RUSTSEC-2020-0052, took it for the length), a boxed slice dropped as one
//! element (vllm semantic-router issue 2163), binary data taken back as a CString whose length is counted anew (libdatadog
//! issue 1698), an over-aligned block dropped with the element's alignment (maligned, RUSTSEC-2023-0017).
//!
//! @builds profile=debug,release ld=lld,bfd frames=omitted,kept
//! @run capacity
//! @origin C dashpay/platform issue 3289
//! @expect layout-mismatch error exact owner=$prog/rust/rust by=$prog/rust/rust call=__rust_dealloc size=100 given-size=60 alloc=$prog release=$prog
//! @run slice-as-box
//! @origin C vllm semantic-router issue 2163
//! @expect layout-mismatch error exact owner=$prog/rust/rust by=$prog/rust/rust call=__rust_dealloc size=32 given-size=8 alloc=$prog release=$prog
//! @run bytes-as-cstring
//! @origin C libdatadog issue 1698
//! @expect layout-mismatch error exact owner=$prog/rust/rust by=$prog/rust/rust call=__rust_dealloc size=50 given-size=11 alloc=$prog release=$prog
//! @run over-aligned
//! @origin C maligned, RUSTSEC-2023-0017
//! @expect layout-mismatch error exact owner=$prog/rust/rust by=$prog/rust/rust call=__rust_dealloc size=256 align=64 given-align=1 alloc=$prog release=$prog
//! @run grown-by-pushing
//! @origin C crossbeam-channel < 0.4.4, RUSTSEC-2020-0052
//! @expect layout-mismatch error exact owner=$prog/rust/rust by=$prog/rust/rust call=__rust_dealloc size=88 given-size=55 alloc=$prog release=$prog
//! @run regrown
//! @expect layout-mismatch error exact owner=$prog/rust/rust by=$prog/rust/rust call=__rust_realloc size=102 given-size=62 alloc=$prog release=$prog
//! @run dealloc
//! @expect layout-mismatch error exact owner=$prog/rust/rust by=$prog/rust/rust call=__rust_dealloc size=103 align=8 given-size=104 alloc=$prog release=$prog
//! @run good

use std::alloc::{alloc, alloc_zeroed, dealloc, realloc, Layout};
use std::ffi::CString;
use std::hint::black_box;

fn vec_of(length: usize, capacity: usize) -> *mut u8 {
    let mut bytes: Vec<u8> = Vec::with_capacity(capacity);
    bytes.resize(length, 7);
    black_box(bytes).leak().as_mut_ptr()
}

fn aligned(size: usize, align: usize) -> *mut u8 {
    // SAFETY: the size is not zero.
    black_box(unsafe { alloc(Layout::from_size_align(size, align).unwrap()) })
}

fn text_in_binary() -> *mut u8 {
    let mut bytes = vec![b'x'; 50].into_boxed_slice();
    bytes[10] = 0;
    Box::into_raw(black_box(bytes)).cast()
}

/// Slots of a channel, one pushed after the other: there is room for more than were asked for.
fn pushed() -> *mut [u8; 11] {
    let mut slots = Vec::new();
    for number in 0..black_box(5) {
        slots.push([number; 11]);
    }
    black_box(slots).leak().as_mut_ptr()
}

fn regrown() {
    // SAFETY: none: the capacity is not the block's.
    let mut bytes = unsafe { Vec::from_raw_parts(vec_of(62, 102), 62, 62) };
    bytes.reserve_exact(200);
    black_box(&bytes);
}

/// # Safety
/// As for the parts that it uses: sizes and alignments are those of the allocation.
unsafe fn good() {
    drop(Vec::from_raw_parts(vec_of(60, 100), 60, 100));
    drop(Vec::from_raw_parts(pushed(), 0, 8));
    drop(Box::from_raw(Box::into_raw(black_box(vec![1u64; 4].into_boxed_slice()))));
    drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(text_in_binary(), 50)));
    dealloc(aligned(256, 64), Layout::from_size_align(256, 64).unwrap());
    let layout = Layout::from_size_align(4096, 4096).unwrap();
    let block = realloc(black_box(alloc_zeroed(layout)), layout, 8192);
    dealloc(black_box(block), Layout::from_size_align(8192, 4096).unwrap());
    drop(CString::from_raw(black_box(CString::new("right").unwrap()).into_raw()));
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    // SAFETY: none: all but the last name a layout that the block does not have.
    unsafe {
        match what.as_str() {
            "capacity" => drop(Vec::from_raw_parts(vec_of(60, 100), 60, 60)),
            "slice-as-box" => {
                let slice = Box::into_raw(black_box(vec![1u64; 4].into_boxed_slice()));
                drop(Box::from_raw(slice.cast::<u64>()));
            }
            "bytes-as-cstring" => drop(black_box(CString::from_raw(text_in_binary().cast()))),
            "over-aligned" => drop(Vec::from_raw_parts(aligned(256, 64), 256, 256)),
            "grown-by-pushing" => drop(Vec::from_raw_parts(pushed(), 0, 5)),
            "regrown" => regrown(),
            "dealloc" => dealloc(aligned(103, 8), Layout::from_size_align(104, 8).unwrap()),
            _ => good(),
        }
    }
    println!("done");
}
