//! Group E again, in programs that lease the buffers which they give to the library: each write beyond one is seen, and
//! stays in the copy that the library got.
//!
//! @libs harp
//! @custody both
//! @builds profile=release ld=bfd
//! @builds profile=debug ld=lld
//! @run one-byte
//! @expect buffer-overrun error exact owner=$prog/rust/rust by=$prog/rust/custody call=custody_lease_begin size=1 capacity=1 length=32 release=$prog
//! @run long-path
//! @expect buffer-overrun error exact owner=$prog/rust/rust by=$prog/rust/custody call=custody_lease_end size=17 capacity=17 length=20 alloc=$prog
//! @run no-nul
//! @expect buffer-overrun error exact owner=$prog/rust/rust by=$prog/rust/custody call=custody_lease_end size=19 capacity=19 length=20 alloc=$prog
//! @run good

use std::ffi::{c_char, c_int, c_uint, c_void, CStr, CString};
use std::hint::black_box;

extern "C" {
    fn harp_name(name: *mut c_char, size: usize);
    fn harp_path(path: *mut c_char);
    fn harp_path_size() -> usize;
    fn harp_text(text: *mut c_char);
    fn harp_text_size() -> usize;

    fn custody_side_of_code(function: *const c_void, out_side: *mut u16) -> c_uint;
    fn custody_lease_begin(to: u16, buffer: *mut c_void, capacity: usize, flags: c_uint, out_lease: *mut u64) -> c_uint;
    fn custody_lease_memory(lease: u64) -> *mut c_void;
    fn custody_lease_end(lease: u64, length: usize) -> c_int;
}

const OUT_COPY_NUL: c_uint = 2 | 8 | 16;
const LENGTH_UNKNOWN: usize = usize::MAX;

/// How much the library writes of a name.
const NAME_SIZE: usize = 32;

/// Has the library write to `capacity` bytes at `buffer`, under a lease. False when something was told of.
unsafe fn leased(buffer: *mut c_char, capacity: usize, write: impl FnOnce(*mut c_char)) -> bool {
    let (mut harp, mut lease) = (0, 0);
    assert_eq!(custody_side_of_code(harp_name as *const c_void, &mut harp), 0);
    assert_eq!(custody_lease_begin(harp, buffer.cast(), capacity, OUT_COPY_NUL, &mut lease), 0);
    write(custody_lease_memory(lease).cast());
    custody_lease_end(lease, LENGTH_UNKNOWN) == 1
}

/// The text that `write` leaves in a buffer of `size` bytes; whether all was well.
unsafe fn text_in(size: usize, write: unsafe extern "C" fn(*mut c_char)) -> (usize, bool) {
    let mut buffer: Vec<u8> = black_box(vec![0; size]);
    let well = leased(buffer.as_mut_ptr().cast(), size, |memory| write(memory));
    (black_box(&buffer).iter().filter(|&&byte| byte != 0).count(), well)
}

unsafe fn one_byte() {
    let name = CString::default().into_raw();
    leased(black_box(name), NAME_SIZE, |memory| harp_name(memory, NAME_SIZE));
    *name = 0; // what the library wrote was cut to the one byte that there is
    drop(CString::from_raw(black_box(name)));
}

unsafe fn good() {
    let mut name = black_box(vec![0u8; NAME_SIZE]);
    assert!(leased(name.as_mut_ptr().cast(), NAME_SIZE, |memory| harp_name(memory, NAME_SIZE)));
    assert_eq!(CStr::from_bytes_until_nul(&name).unwrap(), c"drum");
    assert_eq!(text_in(harp_path_size(), harp_path), (19, true));
    assert_eq!(text_in(harp_text_size() + 1, harp_text), (19, true));
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    // SAFETY: none of what the library writes leaves the copies, whatever was said of their capacity.
    unsafe {
        match what.as_str() {
            "one-byte" => one_byte(),
            "long-path" => assert_eq!(text_in(17, harp_path), (17, false)),
            "no-nul" => assert_eq!(text_in(harp_text_size(), harp_text), (19, false)),
            _ => good(),
        }
    }
    println!("done");
}
