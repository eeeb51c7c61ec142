//! Blocks of the Rust allocator given to C's free inside one Rust program, in every shape in which Rust owns memory.
//!
//! @builds profile=debug,release ld=lld,bfd frames=omitted,kept
//! @builds profile=release,s ld=lld strip=yes
//! @run box
//! @expect cross-allocator-free error exact owner=$prog/rust/rust by=$prog/*/malloc call=free size=24 align=8 alloc=$prog release=$prog
//! @run vec
//! @expect cross-allocator-free error exact owner=$prog/rust/rust by=$prog/*/malloc call=free size=400 align=4 alloc=$prog release=$prog
//! @run cstring
//! @expect cross-allocator-free error exact owner=$prog/rust/rust by=$prog/*/malloc call=free size=12 align=1 alloc=$prog release=$prog
//! @run zeroed
//! @expect cross-allocator-free error exact owner=$prog/rust/rust by=$prog/*/malloc call=free size=333 align=1 alloc=$prog release=$prog
//! @run grown
//! @expect cross-allocator-free error exact owner=$prog/rust/rust by=$prog/*/malloc call=free size=3001 align=1 alloc=$prog release=$prog
//! @run realloc
//! @expect cross-allocator-free error exact owner=$prog/rust/rust by=$prog/*/malloc call=realloc size=24 align=8 alloc=$prog release=$prog
//! @run callback
//! @expect cross-allocator-free warning inferred owner=$prog/rust/rust by=unknown/unknown/malloc call=free size=24 align=8 alloc=$prog
//! @run good

use std::ffi::{c_void, CString};
use std::hint::black_box;

extern "C" {
    fn free(block: *mut c_void);
    fn malloc(size: usize) -> *mut c_void;
    fn realloc(block: *mut c_void, size: usize) -> *mut c_void;
}

fn boxed() -> *mut c_void {
    Box::into_raw(black_box(Box::new([1u64; 3]))).cast()
}

fn grown() -> *mut c_void {
    let mut bytes: Vec<u8> = black_box(Vec::with_capacity(10));
    bytes.reserve_exact(3001);
    black_box(bytes).leak().as_mut_ptr().cast()
}

fn good() {
    drop(black_box(Box::new([1u64; 3])));
    drop(black_box(vec![0u8; 333]));
    drop(black_box(CString::new("hello world").unwrap()));
    let mut bytes: Vec<u8> = black_box(Vec::with_capacity(10));
    bytes.reserve_exact(3001);
    bytes.shrink_to_fit();
    // SAFETY: C's blocks, released by C's function.
    unsafe { free(black_box(realloc(malloc(24), 240))) };
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    // SAFETY: none: all but the last release a block of Rust's with C's function.
    unsafe {
        match what.as_str() {
            "box" => free(boxed()),
            "vec" => free(black_box(Vec::<u32>::with_capacity(100)).leak().as_mut_ptr().cast()),
            "cstring" => free(black_box(CString::new("hello world").unwrap()).into_raw().cast()),
            "zeroed" => free(black_box(vec![0u8; 333]).leak().as_mut_ptr().cast()),
            "grown" => free(grown()),
            "realloc" => free(black_box(realloc(boxed(), 240))),
            "callback" => black_box(free as unsafe extern "C" fn(*mut c_void))(boxed()),
            _ => good(),
        }
    }
    println!("done");
}
