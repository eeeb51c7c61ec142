//! ferrite: a Rust library with a C face; ferrite.h says who owns what.

use std::ffi::{c_char, c_void, CString};
use std::hint::black_box;

#[no_mangle]
pub extern "C" fn ferrite_string() -> *mut c_char {
    let text = CString::new(vec![b'x'; 27]).expect("no NUL in it");
    black_box(text).into_raw()
}

/// # Safety
/// `text` comes from `ferrite_string` and is given once.
#[no_mangle]
pub unsafe extern "C" fn ferrite_string_free(text: *mut c_char) {
    drop(unsafe { CString::from_raw(text) });
}

#[no_mangle]
pub extern "C" fn ferrite_box() -> *mut c_void {
    Box::into_raw(black_box(Box::new([7u8; 72]))).cast()
}

/// # Safety
/// `block` comes from `ferrite_box` and is given once.
#[no_mangle]
pub unsafe extern "C" fn ferrite_box_free(block: *mut c_void) {
    drop(unsafe { Box::from_raw(block.cast::<[u8; 72]>()) });
}

#[no_mangle]
pub extern "C" fn ferrite_bytes(length: usize, capacity: usize) -> *mut u8 {
    let mut bytes = Vec::with_capacity(capacity);
    bytes.resize(length, 1u8);
    black_box(bytes).leak().as_mut_ptr()
}

/// # Safety
/// The three values are those of one call of `ferrite_bytes`.
#[no_mangle]
pub unsafe extern "C" fn ferrite_bytes_free(bytes: *mut u8, length: usize, capacity: usize) {
    drop(unsafe { Vec::from_raw_parts(bytes, length, capacity) });
}

/// # Safety
/// `text` comes from `ferrite_string` and is given once.
#[no_mangle]
pub unsafe extern "C" fn ferrite_take_string(text: *mut c_char) {
    let text = unsafe { CString::from_raw(text) };
    black_box(text.as_bytes().len());
}
