//! Group F: what nobody releases is a leak of the side that made it. libcmark-sys, tree-sitter-svelte and bchlib 0.2.1
//! never call the destructor of their C library; zmq 0.10.0 and libhydrogen 0.4.1 have an into_raw without a from_raw.
//!
//! @libs vault
//! @run cmark
//! @origin F libcmark-sys
//! @expect leak error exact owner=$vault/c/malloc class=definite blocks=4 bytes=844 alloc=*
//! @run svelte
//! @origin F tree-sitter-svelte
//! @expect leak error exact owner=$vault/c/malloc class=definite blocks=1 bytes=1024 alloc=$vault
//! @run bchlib
//! @origin F bchlib 0.2.1
//! @expect leak error exact owner=$vault/c/malloc class=definite blocks=1 bytes=240 alloc=$vault
//! @expect leak error exact owner=$vault/c/malloc class=indirect blocks=2 bytes=2600 alloc=$vault
//! @run zmq
//! @origin F zmq 0.10.0
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=1 bytes=212 alloc=$prog
//! @run hydrogen
//! @origin F libhydrogen 0.4.1
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=1 bytes=29 alloc=$prog
//! @run good
//! @forbid leak bytes=844
//! @forbid leak bytes=1024
//! @forbid leak bytes=240
//! @forbid leak bytes=212
//! @forbid leak bytes=29

use std::ffi::{c_char, c_void, CString};
use std::hint::black_box;

extern "C" {
    fn vault_make_counted(size: usize) -> *mut c_void;
    fn vault_make_zeroed(count: usize, size: usize) -> *mut c_void;
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

#[inline(never)]
fn cmark(release: bool) {
    let mut parsers = Vec::with_capacity(4);
    for _ in 0..black_box(4) {
        parsers.push(Parser::new()); // from one place: collect() makes the first at another
    }
    if release {
        parsers.into_iter().for_each(Parser::destroy);
    }
}

/// The scanner's state, which the parser hands back for its destructor.
#[inline(never)]
unsafe fn svelte(release: bool) {
    let scanner = black_box(vault_make_counted(1024));
    if release {
        vault_free(scanner);
    }
}

/// A code with two tables that it points to.
#[inline(never)]
unsafe fn bchlib(release: bool) {
    let code = black_box(vault_make_zeroed(30, 8)).cast::<*mut c_void>();
    for table in 0..black_box(2) {
        *code.add(table) = vault_make_zeroed(1300, 1);
    }
    if release {
        vault_free(*code);
        vault_free(*code.add(1));
        vault_free(code.cast());
    }
}

#[inline(never)]
unsafe fn zmq(release: bool) {
    let message: *mut [u8; 212] = Box::into_raw(black_box(Box::new([1; 212])));
    if release {
        drop(Box::from_raw(black_box(message)));
    }
}

#[inline(never)]
unsafe fn hydrogen(release: bool) {
    let context: *mut c_char = black_box(CString::new("a context that nobody takes.").unwrap()).into_raw();
    if release {
        drop(CString::from_raw(black_box(context)));
    }
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    cmark(what != "cmark");
    // SAFETY: what is released is released once, by its maker's function.
    unsafe {
        svelte(what != "svelte");
        bchlib(what != "bchlib");
        zmq(what != "zmq");
        hydrogen(what != "hydrogen");
    }
    black_box(&mut [0u8; 1 << 12]); // no remains of a pointer on the stack
    println!("done");
}
