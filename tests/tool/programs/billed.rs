//! Calls of marker() that the standard library makes for the program, and one under a name made for C.

/// What the test looks for calls of.
#[no_mangle]
#[inline(never)]
pub fn marker(value: &u64) {
    std::hint::black_box(value);
}

#[cfg(not(exported))]
mod shelf {
    #[inline(never)]
    pub fn fill() {
        let values = std::hint::black_box(vec![7u64]);
        values.iter().for_each(super::marker);
        std::hint::black_box(());
    }
}

#[cfg(exported)]
#[no_mangle]
pub extern "C" fn ledger_open() {
    marker(std::hint::black_box(&7));
    std::hint::black_box(());
}

fn main() {
    #[cfg(not(exported))]
    shelf::fill();
    #[cfg(exported)]
    ledger_open();
}
