//! Nor may another thread look at it.
#[macro_use]
#[path = "../parts/object.rs"]
mod object;

use custody::handle::Handle;

object!(Account);

fn main() {
    let account: Handle<Account> = unsafe { Handle::adopt(Box::into_raw(Box::new(1))) }.unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| account.borrow().as_ptr());
    });
}
