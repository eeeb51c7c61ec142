//! What Rust's types keep. Many know their memory only by a pointer into it: Rc and Arc once they are raw, hash tables by
//! their control bytes, the handle of a thread. None of this is a leak, and neither is what Box::leak gives to static data;
//! the same values forgotten are.
//!
//! @run held-box
//! @expect leak note exact owner=$prog/rust/rust class=reachable blocks=1 bytes=801 alloc=$prog
//! @run lost-box
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=1 bytes=801 alloc=$prog
//! @run held-vec
//! @expect leak note exact owner=$prog/rust/rust class=reachable blocks=1 bytes=8024 alloc=$prog
//! @run lost-vec
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=1 bytes=8024 alloc=$prog
//! @run held-strings
//! @run lost-strings
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=1 bytes=240 alloc=$prog
//! @expect leak error exact owner=$prog/rust/rust class=indirect blocks=10 bytes=8030 alloc=$prog
//! @run held-hash-map
//! @run lost-hash-map
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=1 alloc=$prog
//! @expect leak error exact owner=$prog/rust/rust class=indirect blocks=1 alloc=$prog
//! @run held-tree-map
//! @run held-deque
//! @run held-rc
//! @expect leak note exact owner=$prog/rust/rust class=reachable blocks=1 bytes=824 alloc=$prog
//! @run lost-rc-cycle
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=1 bytes=40 alloc=$prog
//! @expect leak error exact owner=$prog/rust/rust class=indirect blocks=1 bytes=40 alloc=$prog
//! @run held-arc
//! @expect leak note exact owner=$prog/rust/rust class=reachable blocks=1 bytes=824 alloc=$prog
//! @run held-raw-arc
//! @expect leak note exact owner=$prog/rust/rust class=reachable blocks=1 bytes=824 alloc=$prog
//! @run lost-raw-arc
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=1 bytes=824 alloc=$prog
//! @run held-arc-str
//! @expect leak note exact owner=$prog/rust/rust class=reachable blocks=1 bytes=832 alloc=$prog
//! @run lost-arc-str
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=1 bytes=16 alloc=$prog
//! @expect leak error exact owner=$prog/rust/rust class=indirect blocks=1 bytes=832 alloc=$prog
//! @run held-once
//! @run held-thread-local
//! @run held-leak
//! @expect leak note exact owner=$prog/rust/rust class=reachable blocks=1 bytes=807 alloc=$prog
//! @run held-dyn
//! @expect leak note exact owner=$prog/rust/rust class=reachable blocks=1 bytes=808 alloc=$prog
//! @run lost-dyn
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=1 bytes=808 alloc=$prog
//! @run lost-into-raw
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=1 bytes=820 alloc=$prog
//! @run freed-into-raw
//! @forbid leak bytes=820
//! @run held-thread
//! @run held-channel
//! @run held-many-threads
//! @run lost-in-thread
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=4 bytes=3240 alloc=$prog
//! @run held-process-exit
//! @run lost-process-exit
//! @expect leak error exact owner=$prog/rust/rust class=definite blocks=1 bytes=801 alloc=$prog
//! @run held-panic

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ffi::CString;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{mpsc, Arc, Barrier, Mutex, OnceLock};
use std::thread;

#[path = "../lib/leaks.rs"]
mod leaks;
use leaks::{forget_stack, Fate};

/// Where static data of the program hold what is held: exported, or nobody would see that it is never read.
#[no_mangle]
pub static ROOT: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());

/// Keeps `value` in static data, loses it without dropping it, or drops it.
fn end<T>(value: Box<T>, fate: Fate) {
    match fate {
        Fate::Held => ROOT.store(Box::into_raw(value).cast(), Ordering::Relaxed),
        Fate::Lost => std::mem::forget(black_box(value)),
        Fate::Freed => drop(black_box(value)),
    }
}

#[inline(never)]
fn boxed(fate: Fate) {
    end(black_box(Box::new([1u8; 801])), fate);
}

#[inline(never)]
fn vec(fate: Fate) {
    let numbers: Vec<u64> = black_box(Vec::with_capacity(1003));
    let raw = black_box(std::mem::ManuallyDrop::new(numbers)).as_mut_ptr();
    if fate == Fate::Held {
        ROOT.store(raw.cast(), Ordering::Relaxed);
    }
}

