//! Functions that use Rust's allocator, libc's, and either. Compiled in many ways, to see what facts say of them.
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;

unsafe extern "C" {
    fn free(block: *mut u8);
    fn malloc(size: usize) -> *mut u8;
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn rust_makes(value: u64) -> *mut u64 {
    Box::into_raw(Box::new(value))
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn libc_makes() -> *mut u8 {
    black_box(unsafe { malloc(33) })
}

/// Two releases in two branches, of which optimisation makes one.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn either_releases(by_rust: bool, block: *mut u8) {
    if by_rust {
        drop(unsafe { Box::from_raw(block.cast::<u64>()) });
    } else {
        unsafe { free(block) };
    }
}

struct Own(*mut u8);

impl Drop for Own {
    fn drop(&mut self) {
        unsafe { free(self.0) };
    }
}

enum Both {
    Libc(#[allow(dead_code)] Own),
    Rust(#[allow(dead_code)] Box<u64>),
}

/// The same in code that the compiler made, where both releases stand in one line.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn either_is_dropped(libc: bool, block: *mut u8) {
    drop(black_box(if libc { Both::Libc(Own(block)) } else { Both::Rust(unsafe { Box::from_raw(block.cast()) }) }));
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn system_makes() -> *mut u8 {
    black_box(unsafe { System.alloc(Layout::new::<[u8; 48]>()) })
}

fn main() {
    let one = rust_makes(1).cast();
    either_releases(true, one);
    either_releases(false, libc_makes());
    either_is_dropped(true, libc_makes());
    either_is_dropped(false, rust_makes(2).cast());
    unsafe { System.dealloc(system_makes(), Layout::new::<[u8; 48]>()) };
    println!("{:?}", std::env::args().collect::<Vec<_>>());
}
