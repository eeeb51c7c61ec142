//! The client's own C API, both ways: what Rust exports to C and C++ (`native/client.h`), and what they offer to Rust.

use std::ffi::{c_char, c_void, CString};

use ledger_sys::{ledger_account, ledger_status};

extern "C" {
    pub fn caller_greeting_to_free(length: usize) -> usize;
    pub fn caller_greeting_back(length: usize) -> usize;
    pub fn wrapper_greeting_to_free(length: usize) -> usize;
    pub fn wrapper_greeting_back(length: usize) -> usize;
    pub fn instrument_size() -> usize;
    pub fn instrument_align() -> usize;
    pub fn instrument_construct(storage: *mut c_void);
    pub fn instrument_destruct(instrument: *mut c_void);
    pub fn instrument_delete(instrument: *mut c_void);
    pub fn renderer_overclaiming(
        account: *const ledger_account,
        buffer: *mut c_char,
        capacity: usize,
        out_length: *mut usize,
        user: *mut c_void,
    ) -> ledger_status;
    pub fn renderer_honest(
        account: *const ledger_account,
        buffer: *mut c_char,
        capacity: usize,
        out_length: *mut usize,
        user: *mut c_void,
    ) -> ledger_status;
}

/// A greeting of `length` bytes and a NUL, made by Rust. Only [`client_greeting_free`] may release it.
#[no_mangle]
pub extern "C" fn client_greeting(length: usize) -> *mut c_char {
    crate::text(length).into_raw()
}

/// Takes a greeting back.
///
/// # Safety
/// `greeting` came from [`client_greeting`] and has not been taken back before.
#[no_mangle]
pub unsafe extern "C" fn client_greeting_free(greeting: *mut c_char) {
    // SAFETY: the caller's promise.
    drop(unsafe { CString::from_raw(greeting) });
}
