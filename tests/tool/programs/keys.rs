//! Leaks blocks from a generic function of an implementation: a name with all that Rust's mangling adds. With `cfg(moved)`
//! there is another implementation in front, so that this one has another number, and lies elsewhere.

struct Account<T>(T);

#[cfg(moved)]
impl Account<u8> {
    #[inline(never)]
    fn other(&self) -> u8 {
        std::hint::black_box(self.0) + 1
    }
}

#[cfg(moved)]
#[used]
static OTHER: fn(&Account<u8>) -> u8 = Account::<u8>::other;

impl<T: Copy> Account<T> {
    #[inline(never)]
    fn open(value: T) -> usize {
        std::mem::forget(std::hint::black_box(Box::new([value; 77])));
        std::mem::size_of::<T>()
    }
}

fn main() {
    let sizes = Account::open(1u8) + Account::open(2u64);
    assert_eq!(std::hint::black_box(sizes), 9);
}
