//! A terminal's interrupt goes to cargo and to what it runs. Whoever ends a server so wants to know what was found in it.

use std::ffi::c_int;

const SIGINT: c_int = 2;

extern "C" {
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
}

extern "C" fn go_on(_number: c_int) {}

/// Outlives interrupts from now on, while commands that are executed do not inherit that, as a handler is not inherited.
pub fn outlive() {
    // SAFETY: the handler does nothing, which may be done at any time.
    unsafe {
        signal(SIGINT, go_on);
    }
}
