//! A small library without std, whose debug information has functions of Rust's allocator, called and inlined: a file to be
//! damaged in tests.
#![no_std]

#[panic_handler]
fn stop(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

extern "C" {
    fn malloc(size: usize) -> *mut u8;
    fn free(block: *mut u8);
}

mod allocator {
    #[no_mangle]
    #[inline(never)]
    pub unsafe extern "C" fn __rdl_alloc(size: usize, _align: usize) -> *mut u8 {
        super::malloc(size)
    }

    #[inline(always)]
    pub unsafe fn __rdl_dealloc(block: *mut u8) {
        super::free(block)
    }
}

/// # Safety
/// None is needed.
#[no_mangle]
pub unsafe extern "C" fn makes(count: usize) -> *mut u8 {
    match count.checked_mul(3) {
        Some(size) => allocator::__rdl_alloc((0..size).fold(0, |sum, next| sum ^ next), 1),
        None => core::ptr::null_mut(),
    }
}

/// # Safety
/// The block must come from `makes`.
#[no_mangle]
pub unsafe extern "C" fn drops(block: *mut u8) {
    if !block.is_null() {
        allocator::__rdl_dealloc(block)
    }
}
