//! A Rust program after link-time optimisation, with a C library beside it or inside: debug information, also in its sparest
//! form, says where Rust's allocator was inlined, so that a block that goes to the wrong allocator is an error. Without it
//! that is a suspicion at most.
//!
//! @libs vault
//! @builds profile=release ld=lld lto=fat debug-info=full link=shared,static
//! @builds profile=release ld=bfd lto=thin debug-info=lines link=shared
//! @builds profile=release ld=lld lto=fat debug-info=none link=static
//! @more profile=release ld=lld,bfd lto=fat debug-info=full,limited,lines,none link=shared,static
//! @more profile=release ld=lld,bfd lto=thin debug-info=full,limited,lines,none link=shared
//! @more profile=release ld=lld lto=fat debug-info=full panic=abort units=1 link=static
//! @run box-to-c
//! @expect[debug-info=full,limited,lines] cross-allocator-free error exact owner=$prog/rust/rust by=$vault/c/malloc call=free size=91 alloc=$prog release=*
//! @module[debug-info=full,limited,lines] $prog rust=exact rust_by=debug-info
//! @module[debug-info=none] $prog rust=inferred rust_by=none
//! @allow[debug-info=none] warning
//! @run c-to-box
//! @expect[debug-info=full,limited,lines] cross-allocator-free error exact owner=$vault/c/malloc by=$prog/rust/rust call=free size=92 release=$prog
//! @allow[debug-info=none] warning
//! @run good
//! @forbid cross-allocator-free
//! @forbid cross-side-free

use std::collections::HashMap;
use std::ffi::c_void;
use std::hint::black_box;

extern "C" {
    fn vault_make(size: usize) -> *mut c_void;
    fn vault_free(block: *mut c_void);
    fn vault_copy(text: *const std::ffi::c_char) -> *mut c_void;
}

fn good() {
    let mut words: HashMap<String, Vec<u64>> = HashMap::new();
    for n in 0..500u64 {
        words.entry(format!("word {}", n % 17)).or_default().push(n);
    }
    let worker = std::thread::spawn(move || words.into_iter().map(|(word, all)| word.len() + all.len()).sum::<usize>());
    assert!(black_box(worker.join().unwrap()) > 500);
    // SAFETY: the vault's blocks go back to the vault.
    unsafe {
        vault_free(black_box(vault_make(90)));
        vault_free(black_box(vault_copy(c"nineteen characters".as_ptr())));
    }
    assert!(std::fs::canonicalize("/usr/bin").is_ok());
}

fn main() {
    good();
    match std::env::args().nth(1).as_deref() {
        // SAFETY: none: a Box given to C's free.
        Some("box-to-c") => unsafe { vault_free(Box::into_raw(black_box(Box::new([1u8; 91]))).cast()) },
        // SAFETY: none: C's block taken for a Box.
        Some("c-to-box") => unsafe { drop(black_box(Box::from_raw(vault_make(92).cast::<[u8; 92]>()))) },
        _ => {}
    }
    println!("done");
}
