//! Group A: rust-bindgen issue 1133. A C++ object lives in storage that Rust owns, and its deleting destructor is called:
//! operator delete on Rust's memory.
//!
//! @libs press
//! @run bug
//! @origin A rust-bindgen issue 1133
//! @expect cross-allocator-free error exact owner=$prog/rust/rust by=$press/c++/new size=48 align=8 alloc=$prog release=*
//! @run int
//! @expect cross-allocator-free error exact owner=$prog/rust/rust by=$press/c++/new size=4 align=4 alloc=$prog release=*
//! @run array
//! @expect cross-allocator-free error exact owner=$prog/rust/rust by=$press/c++/new[] size=40 align=4 alloc=$prog release=*
//! @run good

use std::ffi::c_void;
use std::hint::black_box;

extern "C" {
    fn press_object_new() -> *mut c_void;
    fn press_object_destroy(object: *mut c_void);
    fn press_int_new(value: i32) -> *mut i32;
    fn press_int_delete(number: *mut i32);
    fn press_ints_new(count: usize) -> *mut i32;
    fn press_ints_delete(numbers: *mut i32);
}

/// The object's bytes, copied into a Box: what a binding does that takes a class for plain data.
#[inline(never)]
unsafe fn object_in_a_box() -> *mut c_void {
    let original = press_object_new().cast::<[u64; 6]>();
    let copy = Box::new(*original);
    press_object_destroy(original.cast());
    Box::into_raw(black_box(copy)).cast()
}

#[inline(never)]
unsafe fn good() {
    press_object_destroy(press_object_new());
    press_int_delete(press_int_new(5));
    press_ints_delete(press_ints_new(10));
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    // SAFETY: none: all but the last give Rust's memory to operator delete.
    unsafe {
        match what.as_str() {
            "bug" => press_object_destroy(object_in_a_box()),
            "int" => press_int_delete(Box::into_raw(black_box(Box::new(5)))),
            "array" => press_ints_delete(black_box(Vec::with_capacity(10)).leak().as_mut_ptr()),
            _ => good(),
        }
    }
    println!("done");
}
