//! A value that was handed over is not used any more.

use custody::{Side, Transfer};

fn main() {
    let table = vec![1, 2, 3];
    let raw = table.into_raw_for(Side::UNKNOWN, Side::UNKNOWN).unwrap();
    println!("{} {:?}", table.len(), raw);
}
