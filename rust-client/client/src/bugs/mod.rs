//! The bugs, each a module with `bad`, the work done wrong, and `good`, its correct twin. Each is the least that is left of
//! a bug in a public project. Blocks have sizes that nothing else in the program has, so that a report about one cannot
//! be about another. Where a `SAFETY` line of a `bad` says "none", that is the bug.

pub mod boundary;
pub mod from_c;
pub mod from_rust;
pub mod handles;
pub mod layout;
pub mod never;
