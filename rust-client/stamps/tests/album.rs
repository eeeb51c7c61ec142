//! The bridge, both ways.

use stamps::{ffi, Stamp};

#[test]
fn an_album_of_cxx_keeps_boxes_of_rust_and_gives_them_back() {
    let mut album = ffi::album_new("blue ones");
    for cents in [1, 20, 300] {
        album.pin_mut().add(Box::new(Stamp::worth(cents))).expect("room");
    }
    assert_eq!(album.worth(), 321);
    assert_eq!(album.pin_mut().take().expect("a stamp").cents(), 300);
    assert_eq!(album.worth(), 21);
}

#[test]
fn an_exception_of_cxx_is_an_error_of_rust() {
    let mut album = ffi::album_new("empty");
    assert_eq!(album.pin_mut().take().expect_err("empty").what(), "the album is empty");
    for _ in 0..16 {
        album.pin_mut().add(Box::new(Stamp::worth(1))).expect("room");
    }
    assert_eq!(album.pin_mut().add(Box::new(Stamp::worth(1))).expect_err("full").what(), "the album is full");
}

#[test]
fn cxx_uses_a_library_of_rust() {
    let mut album = ffi::album_new("dear ones");
    album.pin_mut().add(Box::new(Stamp::worth(1000))).expect("room");
    assert_eq!(ffi::receipt_in_cxx(&album), 1500);
}
