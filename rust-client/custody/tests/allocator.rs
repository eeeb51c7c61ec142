//! Rust's allocator as a side of Custody's, for a whole program: this one.

use std::collections::HashMap;
use std::ptr;
use std::thread;

use custody::{describe, owner, Allocator, Contract, IS_DISABLED};

#[global_allocator]
static ALLOCATOR: Allocator = Allocator::new(c"whole-program");

#[test]
fn all_of_rusts_blocks_are_the_sides() {
    if IS_DISABLED {
        return;
    }
    let boxed = Box::new([7u8; 321]);
    let block = describe(ptr::from_ref(&*boxed)).unwrap().block.unwrap();
    assert_eq!((block.side, block.size, block.contract), ("whole-program", 321, Contract::Custody));
    assert_eq!(owner(ptr::from_ref(&*boxed)), Ok(ALLOCATOR.side()));
}

#[test]
fn collections_grow_and_shrink() {
    let mut map = HashMap::new();
    for n in 0..10_000u32 {
        map.insert(n, vec![n; (n % 50) as usize]);
    }
    map.retain(|n, _| n % 3 == 0);
    map.shrink_to_fit();
    assert!(map.iter().all(|(n, values)| values.len() == (n % 50) as usize && values.iter().all(|v| v == n)));
}

#[test]
fn alignments_hold_also_when_resized() {
    #[derive(Clone, Copy)]
    #[repr(align(256))]
    struct Wide(u8);

    let mut values = Vec::new();
    for n in 0..100 {
        values.push(Wide(n));
        assert_eq!(values.as_ptr() as usize % 256, 0);
    }
    assert!(values.iter().enumerate().all(|(n, wide)| usize::from(wide.0) == n));
}

#[test]
fn blocks_are_released_by_other_threads() {
    let made = thread::spawn(|| (0..100).map(|n| vec![n; n]).collect::<Vec<_>>()).join().unwrap();
    assert_eq!(made.iter().map(Vec::len).sum::<usize>(), 4950);
}
