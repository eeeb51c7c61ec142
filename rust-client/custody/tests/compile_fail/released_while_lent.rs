//! What is lent is not released.

use custody::Side;

fn main() {
    let table = vec![1, 2, 3];
    let loan = Side::UNKNOWN.lend(&table, Side::UNKNOWN).unwrap();
    drop(table);
    drop(loan);
}
