//! What was given away is not used any more.
#[macro_use]
#[path = "../parts/object.rs"]
mod object;

use custody::handle::Handle;

object!(Account);

fn main() {
    let account: Handle<Account> = unsafe { Handle::adopt(Box::into_raw(Box::new(1))) }.unwrap();
    let raw = account.into_raw();
    account.borrow();
    drop(unsafe { Handle::<Account>::from_raw(raw) });
}
