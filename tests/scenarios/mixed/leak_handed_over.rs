//! Blocks of Rust whose only references lie in memory of a C library: they are reachable, and who holds them is told. Where
//! the maker keeps a pointer too, or the library has released its structure, nobody else holds them.
//!
//! @libs burrow
//! @run static
//! @expect[link=shared] leak note exact owner=$prog/rust/rust class=reachable blocks=1 bytes=811 alloc=$prog held_by=$burrow/c
//! @expect[link=static] leak note exact owner=$prog/rust/rust class=reachable blocks=1 bytes=811 alloc=$prog
//! @run structure
//! @expect leak note exact owner=$prog/rust/rust class=reachable blocks=1 bytes=811 alloc=$prog held_by=$burrow/c
//! @run three
//! @expect leak note exact owner=$prog/rust/rust class=reachable blocks=3 bytes=2433 alloc=$prog held_by=$burrow/c
//! @run list
//! @expect leak note exact owner=$prog/rust/rust class=reachable blocks=1 bytes=816 held_by=$burrow/c
//! @expect leak note exact owner=$prog/rust/rust class=reachable blocks=1 bytes=816 held_by=none
//! @run both-hold
//! @expect leak note exact owner=$prog/rust/rust class=reachable blocks=1 bytes=811 alloc=$prog held_by=none
//! @run maker-holds
//! @expect leak note exact owner=$prog/rust/rust class=reachable blocks=1 bytes=811 alloc=$prog held_by=none
//! @run closed
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=1 bytes=811 alloc=$prog held_by=none
//! @run returned
//! @forbid leak bytes=811
//! @run lent-to-c
//! @expect leak note exact owner=$burrow/c/malloc class=reachable blocks=1 bytes=813 held_by=$prog/rust

use std::ffi::c_void;
use std::hint::black_box;
use std::sync::atomic::{AtomicPtr, Ordering};

#[path = "../lib/leaks.rs"]
#[allow(dead_code)]
mod leaks;

extern "C" {
    fn burrow_make(size: usize) -> *mut c_void;
    fn burrow_keep(block: *mut c_void);
    fn burrow_keep_deep(block: *mut c_void);
    fn burrow_close();
}

/// Exported, or nobody would see that it is never read.
#[no_mangle]
pub static ROOT: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());

struct Listed {
    next: *mut Listed,
    number: [u8; 804],
}

#[inline(never)]
fn block() -> *mut c_void {
    Box::into_raw(black_box(Box::new([9u8; 811]))).cast()
}

#[inline(never)]
fn take_back(block: *mut c_void) {
    // SAFETY: made by block(), given once.
    drop(unsafe { Box::from_raw(black_box(block).cast::<[u8; 811]>()) });
}

fn listed(next: *mut Listed) -> *mut Listed {
    Box::into_raw(black_box(Box::new(Listed { next, number: [7; 804] })))
}

#[inline(never)]
fn three() {
    for _ in 0..black_box(3) {
        let made = block();
        // SAFETY: the library keeps three blocks of its own that hold a pointer each.
        unsafe {
            let place = burrow_make(812).cast::<*mut c_void>();
            *place.add(1) = made;
            *place = ROOT.swap(place.cast(), Ordering::Relaxed);
        }
    }
    // SAFETY: the newest of the three leads to the others.
    unsafe { burrow_keep(ROOT.swap(std::ptr::null_mut(), Ordering::Relaxed)) };
}

#[inline(never)]
fn list() {
    let head = listed(listed(std::ptr::null_mut()));
    // SAFETY: the library keeps what it is given and does not look at it.
    unsafe {
        black_box(!(*head).next.is_null() && (*head).number[3] == 7);
        burrow_keep_deep(head.cast());
    }
}

#[inline(never)]
fn run(what: &str) {
    // SAFETY: the library keeps what it is given and does not look at it.
    unsafe {
        match what {
            "static" => burrow_keep(block()),
            "structure" => burrow_keep_deep(block()),
            "three" => three(),
            "list" => list(),
            "both-hold" => {
                let made = block();
                burrow_keep_deep(made);
                ROOT.store(made, Ordering::Relaxed);
            }
            "maker-holds" => ROOT.store(block(), Ordering::Relaxed),
            "closed" => {
                burrow_keep_deep(block());
                burrow_close();
            }
            "returned" => {
                let made = block();
                burrow_keep_deep(made);
                burrow_close();
                take_back(made);
            }
            "lent-to-c" => {
                let holder = black_box(Box::new([burrow_make(813)]));
                ROOT.store(Box::into_raw(holder).cast(), Ordering::Relaxed);
            }
            other => panic!("no case {other}"),
        }
    }
}

fn main() {
    run(&std::env::args().nth(1).expect("a case"));
    leaks::forget_stack();
    println!("done");
}
