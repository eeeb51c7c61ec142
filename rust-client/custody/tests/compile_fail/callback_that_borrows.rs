//! A function that a library keeps borrows nothing.

use custody::callback::Callback;
use custody::Side;

fn main() {
    let text = String::from("short-lived");
    let callback = Callback::register(Side::UNKNOWN, "borrows", || text.len()).unwrap();
    drop(callback);
}
