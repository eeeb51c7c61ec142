//! Group E: buffers that the caller provides and the library writes beyond. Without the ownership API nobody knows how
//! much room there is; only what the release says about the block can be told.
//!
//! @libs harp
//! @run one-byte
//! @origin E libfmod issue 19
//! @expect layout-mismatch error exact owner=$prog/rust/rust by=$prog/rust/rust call=__rust_dealloc size=1 given-size=5 release=$prog
//! @run long-path
//! @origin E renderdoc-rs issue 143
//! @run no-nul
//! @origin E rabbitizer issue 62
//! @run good

use std::ffi::{c_char, CStr, CString};
use std::hint::black_box;

extern "C" {
    fn harp_name(name: *mut c_char, size: usize);
    fn harp_path(path: *mut c_char);
    fn harp_path_size() -> usize;
    fn harp_text(text: *mut c_char);
    fn harp_text_size() -> usize;
}

/// How much the library writes of a name.
const NAME_SIZE: usize = 32;

/// An empty CString followed by others, which nobody looks at: what is written beyond it hurts nothing else.
fn empty_before_others() -> (*mut c_char, Vec<CString>) {
    let mut strings: Vec<CString> = (0..200).map(|_| black_box(CString::default())).collect();
    strings.sort_by_key(|string| string.as_ptr() as usize);
    let first = (0..190)
        .find(|&n| strings[n + 4].as_ptr() as usize - strings[n].as_ptr() as usize <= 4 * NAME_SIZE)
        .expect("blocks beside each other");
    let chosen = strings.remove(first);
    (chosen.into_raw(), strings)
}

unsafe fn one_byte() {
    let (name, others) = empty_before_others();
    harp_name(black_box(name), NAME_SIZE);
    black_box(CString::from_raw(black_box(name)));
    drop(black_box(others));
}

/// The text that `write` leaves in a buffer of `size` bytes.
unsafe fn text_in(size: usize, write: unsafe extern "C" fn(*mut c_char)) -> usize {
    let mut buffer: Vec<u8> = black_box(vec![0; size]);
    write(buffer.as_mut_ptr().cast());
    black_box(&buffer).iter().filter(|&&byte| byte != 0).count()
}

unsafe fn good() {
    let mut name = black_box(vec![0u8; NAME_SIZE]);
    harp_name(name.as_mut_ptr().cast(), name.len());
    assert_eq!(CStr::from_bytes_until_nul(&name).unwrap(), c"drum");
    assert_eq!(text_in(harp_path_size(), harp_path), 19);
    assert_eq!(text_in(harp_text_size() + 1, harp_text), 19);
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    // SAFETY: none: all but the last have too little room.
    unsafe {
        match what.as_str() {
            "one-byte" => one_byte(),
            "long-path" => assert_eq!(text_in(17, harp_path), 17),
            "no-nul" => assert_eq!(text_in(harp_text_size(), harp_text), 19),
            _ => good(),
        }
    }
    println!("done");
}
