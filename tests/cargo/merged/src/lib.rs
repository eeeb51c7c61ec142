//! Doc tests that rustdoc compiles into one program.

/// ```
/// assert_eq!(custody_merged::lose(0), 0);
/// ```
///
/// ```
/// custody_merged::lose(501);
/// ```
///
/// ```should_panic
/// custody_merged::lose(502);
/// panic!();
/// ```
///
/// ```
/// assert_eq!(custody_merged::lose(0), 0);
/// ```
#[inline(never)]
pub fn lose(size: usize) -> usize {
    if size > 0 {
        std::mem::forget(std::hint::black_box(vec![1u8; size]));
    }
    size
}
