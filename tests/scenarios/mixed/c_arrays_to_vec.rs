//! Group B: what C allocated becomes a Vec and is dropped. quickjs_regex 0.2.3 grew a buffer with C's realloc and took it
//! as Vec::from_raw_parts(p, len, len); triangle-rs 0.1.2 did so with five arrays, its library's release function
//! declared and unused; gphoto2-rs issue 4 with an array of structs.
//!
//! @libs vault
//! @run quickjs
//! @origin B quickjs_regex 0.2.3
//! @expect cross-allocator-free error exact owner=$vault/c/malloc by=$prog/rust/rust call=__rust_dealloc size=640 alloc=* release=$prog
//! @run triangle
//! @origin B triangle-rs 0.1.2
//! @expect cross-allocator-free error exact owner=$vault/c/malloc by=$prog/rust/rust call=__rust_dealloc size=800 alloc=* release=$prog
//! @expect cross-allocator-free error exact owner=$vault/c/malloc by=$prog/rust/rust call=__rust_dealloc size=240 alloc=* release=$prog
//! @expect cross-allocator-free error exact owner=$vault/c/malloc by=$prog/rust/rust call=__rust_dealloc size=360 alloc=* release=$prog
//! @expect cross-allocator-free error exact owner=$vault/c/malloc by=$prog/rust/rust call=__rust_dealloc size=480 alloc=* release=$prog
//! @expect cross-allocator-free error exact owner=$vault/c/malloc by=$prog/rust/rust call=__rust_dealloc size=120 alloc=* release=$prog
//! @run gphoto
//! @origin B gphoto2-rs issue 4
//! @expect cross-allocator-free error exact owner=$vault/c/malloc by=$prog/rust/rust call=__rust_dealloc size=336 alloc=* release=$prog
//! @run good

use std::ffi::c_void;
use std::hint::black_box;

extern "C" {
    fn vault_make(size: usize) -> *mut c_void;
    fn vault_make_zeroed(count: usize, size: usize) -> *mut c_void;
    fn vault_grow(block: *mut c_void, size: usize) -> *mut c_void;
    fn vault_free(block: *mut c_void);
}

/// What the library counts as one storage port.
#[repr(C)]
struct Port {
    numbers: [u64; 6],
}

/// # Safety
/// Breaks what Vec::from_raw_parts asks for: the block is not Rust's.
unsafe fn taken<T>(block: *mut c_void, count: usize) -> Vec<T> {
    black_box(Vec::from_raw_parts(block.cast(), count, count))
}

#[inline(never)]
unsafe fn quickjs() {
    drop(taken::<u8>(vault_grow(vault_make(64), 640), 640));
}

#[inline(never)]
unsafe fn triangle() {
    let points: Vec<f64> = taken(vault_make_zeroed(100, 8), 100);
    let attributes: Vec<f64> = taken(vault_make_zeroed(30, 8), 30);
    let triangles: Vec<i32> = taken(vault_make_zeroed(90, 4), 90);
    let neighbours: Vec<i32> = taken(vault_make_zeroed(120, 4), 120);
    let markers: Vec<i32> = taken(vault_make_zeroed(30, 4), 30);
    drop(points);
    drop(attributes);
    drop(triangles);
    drop(neighbours);
    drop(markers);
}

#[inline(never)]
unsafe fn good() {
    let numbers = black_box(vault_make_zeroed(100, 8));
    let copy: Vec<f64> = std::slice::from_raw_parts(numbers.cast::<f64>(), 100).to_vec();
    vault_free(numbers);
    assert!(black_box(copy).iter().all(|number| *number == 0.0));
    vault_free(black_box(vault_grow(vault_make(64), 640)));
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    // SAFETY: none: all but the last take over blocks of C's.
    unsafe {
        match what.as_str() {
            "quickjs" => quickjs(),
            "triangle" => triangle(),
            "gphoto" => drop(taken::<Port>(vault_make_zeroed(7, 48), 7)),
            _ => good(),
        }
    }
    println!("done");
}
