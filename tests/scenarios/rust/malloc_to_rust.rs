//! Blocks of C's malloc taken over by Rust owners inside one Rust program, and a pointer that is no block at all.
//!
//! @run box
//! @expect cross-allocator-free error exact owner=$prog/*/malloc by=$prog/rust/rust call=__rust_dealloc size=25 alloc=$prog release=$prog
//! @run vec
//! @expect cross-allocator-free error exact owner=$prog/*/malloc by=$prog/rust/rust call=__rust_dealloc size=404 alloc=$prog release=$prog
//! @run vec-grown
//! @expect cross-allocator-free error exact owner=$prog/*/malloc by=$prog/rust/rust call=__rust_realloc size=405 alloc=$prog release=$prog
//! @run cstring
//! @expect cross-allocator-free error exact owner=$prog/*/malloc by=$prog/rust/rust call=__rust_dealloc size=13 alloc=$prog release=$prog
//! @run literal
//! @expect invalid-free error exact place=static by=$prog/rust/rust call=__rust_dealloc release=$prog
//! @run double
//! @expect double-free error exact owner=$prog/rust/rust by=$prog/rust/rust call=__rust_dealloc size=80 align=8 alloc=$prog release=$prog first=$prog
//! @run interior
//! @expect interior-free error exact owner=$prog/rust/rust by=$prog/rust/rust call=__rust_dealloc size=160 offset=8 release=$prog
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=1 bytes=160
//! @run good

use std::ffi::{c_char, c_void, CStr, CString};
use std::hint::black_box;

extern "C" {
    fn free(block: *mut c_void);
    fn malloc(size: usize) -> *mut c_void;
    fn strdup(text: *const c_char) -> *mut c_char;
}

/// A literal, as rust-lang/rust issue 120680 gives one to CString::from_raw; whose drop would write to it first.
static LITERAL: &CStr = c"a literal";

fn made(size: usize) -> *mut u8 {
    // SAFETY: a plain allocation, filled before use.
    unsafe {
        let block = black_box(malloc(size)).cast::<u8>();
        block.write_bytes(1, size);
        block
    }
}

/// # Safety
/// As for CString::from_raw, which this breaks on purpose.
unsafe fn take_text(text: *mut c_char) {
    black_box(CString::from_raw(text));
}

fn double() {
    let block = Box::into_raw(black_box(Box::new([1u64; 10])));
    // SAFETY: none: the second drop is the bug.
    unsafe {
        drop(Box::from_raw(black_box(block)));
        drop(Box::from_raw(black_box(block)));
    }
}

fn interior() {
    let block = Box::into_raw(black_box(Box::new([1u64; 20])));
    // SAFETY: none: a pointer to the second element is no Box.
    unsafe { drop(Box::from_raw(black_box(block.cast::<u64>().add(1)))) };
    black_box(block);
}

fn grow_foreign() {
    // SAFETY: none: the Vec reallocates a block of malloc's.
    let mut bytes = unsafe { Vec::from_raw_parts(made(405), 405, 405) };
    bytes.reserve_exact(1000);
    black_box(&bytes);
}

fn good() {
    // SAFETY: each block goes back to the allocator that made it.
    unsafe {
        let text = strdup(LITERAL.as_ptr());
        assert_eq!(CStr::from_ptr(text), LITERAL);
        free(black_box(text).cast());
        free(made(404).cast());
        drop(CString::from_raw(black_box(LITERAL.to_owned()).into_raw()));
        drop(Box::from_raw(black_box(Box::into_raw(Box::new([1u64; 10])))));
    }
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    // SAFETY: none: all but the last give Rust what is not Rust's.
    unsafe {
        match what.as_str() {
            "box" => drop(Box::from_raw(made(25).cast::<[u8; 25]>())),
            "vec" => drop(Vec::from_raw_parts(made(404).cast::<u32>(), 101, 101)),
            "vec-grown" => grow_foreign(),
            "cstring" => take_text(strdup(c"twelve chars".as_ptr())),
            "literal" => drop(Vec::from_raw_parts(LITERAL.as_ptr().cast_mut().cast::<u8>(), 10, 10)),
            "double" => double(),
            "interior" => interior(),
            _ => good(),
        }
    }
    println!("done");
}
