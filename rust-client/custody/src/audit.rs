//! Reading audit logs: what `log=FILE` and `custody run --log FILE` write, line by line, as values.
//!
//! A [`Reader`] streams; nothing is kept. Fields, events and kinds that this crate does not know are no errors: logs may get
//! new ones at any time.
//!
//! ```
//! use custody::audit::{Event, Reader};
//!
//! let log = r#"{"v":1,"event":"fork","pid":4243,"seq":1,"t":1795353746.73,"parent":4242,"new":true}
//! {"v":1,"event":"from-the-future","pid":4243,"seq":2,"t":1795353746.74}
//! "#;
//! let records: Vec<_> = Reader::new(log.as_bytes()).collect::<Result<_, _>>()?;
//! assert!(matches!(&records[0].event, Event::Fork(fork) if fork.parent == 4242));
//! assert!(matches!(&records[1].event, Event::Other));
//! # Ok::<(), custody::audit::ReadError>(())
//! ```
//!
//! Errors of a log, as `custody check` counts them:
//!
//! ```no_run
//! use custody::audit::{findings, Reader, Severity};
//!
//! let errors = findings(Reader::open("run.jsonl")?)
//!     .filter(|finding| finding.as_ref().map_or(true, |finding| finding.severity == Severity::Error))
//!     .collect::<Result<Vec<_>, _>>()?;
//! for finding in &errors {
//!     println!("{}: {}", finding.kind, finding.expect.as_deref().unwrap_or(""));
//! }
//! # Ok::<(), custody::audit::ReadError>(())
//! ```

mod events;
mod reader;
mod words;

pub use events::*;
pub use reader::{ReadError, Reader};
pub use words::*;

/// The findings of a log.
pub fn findings<I>(records: I) -> impl Iterator<Item = Result<Finding, ReadError>>
where
    I: IntoIterator<Item = Result<Record, ReadError>>,
{
    records.into_iter().filter_map(|record| match record {
        Ok(Record { event: Event::Finding(finding), .. }) => Some(Ok(*finding)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}
