//! A handle is not taken for one of another type, even though C has the same pointer for both.
#[macro_use]
#[path = "../parts/object.rs"]
mod object;

use custody::handle::Handle;

object!(Account);
object!(Statement);

fn close(account: Handle<Account>) {
    drop(account);
}

fn main() {
    let statement: Handle<Statement> = unsafe { Handle::adopt(Box::into_raw(Box::new(1))) }.unwrap();
    close(statement);
}
