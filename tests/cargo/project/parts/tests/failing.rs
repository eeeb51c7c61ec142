//! A test that fails, and has something to find in it.

#[test]
fn fails() {
    custody_parts::give_to_c::<201>();
    assert_eq!(custody_parts::double(4), 9);
}
