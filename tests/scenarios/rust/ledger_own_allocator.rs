//! The ledger over an allocator that a program puts between Rust and Custody: what it passes on is watched as what Rust had
//! from its default allocator.
//!
//! @custody both
//! @libs vault
//! @builds profile=debug ld=lld link=shared
//! @builds profile=release ld=bfd link=shared
//! @run dropped-lent
//! @expect released-while-lent error exact by=*/*/* size=86 alloc=$prog history=made>lent>released
//! @run grown-lent
//! @expect released-while-lent error exact by=*/*/* alloc=$prog history=made>lent>released
//! @run good

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: System does the work; the counter touches no memory of a block.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LIVE.fetch_add(size, Ordering::Relaxed);
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

extern "C" {
    fn custody_side_of_caller(side: *mut u16) -> c_int;
    fn custody_side_of_code(function: *const c_void, side: *mut u16) -> c_int;
    fn custody_transfer(block: *mut c_void, from: u16, to: u16, release: c_int) -> c_int;
    fn custody_lend(block: *const c_void, from: u16, to: u16, kind: c_int, loan: *mut u64) -> c_int;
    fn custody_return(loan: u64) -> c_int;
    fn vault_make(size: usize) -> *mut c_void;
    fn vault_free_counted(block: *mut c_void);
}

const SHARED: c_int = 0;
/// The contract `malloc`, as contracts.def counts.
const MALLOC: c_int = 1;

struct Sides {
    rust: u16,
    vault: u16,
}

fn lend<T: ?Sized>(sides: &Sides, block: *const T) -> u64 {
    let mut loan = 0;
    // SAFETY: any address may be lent.
    unsafe { custody_lend(block.cast(), sides.rust, sides.vault, SHARED, &mut loan) };
    loan
}

fn give_back(loan: u64) {
    // SAFETY: a loan is a number.
    unsafe { custody_return(loan) };
}

fn good(sides: &Sides) {
    let mut list: Vec<u8> = black_box(Vec::with_capacity(87));
    give_back(lend(sides, list.as_ptr()));
    list.reserve_exact(8700);
    give_back(lend(sides, list.as_ptr()));
    list.shrink_to(10);
    drop(black_box(list));
    for _ in 0..50 {
        let block = black_box(Box::new([1u8; 88]));
        give_back(lend(sides, &raw const *block));
        let raw = Box::into_raw(block);
        // SAFETY: the vault gets the block and frees it once.
        unsafe {
            custody_transfer(raw.cast(), sides.rust, sides.vault, MALLOC);
            vault_free_counted(raw.cast());
        }
    }
}

fn main() {
    let mut sides = Sides { rust: 0, vault: 0 };
    // SAFETY: as custody.h says it.
    unsafe {
        custody_side_of_caller(&mut sides.rust);
        custody_side_of_code(vault_make as *const c_void, &mut sides.vault);
    }
    match std::env::args().nth(1).as_deref() {
        Some("dropped-lent") => {
            let block = black_box(Box::new([1u8; 86]));
            lend(&sides, &raw const *block);
            drop(black_box(block));
        }
        Some("grown-lent") => {
            let mut list: Vec<u8> = black_box(Vec::with_capacity(89));
            let loan = lend(&sides, list.as_ptr());
            list.reserve_exact(8900);
            give_back(loan);
            drop(black_box(list));
        }
        _ => good(&sides),
    }
    println!("done");
}
