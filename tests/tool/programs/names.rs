//! Rust names: a module path, a trait implementation, a method inlined into it.

mod shelf {
    pub struct Book(pub u64);

    impl Book {
        #[inline(always)]
        fn close(&self) {
            super::marker(&self.0); // the Rust line
            std::hint::black_box(());
        }
    }

    impl Drop for Book {
        #[inline(never)]
        fn drop(&mut self) {
            self.close();
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
