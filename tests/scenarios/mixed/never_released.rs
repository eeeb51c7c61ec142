//! Group F: what nobody releases is a leak of the side that made it. libcmark-sys, tree-sitter-svelte and bchlib 0.2.1
//! never call the C destructor; zmq 0.10.0 and libhydrogen 0.4.1 have an into_raw without a from_raw.
//!
//! @libs vault
//! @run destructor
//! @expect leak error exact owner=$vault/c/malloc class=definite blocks=4 bytes=844 alloc=*
//! @run into-raw
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=1 bytes=212 alloc=$prog
//! @run good
//! @forbid leak bytes=844
//! @forbid leak bytes=211
//! @forbid leak bytes=212

use std::ffi::c_void;
use std::hint::black_box;

extern "C" {
    fn vault_make_counted(size: usize) -> *mut c_void;
    fn vault_free(block: *mut c_void);
}

/// A parser as a binding has it: its destructor is the caller's to remember.
struct Parser(*mut c_void);

impl Parser {
    #[inline(never)]
    fn new() -> Self {
        // SAFETY: any size will do.
        black_box(Parser(unsafe { vault_make_counted(211) }))
    }

    fn destroy(self) {
        // SAFETY: made by vault_make, released once: the call consumes self.
        unsafe { vault_free(self.0) }
    }
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    let mut parsers = Vec::with_capacity(4);
    for _ in 0..black_box(4) {
        parsers.push(Parser::new()); // from one place: collect() makes the first at another
    }
    let state = Box::into_raw(black_box(Box::new([1u8; 212])));
    if what != "destructor" {
        parsers.into_iter().for_each(Parser::destroy);
    }
    if what != "into-raw" {
        // SAFETY: from into_raw above, once.
        drop(unsafe { Box::from_raw(black_box(state)) });
    }
    println!("done");
}
