//! A loan does not outlive what is lent.

use custody::Side;

fn main() {
    let loan = {
        let table = vec![1, 2, 3];
        Side::UNKNOWN.lend(&table, Side::UNKNOWN).unwrap()
    };
    println!("{}", loan.len());
}
