//! Group B: C's strings taken with CString::from_raw. wxDragon issue 201 took strdup results of C++; libcue.rs issue 6
//! and onnxruntime-rs issue 49 took a string that the library owns and releases again; rust-lang/rust issue 120680 a
//! string literal (here static text that may be written to: CString's drop writes before it releases).
//!
//! @libs vault press
//! @run wxdragon
//! @origin B wxDragon issue 201
//! @expect cross-allocator-free error exact owner=$press/c++/malloc by=$prog/rust/rust call=__rust_dealloc size=35 alloc=* release=$prog
//! @run libcue
//! @origin B libcue.rs issue 6
//! @expect cross-allocator-free error exact owner=$vault/c/malloc by=$prog/rust/rust call=__rust_dealloc size=16 alloc=$vault release=$prog
//! @expect double-free error exact owner=$vault/c/malloc by=$vault/c/malloc call=free size=16 alloc=$vault release=$vault first=$prog
//! @run onnxruntime
//! @origin B onnxruntime-rs issue 49
//! @expect cross-allocator-free error exact owner=$vault/c/malloc by=$prog/rust/rust call=__rust_dealloc size=16 alloc=$vault release=$prog
//! @expect double-free error exact owner=$vault/c/malloc by=$prog/rust/rust call=__rust_dealloc size=16 alloc=$vault release=$prog first=$prog
//! @run literal
//! @origin B rust-lang/rust issue 120680
//! @expect invalid-free error exact place=static place-name=$vault by=$prog/rust/rust call=__rust_dealloc release=$prog
//! @run good

use std::ffi::{c_char, c_void, CStr, CString};
use std::hint::black_box;

extern "C" {
    fn press_label() -> *mut c_char;
    fn press_free(block: *mut c_void);
    fn vault_name() -> *mut c_char;
    fn vault_close();
    fn vault_version() -> *mut c_char;
}

/// # Safety
/// Breaks what CString::from_raw asks for.
unsafe fn take(text: *mut c_char) {
    black_box(CString::from_raw(black_box(text)));
}

#[inline(never)]
unsafe fn good() {
    let label = press_label();
    let copy = CStr::from_ptr(label).to_owned();
    press_free(label.cast());
    let name = CStr::from_ptr(vault_name()).to_owned();
    vault_close();
    let version = CStr::from_ptr(vault_version());
    assert!(copy.count_bytes() == 34 && name.count_bytes() == 15 && version.count_bytes() == 9);
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    // SAFETY: none: all but the last take over what is C's.
    unsafe {
        match what.as_str() {
            "wxdragon" => take(press_label()),
            "libcue" => {
                take(vault_name());
                vault_close();
            }
            "onnxruntime" => {
                take(vault_name());
                take(vault_name());
            }
            "literal" => take(vault_version()),
            _ => good(),
        }
    }
    println!("done");
}
