//! What crosses a boundary, in every way that this crate has: a buffer, a loan, a value handed over, a callback. The C
//! library is qsort and snprintf of libc, and a few lines that stand in for one that keeps things.

use std::ffi::{c_char, c_int, c_void, CString};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use custody::callback::{call, catch, Callback};
use custody::lease::{ask_then_fill, Terms};
use custody::{Lang, Side, Transfer};

extern "C" {
    fn qsort(
        base: *mut c_void,
        count: usize,
        size: usize,
        compare: unsafe extern "C" fn(*const c_void, *const c_void) -> c_int,
    );
    fn snprintf(out: *mut c_char, capacity: usize, format: *const c_char, ...) -> c_int;
}

/// Compares two numbers for qsort. A panic would be carried on to who called `call`.
unsafe extern "C" fn compare(a: *const c_void, b: *const c_void) -> c_int {
    catch(0, || {
        // SAFETY: qsort passes elements of the table.
        let (a, b) = unsafe { (*a.cast::<u32>(), *b.cast::<u32>()) };
        a.cmp(&b) as c_int
    })
}

/// What C would call when something happens.
unsafe extern "C" fn on_event<F: Fn(usize) + Send + Sync + 'static>(user: *mut c_void, event: usize) {
    // SAFETY: `user` is of a callback of this type.
    unsafe { Callback::<F>::enter(user, (), |function| function(event)) }
}

/// Stands in for a library that calls back.
fn fire<F: Fn(usize) + Send + Sync + 'static>(callback: &Callback<F>, event: usize) {
    // SAFETY: the user data is of this callback.
    call(|| unsafe { on_event::<F>(callback.user_data(), event) });
}

fn main() -> custody::Result<()> {
    let client = Side::register("boundary", Lang::Rust)?;
    let libc = Side::register("libc", Lang::C)?;

    let mut table = vec![3u32, 1, 2];
    let mut loan = client.lend_mut(table.as_mut_slice(), libc)?;
    let (base, count) = (loan.as_mut_ptr().cast(), loan.len());
    // SAFETY: the table has that many numbers, and `compare` compares two of them.
    call(|| unsafe { qsort(base, count, size_of::<u32>(), compare) });
    loan.give_back()?;
    println!("sorted: {table:?}");

    let text = ask_then_fill(libc, Terms::new().nul().copied(), |out, capacity| {
        // SAFETY: snprintf writes no more than the capacity.
        let length = unsafe { snprintf(out.cast(), capacity, c"%u numbers".as_ptr(), 3 as c_int) };
        usize::try_from(length).unwrap_or(0)
    })?;
    println!("formatted: {}", String::from_utf8_lossy(&text));

    let name = CString::new("Ada").expect("no NUL inside").into_raw_for(client, libc)?;
    // SAFETY: it was handed over above, and comes back unchanged.
    let name = unsafe { CString::from_raw_of(name, libc, client) }?;
    println!("there and back: {name:?}");

    let sum = Arc::new(AtomicUsize::new(0));
    let callback = Callback::register(libc, "on_event", {
        let sum = Arc::clone(&sum);
        move |event| {
            sum.fetch_add(event, Ordering::Relaxed);
        }
    })?;
    fire(&callback, 40);
    fire(&callback, 2);
    callback.withdraw()?;
    println!("events: {}", sum.load(Ordering::Relaxed));
    Ok(())
}
