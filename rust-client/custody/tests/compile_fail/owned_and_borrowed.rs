//! What is borrowed cannot be ended.
#[macro_use]
#[path = "../parts/object.rs"]
mod object;

use custody::handle::Handle;

object!(Account);

fn close(account: Handle<Account>) {
    drop(account);
}

fn main() {
    let account: Handle<Account> = unsafe { Handle::adopt(Box::into_raw(Box::new(1))) }.unwrap();
    close(account.borrow());
}
