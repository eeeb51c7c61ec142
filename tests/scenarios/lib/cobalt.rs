//! cobalt: a second Rust library with a C face, and with a standard library of its own when it is a shared object: 72
//! bytes in a Box from `cobalt_box`, for `cobalt_box_free`.

use std::ffi::c_void;
use std::hint::black_box;

#[no_mangle]
pub extern "C" fn cobalt_box() -> *mut c_void {
    Box::into_raw(black_box(Box::new([9u8; 72]))).cast()
}

/// # Safety
/// `block` comes from `cobalt_box` and is given once.
#[no_mangle]
pub unsafe extern "C" fn cobalt_box_free(block: *mut c_void) {
    drop(unsafe { Box::from_raw(block.cast::<[u8; 72]>()) });
}
