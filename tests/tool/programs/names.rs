//! Rust names: a module path, a trait implementation.

mod shelf {
    pub struct Book(pub u64);

    impl Drop for Book {
        #[inline(never)]
        fn drop(&mut self) {
            super::marker(&self.0); // the Rust line
            std::hint::black_box(());
        }
    }
}

/// What the test looks for calls of.
#[no_mangle]
#[inline(never)]
pub extern "C" fn marker(value: &u64) {
    std::hint::black_box(value);
}

fn main() {
    drop(std::hint::black_box(shelf::Book(7)));
}
