#[test]
fn what_a_file_has() {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let mut tally = tally::Tally::default();
    tally.add(&text);
    assert!(tally.of("kb") > 1);
}
