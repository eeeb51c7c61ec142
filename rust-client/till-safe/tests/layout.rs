//! The declarations by hand against the library: layouts, constants, variables.

use std::mem::{align_of, offset_of, size_of};

use till::sys::{till_layout, RawEvent, RawEventData, RawNote, RawSale};
use till::{open_count, Coin, Event};

/// Bytes, alignment and three offsets of an event as C has it.
fn layout_of_c() -> [usize; 5] {
    // SAFETY: constant data of the library.
    unsafe { till_layout }
}

#[test]
fn the_struct_with_a_union_is_laid_out_as_in_c() {
    let data = offset_of!(RawEvent, data);
    let ours = [
        size_of::<RawEvent>(),
        align_of::<RawEvent>(),
        data + offset_of!(RawEventData, sale) + offset_of!(RawSale, cents),
        data + offset_of!(RawSale, count),
        data + offset_of!(RawEventData, note) + offset_of!(RawNote, text),
    ];
    assert_eq!(ours, layout_of_c());
}

#[test]
fn the_enum_with_data_is_laid_out_as_in_c() {
    let event = Event::Sale { cents: 1, count: 2 };
    let Event::Sale { cents, count } = &event else { unreachable!("it is a sale") };
    let start = std::ptr::from_ref(&event) as usize;
    let note = Event::Note { text: [0; 32] };
    let Event::Note { text } = &note else { unreachable!("it is a note") };
    let ours = [
        size_of::<Event>(),
        align_of::<Event>(),
        std::ptr::from_ref(cents) as usize - start,
        std::ptr::from_ref(count) as usize - start,
        std::ptr::from_ref(text) as usize - std::ptr::from_ref(&note) as usize,
    ];
    assert_eq!(ours, layout_of_c());
}

#[test]
fn the_enum_without_data_has_the_size_and_numbers_of_cs() {
    assert_eq!(size_of::<Coin>(), size_of::<std::ffi::c_uint>());
    assert_eq!([Coin::Cent as u32, Coin::Ten as u32, Coin::Euro as u32], [1, 10, 100]);
}

#[test]
fn an_event_with_a_tag_that_rust_does_not_know_is_none() {
    let sale = RawEvent { tag: 1, data: RawEventData { sale: RawSale { cents: 5, count: 6 } } };
    assert_eq!(Event::of(&sale), Some(&Event::Sale { cents: 5, count: 6 }));
    assert_eq!(Event::of(&RawEvent { tag: 3, ..sale }), None);
}

#[test]
fn the_foreign_variable_is_there() {
    assert!(open_count() >= 0);
}
