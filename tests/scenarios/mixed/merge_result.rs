//! Group A: rust-rocksdb issue 500. A merge operator returns Box<[u8]>::into_raw to C; its delete callback is null, so
//! the library releases the result with free.
//!
//! @libs vault
//! @run bug
//! @origin A rust-rocksdb issue 500
//! @expect cross-allocator-free error exact owner=$prog/rust/rust by=$vault/c/malloc call=free size=90 align=1 alloc=$prog release=$vault
//! @run discard
//! @expect cross-allocator-free error exact owner=$prog/rust/rust by=$vault/c/malloc call=free size=91 align=1 alloc=$prog release=*
//! @run grow
//! @expect cross-allocator-free error exact owner=$prog/rust/rust by=$vault/c/malloc call=realloc size=92 align=1 alloc=$prog release=*
//! @run good

use std::ffi::c_void;
use std::hint::black_box;

type Release = unsafe extern "C" fn(*mut c_void);

extern "C" {
    fn vault_release_with(block: *mut c_void, release: Option<Release>);
    fn vault_discard(block: *mut c_void);
    fn vault_grow(block: *mut c_void, size: usize) -> *mut c_void;
    fn vault_free_counted(block: *mut c_void);
}

fn merged(size: usize) -> *mut c_void {
    Box::into_raw(black_box(vec![3u8; size].into_boxed_slice())).cast()
}

unsafe extern "C" fn release_merged(block: *mut c_void) {
    drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(block.cast::<u8>(), 90)) });
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    // SAFETY: none: all but the last let C release what is Rust's.
    unsafe {
        match what.as_str() {
            "bug" => vault_release_with(merged(90), None),
            "discard" => vault_discard(merged(91)),
            "grow" => vault_free_counted(vault_grow(merged(92), 920)),
            _ => vault_release_with(merged(90), Some(release_merged)),
        }
    }
    println!("done");
}
