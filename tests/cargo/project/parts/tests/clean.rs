//! Tests with nothing to find.

#[test]
fn doubles_from_outside() {
    assert_eq!(custody_parts::double(4), 8);
}
