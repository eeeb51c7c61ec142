//! An object that belongs to its thread stays there.
#[macro_use]
#[path = "../parts/object.rs"]
mod object;

use custody::handle::Handle;

object!(Account);

fn main() {
    let account: Handle<Account> = unsafe { Handle::adopt(Box::into_raw(Box::new(1))) }.unwrap();
    std::thread::spawn(move || drop(account));
}
