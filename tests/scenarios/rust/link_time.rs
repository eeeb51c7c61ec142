//! Link-time optimisation inlines the entries of Rust's allocator, and nothing at address level tells a drop from
//! libc::free. A correct program stays silent; a wrong one is at most warned about.
//!
//! @builds profile=release ld=lld,bfd lto=fat,thin
//! @run good
//! @forbid cross-allocator-free
//! @run bug
//! @allow warning

use std::ffi::c_void;
use std::hint::black_box;

extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
}

fn main() {
    let mut lines: Vec<String> = (0..100).map(|n| format!("line {n}")).collect();
    lines.retain(|line| line.ends_with('7'));
    // SAFETY: malloc's block, released by free.
    unsafe { free(black_box(malloc(59))) };
    assert!(std::fs::canonicalize("/usr/bin").is_ok());
    let worker = std::thread::spawn(move || black_box(lines).len());
    assert_eq!(worker.join().unwrap(), 10);
    if std::env::args().nth(1).as_deref() == Some("bug") {
        // SAFETY: none: a Box given to free.
        unsafe { free(Box::into_raw(black_box(Box::new([1u8; 60]))).cast()) };
    }
    println!("done");
}