#[inline(never)]
fn strings(fate: Fate) {
    let mut lines: Vec<String> = Vec::with_capacity(10);
    for _ in 0..10 {
        let mut line = String::with_capacity(803);
        line.push_str(black_box("a line"));
        lines.push(line);
    }
    let raw = std::mem::ManuallyDrop::new(black_box(lines)).as_mut_ptr();
    if fate == Fate::Held {
        ROOT.store(raw.cast(), Ordering::Relaxed);
    }
}

/// A table knows its memory by its control bytes, which lie behind the entries.
#[inline(never)]
fn hash_map(fate: Fate) {
    let mut map: Box<HashMap<u64, u64>> = Box::default();
    for i in 0..1000 {
        map.insert(black_box(i), i);
    }
    end(map, fate);
}

#[inline(never)]
fn tree_map(fate: Fate) {
    let mut map: Box<BTreeMap<u64, String>> = Box::default();
    for i in 0..1000 {
        map.insert(black_box(i), i.to_string());
    }
    end(map, fate);
}

#[inline(never)]
fn deque(fate: Fate) {
    let mut lines: Box<VecDeque<Box<u64>>> = Box::default();
    for i in 0..100 {
        lines.push_back(Box::new(black_box(i)));
    }
    for _ in 0..70 {
        lines.pop_front();
    }
    end(lines, fate);
}

#[inline(never)]
fn rc(fate: Fate) {
    end(Box::new(Rc::new([5u64; 101])), fate);
}

struct Friend {
    other: RefCell<Option<Rc<Friend>>>,
    number: u64,
}

#[inline(never)]
fn rc_cycle(_: Fate) {
    fn friend() -> Rc<Friend> {
        Rc::new(Friend { other: RefCell::new(None), number: black_box(1) })
    }
    let first = friend();
    let second = friend();
    *first.other.borrow_mut() = Some(second.clone());
    *second.other.borrow_mut() = Some(first.clone());
    black_box(first.number + second.number);
}

#[inline(never)]
fn arc(fate: Fate) {
    end(Box::new(Arc::new([6u8; 805])), fate);
}

#[inline(never)]
fn raw_arc(fate: Fate) {
    let raw = Arc::into_raw(black_box(Arc::new([6u8; 805])));
    if fate == Fate::Held {
        ROOT.store(raw.cast_mut().cast(), Ordering::Relaxed);
    }
}

#[inline(never)]
fn arc_str(fate: Fate) {
    let text: Arc<str> = Arc::from("t".repeat(815));
    end(Box::new(black_box(text)), fate);
}

#[inline(never)]
fn once(_: Fate) {
    static NAMES: OnceLock<Mutex<HashMap<String, Vec<String>>>> = OnceLock::new();
    let names = NAMES.get_or_init(Mutex::default);
    for i in 0..100 {
        let list = vec![i.to_string(); 3];
        names.lock().expect("nobody panics").insert(format!("name {i}"), list);
    }
}

thread_local! {
    static LOCAL: OnceCell<Box<[u8; 806]>> = const { OnceCell::new() };
    static LIST: RefCell<Vec<String>> = RefCell::default();
}

fn fill_locals() {
    LOCAL.with(|local| {
        local.get_or_init(|| Box::new([1; 806]));
    });
    LIST.with(|list| list.borrow_mut().extend((0..50).map(|i| format!("a line of a thread, {i}"))));
}

#[inline(never)]
fn thread_local(_: Fate) {
    fill_locals();
    let filled = Arc::new(Barrier::new(2));
    let theirs = filled.clone();
    thread::spawn(move || {
        fill_locals();
        theirs.wait();
        thread::park();
    });
    filled.wait();
}

#[inline(never)]
fn leak(_: Fate) {
    let bytes: &'static mut [u8; 807] = Box::leak(black_box(Box::new([1; 807])));
    ROOT.store(bytes.as_mut_ptr(), Ordering::Relaxed);
}

trait Speaks {
    fn speak(&self) -> u8;
}

struct Parrot([u8; 808]);

impl Speaks for Parrot {
    fn speak(&self) -> u8 {
        self.0[9]
    }
}

