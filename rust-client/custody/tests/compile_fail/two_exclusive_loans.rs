//! An exclusive loan is the only one.

use custody::Side;

fn main() {
    let mut table = vec![1, 2, 3];
    let first = Side::UNKNOWN.lend_mut(&mut table, Side::UNKNOWN).unwrap();
    let second = Side::UNKNOWN.lend_mut(&mut table, Side::UNKNOWN).unwrap();
    drop((first, second));
}
