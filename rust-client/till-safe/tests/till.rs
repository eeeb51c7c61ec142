//! The safe crate against the real library.

use std::cell::Cell;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::rc::Rc;
use std::thread;

use till::{checksum, open_count, Coin, Drawer, Event, Till};

fn till() -> Till {
    let mut till = Till::open("corner shop").expect("a till");
    till.sell(250, 1).expect("a sale");
    till.note(c"two apples").expect("a note");
    till
}

#[test]
fn events_and_the_name_are_copied_into_buffers_of_ours() {
    let till = till();
    let events = till.events();
    assert_eq!(events.len(), 3);
    assert_eq!(events[..2], [Event::Opened, Event::Sale { cents: 250, count: 1 }]);
    assert_eq!(events[2].text(), Some(c"two apples"));
    assert_eq!(till.name().as_c_str(), c"corner shop");
}

#[test]
fn the_count_of_open_tills_is_the_librarys_variable() {
    let till = till();
    assert!(open_count() >= 1);
    drop(till);
}

#[test]
fn a_function_of_the_systems_convention_is_called() {
    assert_eq!(checksum(c""), 5381);
    assert_eq!(checksum(c"a"), 5381 * 33 + 97);
}

#[test]
fn a_panic_in_a_replay_reaches_the_caller_and_not_the_library() {
    let till = till();
    let mut seen = 0;
    till.replay(|_| seen += 1).expect("a replay");
    assert_eq!(seen, 3);
    let panic = catch_unwind(AssertUnwindSafe(|| till.replay(|_| panic!("halt")))).expect_err("a panic");
    assert_eq!(panic.downcast_ref(), Some(&"halt"));
}

#[test]
fn a_listener_hears_each_event_and_is_dropped_once() {
    let heard = Rc::new(Cell::new(0));
    let mut till = till();
    let copy = Rc::clone(&heard);
    till.listen(move |_| copy.set(copy.get() + 1)).expect("a listener");
    till.sell(100, 2).expect("a sale");
    assert_eq!((heard.get(), Rc::strong_count(&heard)), (1, 2));
    till.listen(|_| {}).expect("another listener");
    assert_eq!(Rc::strong_count(&heard), 1);
}

#[test]
fn a_page_is_lent_and_comes_back_printed() {
    let mut till = till();
    let mut page = [0; 64];
    let (sold, printed) = till.printing(&mut page, |till| till.sell(99, 3));
    assert_eq!((sold, printed), (Ok(()), Some(c"3 for 99")));
    till.sell(1, 1).expect("a sale");
    assert!(page.starts_with(b"3 for 99\0"), "nothing is printed to it any more");
}

#[test]
fn a_drawer_may_go_to_another_thread() {
    let mut drawer = Drawer::new().expect("a drawer");
    drawer.put(Coin::Ten, 4).expect("coins");
    let total = thread::spawn(move || drawer.total()).join().expect("no panic");
    assert_eq!(total, 40);
    let mut till = till();
    till.own_drawer().put(Coin::Euro, 1).expect("coins");
    assert_eq!(till.own_drawer().total(), 100);
}
