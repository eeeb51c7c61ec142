//! Types of objects for cases that must not compile: `object!(Account)`.

/// A type of objects that belong to one thread, made of a boxed number.
macro_rules! object {
    ($name:ident) => {
        enum $name {}

        unsafe impl ::custody::handle::Object for $name {
            type Raw = u64;
            type Threads = ::custody::handle::OneThread;
            const NAME: &'static str = stringify!($name);
            const DESTROY: &'static str = "close";

            fn library() -> ::custody::Side {
                ::custody::Side::UNKNOWN
            }

            unsafe fn destroy(object: ::std::ptr::NonNull<u64>) {
                drop(unsafe { Box::from_raw(object.as_ptr()) });
            }
        }
    };
}
