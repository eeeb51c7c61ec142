//! A program with an allocator of its own that counts and passes on what System gives: Rust's blocks are its. It never
//! accuses itself; what goes wrong between Rust and C is exact, and in builds where nothing was inlined also what Rust code
//! does itself.
//!
//! @libs vault
//! @builds profile=debug,release ld=lld,bfd
//! @builds profile=s ld=lld
//! @run good
//! @forbid cross-allocator-free
//! @forbid layout-mismatch
//! @module $prog rust=exact
//! @run free
//! @expect[profile=debug] cross-allocator-free error exact owner=$prog/rust/rust by=$prog/rust/malloc call=free size=58 align=1 alloc=$prog release=$prog
//! @run malloc
//! @expect[profile=debug] cross-allocator-free error exact owner=$prog/rust/malloc by=$prog/rust/rust call=__rust_dealloc size=59 alloc=$prog release=$prog
//! @run layout
//! @expect[profile=debug,s] layout-mismatch error exact owner=$prog/rust/rust by=$prog/rust/rust call=__rust_dealloc size=60 given-size=40 alloc=$prog release=$prog
//! @run twice
//! @expect double-free error exact by=* size=61
//! @run c-frees
//! @expect cross-allocator-free error exact owner=$prog/rust/rust by=*/c/malloc call=free size=64 align=1
//! @run c-makes
//! @expect[profile=debug] cross-allocator-free error exact owner=*/c/malloc by=$prog/rust/rust size=63
//! @expect[profile=release,s link=shared] cross-side-free warning exact owner=$vault/c/malloc by=$prog/rust/malloc call=free size=63

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::c_void;
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
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

extern "C" {
    fn free(block: *mut c_void);
    fn malloc(size: usize) -> *mut c_void;
    fn vault_make_counted(size: usize) -> *mut c_void;
    fn vault_free_counted(block: *mut c_void);
}

fn good() {
    let before = LIVE.load(Ordering::Relaxed);
    let mut lines: Vec<String> = (0..100).map(|n| format!("line {n}")).collect();
    lines.retain(|line| line.ends_with('7'));
    assert!(LIVE.load(Ordering::Relaxed) > before && lines.len() == 10);
    let worker = std::thread::spawn(move || black_box(lines).len());
    assert_eq!(worker.join().unwrap(), 10);
    let zeroed = black_box(vec![0u8; 70_000]);
    assert!(zeroed.iter().all(|byte| *byte == 0));
    #[repr(align(64))]
    struct Aligned([u8; 200]);
    assert_eq!(black_box(Box::new(Aligned([1; 200]))).0[199], 1);
    let caught = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new("expected")));
    assert!(caught.is_err());
}

fn main() {
    // SAFETY: none: each arm but the first is a bug.
    match std::env::args().nth(1).as_deref() {
        Some("free") => unsafe { free(Box::into_raw(black_box(Box::new([1u8; 58]))).cast()) },
        Some("malloc") => unsafe {
            let block = malloc(59).cast::<[u8; 59]>();
            block.write([1; 59]);
            drop(black_box(Box::from_raw(block)));
        },
        Some("layout") => {
            let bytes = black_box(Vec::<u8>::with_capacity(60)).leak().as_mut_ptr();
            drop(black_box(unsafe { Vec::from_raw_parts(bytes, 0, 40) }));
        }
        Some("twice") => unsafe {
            let block = Box::into_raw(black_box(Box::new([1u8; 61])));
            drop(black_box(Box::from_raw(block)));
            drop(black_box(Box::from_raw(block)));
        },
        Some("c-frees") => {
            /* Made by the standard library, which is compiled already and calls the entries. */
            let text = black_box(format!("{:>63}", 1));
            assert_eq!(text.capacity(), 64);
            unsafe { vault_free_counted(text.leak().as_mut_ptr().cast()) };
        }
        Some("c-makes") => unsafe {
            let block = vault_make_counted(63).cast::<[u8; 63]>();
            block.write([1; 63]);
            drop(black_box(Box::from_raw(block)));
        },
        _ => good(),
    }
    println!("done");
}
