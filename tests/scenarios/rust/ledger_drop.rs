//! What Rust drops while it is on loan, or although it was handed over; and blocks that go from C to Rust and back, each
//! released as it was agreed.
//!
//! @custody both
//! @libs vault
//! @builds profile=debug ld=lld link=shared
//! @builds profile=release ld=bfd link=shared,static
//! @run dropped-lent
//! @expect released-while-lent error exact owner=$prog/rust/rust by=$prog/rust/rust call=__rust_dealloc size=81 alloc=$prog release=$prog history=made>lent>released
//! @run grown-lent
//! @expect released-while-lent error exact owner=$prog/rust/rust by=$prog/rust/rust call=__rust_realloc history=made>lent-exclusively>released
//! @run given-away
//! @expect[link=shared] not-owner error exact owner=$vault/c/malloc by=$prog/rust/rust call=__rust_dealloc size=83 alloc=$prog history=made>transferred>released advice=free
//! @expect[link=static] cross-allocator-free error exact owner=$vault/*/malloc by=$prog/rust/rust call=__rust_dealloc size=83 alloc=$prog
//! @run taken-and-freed
//! @expect[link=shared] not-owner error exact owner=$prog/rust/rust by=$vault/c/malloc call=free size=84 alloc=$vault history=made>transferred>released
//! @expect[link=static] cross-allocator-free error exact owner=$prog/rust/rust by=$vault/c/malloc call=free size=84 alloc=$vault
//! @run good

use std::ffi::{c_char, c_int, c_void, CStr};

const C: c_int = 1;
const SHARED: c_int = 0;
const EXCLUSIVE: c_int = 1;

extern "C" {
    fn custody_side_of_caller(side: *mut u16) -> c_int;
    fn custody_side_of_code(function: *const c_void, side: *mut u16) -> c_int;
    fn custody_side_register(name: *const c_char, lang: c_int, side: *mut u16) -> c_int;
    fn custody_transfer(block: *mut c_void, from: u16, to: u16, release: c_int) -> c_int;
    fn custody_lend(block: *const c_void, from: u16, to: u16, kind: c_int, loan: *mut u64) -> c_int;
    fn custody_return(loan: u64) -> c_int;
    fn vault_make_counted(size: usize) -> *mut c_void;
    fn vault_free_counted(block: *mut c_void);
}

/// Contracts, as contracts.def counts them.
const MALLOC: c_int = 1;
const RUST: c_int = 4;

struct Sides {
    rust: u16,
    vault: u16,
    named: u16,
}

fn lend<T: ?Sized>(sides: &Sides, block: *const T, kind: c_int) -> u64 {
    let mut loan = 0;
    // SAFETY: any address may be lent.
    unsafe { custody_lend(block.cast(), sides.rust, sides.vault, kind, &mut loan) };
    loan
}

fn dropped_lent(sides: &Sides) {
    let block = Box::new([1u8; 81]);
    lend(sides, &*block, SHARED);
    drop(std::hint::black_box(block));
}

fn grown_lent(sides: &Sides) {
    let mut list: Vec<u8> = Vec::with_capacity(82);
    let loan = lend(sides, list.as_ptr(), EXCLUSIVE);
    list.reserve_exact(8200);
    // SAFETY: a loan is a number.
    unsafe { custody_return(loan) };
    drop(std::hint::black_box(list));
}

fn given_away(sides: &Sides) {
    let block = Box::new([1u8; 83]);
    // SAFETY: the vault does not release it after all.
    unsafe { custody_transfer((&raw const *block).cast_mut().cast(), sides.rust, sides.vault, MALLOC) };
    drop(std::hint::black_box(block));
}

/// From C to Rust, which gets it to drop; `release` may do it otherwise.
fn taken(sides: &Sides, size: usize, to: u16) -> *mut u8 {
    // SAFETY: the vault makes a block of this size, or none.
    unsafe {
        let block = vault_make_counted(size);
        assert!(!block.is_null());
        custody_transfer(block, sides.vault, to, RUST);
        block.cast()
    }
}

fn good(sides: &Sides) {
    let mut list: Vec<u8> = Vec::with_capacity(82);
    // SAFETY: loans are numbers; blocks are released once, by those that they were handed to.
    unsafe {
        custody_return(lend(sides, list.as_ptr(), EXCLUSIVE));
        list.reserve_exact(8200);
        custody_return(lend(sides, list.as_ptr(), SHARED));
        drop(std::hint::black_box(list));
        for to in [sides.rust, sides.named] {
            drop(std::hint::black_box(Vec::from_raw_parts(taken(sides, 84, to), 0, 84)));
            let block = Box::into_raw(Box::new([1u64; 11]));
            custody_transfer(block.cast(), sides.rust, to, RUST);
            drop(std::hint::black_box(Box::from_raw(block)));
        }
        let block = Box::into_raw(Box::new([1u8; 85]));
        custody_transfer(block.cast(), sides.rust, sides.vault, MALLOC);
        vault_free_counted(block.cast());
    }
}

fn main() {
    let mut sides = Sides { rust: 0, vault: 0, named: 0 };
    // SAFETY: as custody.h says it.
    unsafe {
        custody_side_of_caller(&mut sides.rust);
        custody_side_of_code(vault_make_counted as *const c_void, &mut sides.vault);
        custody_side_register(CStr::from_bytes_with_nul_unchecked(b"named\0").as_ptr(), C, &mut sides.named);
    }
    match std::env::args().nth(1).as_deref() {
        Some("dropped-lent") => dropped_lent(&sides),
        Some("grown-lent") => grown_lent(&sides),
        Some("given-away") => given_away(&sides),
        // SAFETY: a bug, which is told.
        Some("taken-and-freed") => unsafe { vault_free_counted(taken(&sides, 84, sides.rust).cast()) },
        _ => good(&sides),
    }
    println!("done");
}
