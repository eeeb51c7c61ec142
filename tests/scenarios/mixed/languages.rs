//! One module, two languages: with a C library linked into the program, what Rust and what C do with libc's own malloc are
//! sides of their own, told by the functions that call. Blocks may pass between them: they have one allocator.
//!
//! @libs vault
//! @run of-rust
//! @expect double-free error exact owner=$prog/rust/malloc by=$prog/rust/malloc call=free size=401 release=$prog first=$prog
//! @run of-c
//! @expect double-free error exact owner=$vault/c/malloc by=$vault/c/malloc call=free size=402 release=$vault first=$vault
//! @run to-rust
//! @expect[link=shared] cross-side-free warning exact owner=$vault/c/malloc by=$prog/rust/malloc call=free size=403
//! @run good

use std::ffi::c_void;
use std::hint::black_box;

extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
    fn vault_make_counted(size: usize) -> *mut c_void;
    fn vault_free_counted(block: *mut c_void);
}

#[inline(never)]
unsafe fn make(size: usize) -> *mut c_void {
    let block = black_box(malloc(black_box(size)));
    assert!(!block.is_null());
    block
}

#[inline(never)]
unsafe fn release(block: *mut c_void) {
    free(black_box(block));
    black_box(());
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    // SAFETY: none but in `good`.
    unsafe {
        match what.as_str() {
            "of-rust" => {
                let block = make(401);
                release(block);
                release(block);
            }
            "of-c" => {
                let block = vault_make_counted(402);
                vault_free_counted(block);
                vault_free_counted(block);
            }
            "to-rust" => release(vault_make_counted(403)),
            _ => {
                release(make(404));
                vault_free_counted(vault_make_counted(405));
            }
        }
    }
    println!("done");
}
