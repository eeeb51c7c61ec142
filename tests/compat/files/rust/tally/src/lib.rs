//! Words, counted by threads.
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::thread;

include!(concat!(env!("OUT_DIR"), "/words.rs"));

#[derive(marks::Named, Default)]
pub struct Tally {
    counts: BTreeMap<String, usize>,
}

impl Tally {
    /// Counts the words of a text.
    ///
    /// ```
    /// let mut tally = tally::Tally::default();
    /// tally.add("a b A");
    /// assert_eq!(tally.of("a"), 2);
    /// ```
    pub fn add(&mut self, text: &str) {
        for word in text.split_whitespace() {
            *self.counts.entry(word.to_lowercase()).or_insert(0) += 1;
        }
    }

    pub fn of(&self, word: &str) -> usize {
        self.counts.get(word).copied().unwrap_or(0)
    }
}

/// Counts texts, each in a thread of its own.
pub fn together(texts: &[String]) -> HashMap<String, usize> {
    let all = Arc::new(Mutex::new(HashMap::new()));
    let threads: Vec<_> = texts
        .iter()
        .cloned()
        .map(|text| {
            let all = all.clone();
            thread::spawn(move || {
                let mut tally = Tally::default();
                tally.add(&text);
                for (word, count) in tally.counts {
                    *all.lock().unwrap().entry(word).or_insert(0) += count;
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    Arc::try_unwrap(all).unwrap().into_inner().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn threads_count_together() {
        let texts: Vec<String> = (0..50).map(|n| format!("x y{n} z")).collect();
        assert_eq!(together(&texts)["x"], 50);
    }

    #[test]
    fn blocks_pass_channels() {
        let (sender, receiver) = mpsc::channel();
        for n in 0..8 {
            let sender = sender.clone();
            thread::spawn(move || sender.send(vec![n; 1000]).unwrap());
        }
        drop(sender);
        assert_eq!(receiver.iter().map(|block: Vec<i32>| block.len()).sum::<usize>(), 8000);
    }

    #[test]
    #[should_panic]
    fn panics_unwind() {
        let _kept = vec![String::from("x"); 10];
        panic!("on purpose");
    }

    #[test]
    fn blocks_change_size() {
        let mut numbers: Vec<u64> = (0..100_000).collect();
        numbers.truncate(10);
        numbers.shrink_to_fit();
        assert_eq!(numbers.into_boxed_slice().len(), 10);
    }

    #[test]
    fn macros_and_build_scripts_count() {
        assert_eq!(Tally::name(), "Tally");
        assert_eq!(WORDS.len(), 500);
    }
}
