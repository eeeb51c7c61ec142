//! While a library may write to a buffer nobody else does.

use custody::lease::{Lease, Terms};
use custody::Side;

fn main() {
    let mut buffer = [0; 8];
    let lease = Lease::output(Side::UNKNOWN, &mut buffer, Terms::new()).unwrap();
    buffer[0] = 1;
    drop(lease);
}
