//! What is borrowed cannot be ended.
use std::ptr::NonNull;

use custody::handle::{Handle, Object, OneThread};
use custody::Side;

macro_rules! object {
    ($name:ident) => {
        enum $name {}

        unsafe impl Object for $name {
            type Raw = u64;
            type Threads = OneThread;
            const NAME: &'static str = stringify!($name);
            const DESTROY: &'static str = "close";

            fn library() -> Side {
                Side::UNKNOWN
            }

            unsafe fn destroy(object: NonNull<u64>) {
                drop(unsafe { Box::from_raw(object.as_ptr()) });
            }
        }
    };
}

object!(Account);

fn close(account: Handle<Account>) {
    drop(account);
}

fn main() {
    let account: Handle<Account> = unsafe { Handle::adopt(Box::into_raw(Box::new(1))) }.unwrap();
    close(account.borrow());
}
