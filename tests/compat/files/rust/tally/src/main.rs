fn main() {
    let texts: Vec<String> = std::env::args().skip(1).collect();
    let mut counts: Vec<_> = tally::together(&texts).into_iter().collect();
    counts.sort();
    println!("{counts:?}");
}
