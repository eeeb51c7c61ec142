//! A borrowed handle does not outlive the one that owns the object.
#[macro_use]
#[path = "../parts/object.rs"]
mod object;

use custody::handle::Handle;

object!(Account);

fn main() {
    let borrowed = {
        let account: Handle<Account> = unsafe { Handle::adopt(Box::into_raw(Box::new(1))) }.unwrap();
        account.borrow()
    };
    borrowed.as_ptr();
}