#[inline(never)]
fn dynamic(fate: Fate) {
    let speaker: Box<dyn Speaks> = black_box(Box::new(Parrot([4; 808])));
    black_box(speaker.speak());
    let raw = Box::into_raw(speaker);
    if fate == Fate::Held {
        ROOT.store(raw.cast(), Ordering::Relaxed);
    }
}

#[inline(never)]
fn into_raw(fate: Fate) {
    let text = black_box(CString::new(vec![b'x'; 819]).expect("no NUL in it")).into_raw();
    if fate == Fate::Freed {
        // SAFETY: from into_raw above, once.
        drop(unsafe { CString::from_raw(black_box(text)) });
    }
}

/// Threads that wait for each other, with values of all kinds on their stacks, while the program ends.
#[inline(never)]
fn running_thread(_: Fate) {
    let started = Arc::new(Barrier::new(2));
    let theirs = started.clone();
    let lines: Vec<String> = (0..100).map(|i| format!("a line of the thread, {i}")).collect();
    let handle = thread::Builder::new().name("worker".into()).spawn(move || {
        theirs.wait();
        thread::park();
        black_box(lines.len());
    });
    started.wait();
    drop(handle);
}

#[inline(never)]
fn channel(_: Fate) {
    let (sender, receiver) = mpsc::channel::<Vec<String>>();
    let (ready, is_ready) = mpsc::channel::<()>();
    for number in 0..70 {
        sender.send(vec![format!("message {number}"); 3]).expect("the receiver is there");
    }
    thread::spawn(move || {
        for message in receiver {
            black_box(message.len());
            if message[0] == "message 40" {
                ready.send(()).expect("the main thread waits");
                thread::park();
            }
        }
    });
    is_ready.recv().expect("the thread lives");
    end(Box::new(sender), Fate::Held);
}

#[inline(never)]
fn many_threads(_: Fate) {
    let started = Arc::new(Barrier::new(17));
    for number in 0..16u64 {
        let theirs = started.clone();
        thread::spawn(move || {
            let mut words: Vec<String> = (0..20).map(|i| format!("{i}: a word of thread {number}")).collect();
            theirs.wait();
            loop {
                words.rotate_left(1);
                words[0] = words[1].to_uppercase();
            }
        });
    }
    started.wait();
}

/// The threads have ended, and their stacks lie where they lay.
#[inline(never)]
fn in_thread(fate: Fate) {
    let handles: Vec<_> = (0..4)
        .map(|_| {
            thread::spawn(move || {
                let block = black_box(Box::new([3u8; 810]));
                if fate == Fate::Lost {
                    std::mem::forget(black_box(block));
                }
            })
        })
        .collect();
    for handle in handles {
        handle.join().expect("no panic");
    }
}

#[inline(never)]
fn process_exit(fate: Fate) {
    boxed(fate);
    let lines: Vec<String> = (0..100).map(|i| format!("a line that is never dropped, {i}")).collect();
    forget_stack();
    println!("done");
    black_box(&lines);
    std::process::exit(0);
}

#[inline(never)]
fn panic(_: Fate) {
    std::panic::set_hook(Box::new(|_| {}));
    let lines: Vec<String> = (0..10).map(|i| format!("a line that unwinding drops, {i}")).collect();
    let result = std::panic::catch_unwind(move || {
        black_box(&lines);
        panic!("with a message of {} words", black_box(5));
    });
    assert!(result.is_err());
}

fn main() {
    leaks::main(&[
        ("box", boxed),
        ("vec", vec),
        ("strings", strings),
        ("hash-map", hash_map),
        ("tree-map", tree_map),
        ("deque", deque),
        ("rc", rc),
        ("rc-cycle", rc_cycle),
        ("arc", arc),
        ("raw-arc", raw_arc),
        ("arc-str", arc_str),
        ("once", once),
        ("thread-local", thread_local),
        ("leak", leak),
        ("dyn", dynamic),
        ("into-raw", into_raw),
        ("thread", running_thread),
        ("channel", channel),
        ("many-threads", many_threads),
        ("in-thread", in_thread),
        ("process-exit", process_exit),
        ("panic", panic),
    ]);
}
