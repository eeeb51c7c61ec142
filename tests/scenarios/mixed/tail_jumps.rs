//! Release functions that end in a tail jump, called from Rust: `void vault_free(void *p) { free(p); }` returns straight
//! into the Rust program, which did nothing wrong.
//!
//! @libs vault press
//! @run good
//! @origin correct `void lib_free(char *s) { free(s); }` called from Rust
//! @forbid cross-side-free
//! @forbid cross-allocator-free
//! @run bug
//! @expect[link=shared] cross-side-free warning exact owner=$vault/c/malloc by=$prog/*/malloc call=free size=66 release=$prog

use std::ffi::{c_char, c_void};
use std::hint::black_box;

extern "C" {
    fn free(block: *mut c_void);
    fn press_malloc(size: usize) -> *mut c_void;
    fn press_free(block: *mut c_void);
    fn vault_make(size: usize) -> *mut c_void;
    fn vault_make_zeroed(count: usize, size: usize) -> *mut c_void;
    fn vault_copy(text: *const c_char) -> *mut c_char;
    fn vault_free(block: *mut c_void);
    fn vault_discard(block: *mut c_void);
    fn vault_grow(block: *mut c_void, size: usize) -> *mut c_void;
}

unsafe fn good() {
    vault_free(black_box(vault_make(65)));
    vault_discard(black_box(vault_make_zeroed(5, 13)));
    vault_free(black_box(vault_copy(c"a copy".as_ptr())).cast());
    vault_discard(black_box(vault_grow(vault_make(65), 650)));
    press_free(black_box(press_malloc(67)));
}

fn main() {
    // SAFETY: each block goes back to its library, but for the bug.
    unsafe {
        if std::env::args().nth(1).as_deref() == Some("bug") {
            free(black_box(vault_make(66)));
        } else {
            good();
        }
    }
    println!("done");
}
