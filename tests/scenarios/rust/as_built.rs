//! One program, built in every way that Rust is built: what is told exactly, what is inferred only, and that nothing is
//! ever told of correct code. `entries` changes the symbols of the allocator after linking: as a compiler with other
//! names would leave them, or tools that strip.
//!
//! @builds profile=debug,release ld=lld
//! @builds profile=s ld=bfd panic=abort units=1
//! @builds profile=release ld=lld std=shared
//! @builds profile=release ld=lld entries=renamed,foreign,one-missing
//! @more profile=1,2,3,s,z ld=lld,bfd
//! @more profile=debug,release ld=lld,bfd,gold debug-info=full,none,split,packed
//! @more profile=release ld=lld,bfd strip=yes,debug-info
//! @more profile=debug,release ld=lld,bfd panic=abort
//! @more profile=release ld=lld,bfd lto=fat,thin debug-info=full,none
//! @more profile=release ld=lld lto=fat,thin panic=abort units=1
//! @more profile=release ld=lld lto=fat,thin strip=yes
//! @more profile=debug,release ld=lld std=shared strip=no,yes
//! @more profile=debug,release ld=lld incremental=yes
//! @more profile=release ld=lld units=1,16 cpu=native
//! @more profile=debug,release ld=lld,bfd reloc=static
//! @more profile=debug,release ld=bfd linker=clang
//! @more profile=debug,release ld=lld mangling=v0
//! @more profile=debug,release ld=lld,bfd frames=kept
//! @more profile=debug ld=lld,bfd entries=renamed,foreign,one-missing,default-missing,stripped
//! @more profile=release ld=bfd entries=renamed,foreign,one-missing,default-missing,stripped
//! @run box-to-free
//! @expect[profile=debug,release,1,2,3,s,z lto=no strip=no,yes,debug-info entries=kept,renamed] cross-allocator-free error exact owner=*/rust/rust by=$prog/*/malloc call=free size=83 align=1 alloc=$prog release=$prog
//! @expect[lto=no strip=no debug-info=full entries=foreign,one-missing,default-missing] cross-allocator-free error exact owner=$prog/rust/rust by=$prog/rust/malloc call=free size=83 alloc=$prog release=$prog
//! @module[std=own profile=debug,release,1,2,3,s,z lto=no strip=no,yes,debug-info entries=kept,renamed] $prog rust=exact
//! @module[entries=foreign,one-missing] $prog rust=exact rust_by=debug-info
//! @allow[lto=fat,thin] warning
//! @allow[entries=foreign,one-missing,default-missing,stripped] warning
//! @run malloc-to-vec
//! @expect[profile=debug,release,1,2,3,s,z lto=no strip=no,yes,debug-info entries=kept,renamed] cross-allocator-free error exact owner=$prog/*/malloc by=*/rust/rust call=__rust_dealloc size=84 alloc=$prog release=$prog
//! @expect[lto=no strip=no debug-info=full entries=foreign,one-missing,default-missing] cross-allocator-free error exact owner=$prog/rust/malloc by=$prog/rust/rust call=free size=84 alloc=$prog release=*
//! @allow[lto=fat,thin] warning
//! @allow[entries=foreign,one-missing,default-missing,stripped] warning
//! @run capacity
//! @expect[profile=debug,release,1,2,3,s,z lto=no strip=no,yes,debug-info entries=kept,renamed] layout-mismatch error exact owner=*/rust/rust by=*/rust/rust call=__rust_dealloc size=85 given-size=42 release=$prog
//! @run twice
//! @expect double-free error exact by=* size=86 release=$prog
//! @run good
//! @forbid cross-allocator-free
//! @forbid cross-side-free

use std::alloc::{alloc_zeroed, dealloc, realloc, Layout};
use std::collections::HashMap;
use std::ffi::{c_char, c_void, CStr, CString};
use std::hint::black_box;
use std::sync::mpsc;

extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
    fn strdup(text: *const c_char) -> *mut c_char;
}

fn bytes(length: usize, capacity: usize) -> *mut u8 {
    let mut bytes: Vec<u8> = Vec::with_capacity(capacity);
    bytes.resize(length, 7);
    black_box(bytes).leak().as_mut_ptr()
}

fn taken(block: *mut u8, length: usize, capacity: usize) {
    // SAFETY: as in Vec::from_raw_parts; it is what the bugs break.
    drop(unsafe { Vec::from_raw_parts(black_box(block), length, capacity) });
}

fn twice() {
    let block = bytes(86, 86);
    taken(block, 86, 86);
    taken(block, 86, 86);
}

fn libc_blocks() {
    // SAFETY: each block goes back to libc, once.
    unsafe {
        free(black_box(malloc(84)));
        let text = strdup(c"from libc".as_ptr());
        assert_eq!(CStr::from_ptr(text), c"from libc");
        free(black_box(text).cast());
    }
    assert!(std::fs::canonicalize("/usr/bin").is_ok());
}

fn rust_blocks() {
    taken(bytes(42, 85), 42, 85);
    let layout = Layout::from_size_align(87, 64).unwrap();
    // SAFETY: the layouts are those of the blocks.
    unsafe {
        let block = realloc(black_box(alloc_zeroed(layout)), layout, 870);
        dealloc(black_box(block), Layout::from_size_align(870, 64).unwrap());
        drop(CString::from_raw(black_box(CString::new("right").unwrap()).into_raw()));
    }
    let mut words: HashMap<String, usize> = (0..300).map(|n| (format!("word {n}"), n)).collect();
    words.retain(|_, number| *number % 3 == 0);
    assert_eq!(words.len(), 100);
}

fn threads() {
    let (sender, receiver) = mpsc::channel();
    let workers: Vec<_> = (0..4)
        .map(|n| {
            let sender = sender.clone();
            std::thread::spawn(move || sender.send(vec![n; 1000]).unwrap())
        })
        .collect();
    drop(sender);
    assert_eq!(receiver.iter().map(|numbers: Vec<usize>| numbers.len()).sum::<usize>(), 4000);
    workers.into_iter().for_each(|worker| worker.join().unwrap());
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    match what.as_str() {
        // SAFETY: none: a block of Rust's given to libc.
        "box-to-free" => unsafe { free(Box::into_raw(black_box(Box::new([1u8; 83]))).cast()) },
        // SAFETY: none: a block of libc's becomes a Vec.
        "malloc-to-vec" => taken(unsafe { malloc(84) }.cast(), 0, 84),
        "capacity" => taken(bytes(42, 85), 42, 42),
        "twice" => twice(),
        _ => {
            libc_blocks();
            rust_blocks();
            threads();
        }
    }
    println!("done");
}
