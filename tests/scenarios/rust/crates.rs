//! A Rust program with a Rust library in it (rlib) or beside it (dylib): owners cross as Rust has it, by value, and
//! nothing of that is told. A block that leaves Rust is told as in any program.
//!
//! @crates ore
//! @builds profile=debug ld=lld crate=rlib std=own
//! @builds profile=release ld=lld crate=dylib std=shared
//! @more profile=debug,release ld=lld,bfd crate=rlib std=own,shared
//! @more profile=debug,release ld=lld,bfd crate=dylib std=shared
//! @more profile=s,z ld=lld crate=rlib std=own
//! @run bug
//! @expect[profile=debug,release] cross-allocator-free error exact owner=*/rust/rust by=$prog/*/malloc call=free size=61 align=1 alloc=* release=$prog
//! @run good
//! @forbid cross-allocator-free
//! @forbid cross-side-free

use std::ffi::c_void;
use std::hint::black_box;

extern "C" {
    fn free(block: *mut c_void);
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some("bug") {
        // SAFETY: none: a block of Rust's given to libc.
        unsafe { free(Box::into_raw(ore::lump()).cast()) };
    } else {
        drop(black_box(ore::lump()));
        assert_eq!(ore::crush(black_box(vec![6u8; 62].into_boxed_slice())), 62);
        let mut layers = ore::seam(100);
        layers.extend(ore::seam(200));
        let worker = std::thread::spawn(move || black_box(layers).len());
        assert_eq!(worker.join().unwrap(), 300);
    }
    println!("done");
}
