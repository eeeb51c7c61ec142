//! Blocks, boxes, sides and questions: what works the same linked and compiled out, and what only Custody knows.

use std::alloc::Layout;
use std::sync::atomic::{AtomicUsize, Ordering};

use custody::{describe, find_leaks, owner, Block, CBox, Contract, Error, Lang, Side, IS_DISABLED};

fn side() -> Side {
    Side::register("block-tests", Lang::Rust).unwrap()
}

#[test]
fn sides_are_found_by_name_and_language() {
    assert_eq!(side(), side());
    assert_ne!(side(), Side::register("block-tests", Lang::C).unwrap());
    assert_eq!(side().name(), "block-tests");
}

#[test]
fn the_side_of_code_is_that_of_its_module() {
    let of_code = Side::of_code(sides_are_found_by_name_and_language as fn() as *const ()).unwrap();
    let here = Side::here().unwrap();
    if IS_DISABLED {
        assert_eq!((of_code, here), (Side::UNKNOWN, Side::UNKNOWN));
    } else {
        assert!(of_code.name().starts_with("block-"), "{of_code}");
        assert_eq!(here.name(), of_code.name());
    }
}

#[test]
fn a_block_has_its_layout_and_keeps_its_contents_when_resized() {
    for align in [1, 8, 16, 64, 4096, 1 << 16, 1 << 20] {
        let mut block = Block::zeroed(side(), Layout::from_size_align(33, align).unwrap()).unwrap();
        assert_eq!(block.as_ptr() as usize % align, 0);
        // SAFETY: the block has 33 bytes.
        unsafe { block.as_mut_ptr().add(32).write(7) };
        let size = 10_000 + 2 * align; // more than an allocator may have rounded up to
        block.resize(size).unwrap();
        assert_eq!((block.layout().size(), block.layout().align()), (size, align));
        assert_eq!(block.as_ptr() as usize % align, 0);
        // SAFETY: the block has more bytes than that, of which these are initialised.
        assert_eq!(unsafe { (block.as_ptr().read(), block.as_ptr().add(32).read()) }, (0, 7));
    }
}

#[test]
fn a_block_that_no_memory_has_is_an_error() {
    let mut block = Block::new(side(), Layout::new::<u32>()).unwrap();
    assert_eq!(block.resize(usize::MAX / 2 - 100), Err(Error::OutOfMemory));
    assert_eq!(block.layout(), Layout::new::<u32>());
    let huge = Layout::from_size_align(usize::MAX / 2 - 100, 1).unwrap();
    assert_eq!(Block::new(side(), huge).map(drop), Err(Error::OutOfMemory));
}

#[test]
fn a_box_owns_its_value_and_drops_it_once() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct Counted(u32);
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPS.fetch_add(1, Ordering::Relaxed);
        }
    }

    let mut boxed = CBox::new(side(), Counted(1)).unwrap();
    boxed.0 += 1;
    assert_eq!((boxed.0, CBox::side(&boxed)), (2, side()));
    let raw = CBox::into_raw(boxed);
    assert_eq!(DROPS.load(Ordering::Relaxed), 0);
    // SAFETY: the box gave it away.
    drop(unsafe { CBox::from_raw(side(), raw) });
    assert_eq!(DROPS.load(Ordering::Relaxed), 1);
    let inner = CBox::into_inner(CBox::new(side(), Counted(5)).unwrap());
    assert_eq!((inner.0, DROPS.load(Ordering::Relaxed)), (5, 1));
}

#[test]
fn a_box_of_a_slice_is_a_copy() {
    let boxed = CBox::copy_of(side(), b"seven").unwrap();
    assert_eq!(&*boxed, b"seven");
    let empty = CBox::<[u64]>::copy_of(side(), &[]).unwrap();
    assert!(empty.is_empty());
}

#[test]
fn what_is_asked_of_a_block_is_answered() {
    if IS_DISABLED {
        return;
    }
    let boxed = CBox::copy_of(side(), &[1u64, 2, 3]).unwrap();
    let inside = std::ptr::from_ref(&boxed[1]);
    let told = describe(inside).unwrap();
    let block = told.block.unwrap();
    assert_eq!(told.place, "heap");
    assert_eq!(block.start, CBox::as_ptr(&boxed).cast::<u64>() as usize);
    assert_eq!((block.size, block.align, block.is_live), (24, 8, true));
    assert_eq!((block.side, block.lang, block.contract), ("block-tests", Lang::Rust, Contract::Custody));
    assert_eq!((block.object, block.loans), (None, 0));
    assert!(!block.stack.is_empty());
    assert_eq!(owner(inside), Ok(side()));
}

#[test]
fn what_is_no_block_is_described_by_its_place() {
    let local = 0u8;
    assert_eq!(describe(std::ptr::null::<u8>()), Err(Error::InvalidArgument));
    assert_eq!(owner(std::ptr::from_ref(&local)), Err(Error::UnknownAddress));
    let told = describe(std::ptr::from_ref(&local)).unwrap();
    assert!(told.block.is_none());
    if !IS_DISABLED {
        assert_eq!(describe(b"static".as_ptr()).unwrap().place, "static");
    }
}

#[test]
fn leaks_are_counted_by_class() {
    let leaks = find_leaks().unwrap();
    if IS_DISABLED {
        assert_eq!(leaks, custody::Leaks::default());
    }
}
