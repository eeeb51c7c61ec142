//! A program that loses so many bytes, and ends with a status, as its arguments say.

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    if let Some(size) = numbers.first().filter(|size| **size > 0) {
        custody_parts::lose(*size);
    }
    println!("{numbers:?}");
    std::process::exit(numbers.get(1).map_or(0, |status| *status as i32));
}
