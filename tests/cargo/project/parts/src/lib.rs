//! What the tests of `cargo custody` are run over: tests that leak and mix allocators, and such that do not.
//!
//! ```
//! assert_eq!(custody_parts::double(21), 42);
//! ```

use std::ffi::{c_void, CString};

extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
}

/// Loses a block of so many bytes.
///
/// ```
/// custody_parts::lose(301);
/// ```
///
/// ```should_panic
/// custody_parts::lose(302);
/// panic!("as it has to");
/// ```
#[inline(never)]
pub fn lose(size: usize) {
    // SAFETY: the block is not used.
    std::hint::black_box(unsafe { malloc(size) });
}

/// Gives a block of Rust's to C.
#[inline(never)]
pub fn give_to_c<const SIZE: usize>() {
    let block = Box::into_raw(Box::new([1u8; SIZE]));
    // SAFETY: it is not safe, which is what is to be found.
    unsafe { free(std::hint::black_box(block).cast()) }
}

/// The same with a text.
#[inline(never)]
pub fn give_text_to_c() {
    let block = CString::from(c"a text").into_raw();
    // SAFETY: as before.
    unsafe { free(std::hint::black_box(block).cast()) }
}

/// The same with numbers.
#[inline(never)]
pub fn give_numbers_to_c() {
    let mut numbers = std::mem::ManuallyDrop::new(vec![1u64; 13]);
    // SAFETY: as before.
    unsafe { free(std::hint::black_box(numbers.as_mut_ptr()).cast()) }
}

/// Twice as much.
pub fn double(number: u32) -> u32 {
    number * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Comes last, so that no test ends in a call that an optimiser makes a jump: its function would not be in the stack.
    #[inline(never)]
    fn done() {
        std::hint::black_box(());
    }

    #[test]
    fn doubles() {
        assert_eq!(double(2), 4);
    }

    #[test]
    fn loses() {
        lose(101);
        done();
    }

    /// Does it in a thread without a name, which has that of its test, and in which no function is the test's.
    fn in_a_thread(gives: fn()) {
        std::thread::spawn(gives).join().unwrap();
    }

    #[test]
    fn hands_over_in_a_thread() {
        in_a_thread(give_to_c::<103>);
    }

    // What the kernel keeps of the names of these two is the same.
    #[test]
    fn twin_of_the_first() {
        in_a_thread(give_text_to_c);
    }

    #[test]
    fn twin_of_the_second() {
        in_a_thread(give_numbers_to_c);
    }

    #[test]
    fn gives_to_c() {
        give_to_c::<104>();
        done();
    }

    #[test]
    fn gives_to_c_as_well() {
        give_to_c::<105>();
        done();
    }

    #[test]
    #[should_panic(expected = "as it has to")]
    fn panics() {
        lose(106);
        panic!("as it has to");
    }

    #[test]
    #[should_panic]
    fn panics_and_gives() {
        give_to_c::<107>();
        panic!();
    }

    #[test]
    #[ignore = "runs when asked for"]
    fn ignored() {
        lose(108);
        done();
    }
}
