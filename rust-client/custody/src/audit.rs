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

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::{error, fmt};

use serde::de::Deserializer;
use serde::Deserialize;

/// Defines an enumeration of the log's words, with one more for those of the future.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// A word that this crate does not know.
            Other(String),
        }

        impl $name {
            /// The word, as the log spells it.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $word,)*
                    $name::Other(word) => word,
                }
            }

            /// Every word that this crate knows.
            pub const KNOWN: &'static [&'static str] = &[$($word),*];
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($word => $name::$variant,)*
                    _ => $name::Other(word),
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map($name::from)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// Which rule was broken; `custody explain KIND` says more.
    Kind {
        /// A block was released through another party's allocator.
        CrossAllocatorFree = "cross-allocator-free",
        /// A block was released by the wrong function of its own side.
        MismatchedRelease = "mismatched-release",
        /// A block was released by a side that does not own it.
        CrossSideFree = "cross-side-free",
        /// A release named another size or alignment than the block has.
        LayoutMismatch = "layout-mismatch",
        /// A block was released twice.
        DoubleFree = "double-free",
        /// Something that is not a heap block was released.
        InvalidFree = "invalid-free",
        /// A pointer into a block, not to its start, was released.
        InteriorFree = "interior-free",
        /// A block of an allocator that Custody does not see was released.
        ForeignFree = "foreign-free",
        /// A handle was given to a function of another type.
        WrongType = "wrong-type",
        /// A handle, callback or loan was used after its end.
        StaleHandle = "stale-handle",
        /// An object that belongs to one thread was used by another.
        WrongThread = "wrong-thread",
        /// A block was handed over, lent or released by a side that does not own it.
        NotOwner = "not-owner",
        /// A block was released or handed over while on loan.
        ReleasedWhileLent = "released-while-lent",
        /// A block was lent although a loan of it excludes that.
        LendConflict = "lend-conflict",
        /// A loan lasted longer than what it was a loan of.
        LendOutlived = "lend-outlived",
        /// A buffer was written where its lease does not allow it.
        BufferOverrun = "buffer-overrun",
        /// More was reported to be in a buffer than it holds.
        BufferOverclaim = "buffer-overclaim",
        /// A buffer was used or released after its lease, or by its borrower.
        BufferRetained = "buffer-retained",
        /// An object or a callback's data was never destroyed.
        HandleLeak = "handle-leak",
        /// A block was handed over and never released.
        TransferLeak = "transfer-leak",
        /// A block was not released, and nothing leads to it any more.
        Leak = "leak",
    }
}

words! {
    /// How bad a finding is, from little to much.
    Severity {
        /// Worth knowing.
        Note = "note",
        /// Wrong, or probably so.
        Warning = "warning",
        /// Wrong.
        Error = "error",
    }
}

words! {
    /// How a finding is known.
    Confidence {
        /// By more than facts; never more than a warning.
        Inferred = "inferred",
        /// By facts alone.
        Exact = "exact",
    }
}

words! {
    /// The language of a side or module.
    Lang {
        /// C.
        C = "c",
        /// C++.
        Cxx = "c++",
        /// Rust.
        Rust = "rust",
        /// Not known.
        Unknown = "unknown",
    }
}

words! {
    /// What happened to a thing that the program told Custody of.
    Deed {
        /// It was made.
        Made = "made",
        /// It was made an object.
        Adopted = "adopted",
        /// It got a reference more.
        Retained = "retained",
        /// It got a reference less.
        LetGo = "let-go",
        /// It is an object no more.
        Ended = "ended",
        /// It changed hands.
        Transferred = "transferred",
        /// It was to change hands, and did not.
        TransferRefused = "transfer-refused",
        /// It was lent, for reading.
        Lent = "lent",
        /// It was lent to one alone.
        LentExclusively = "lent-exclusively",
        /// It was to be lent, and was not.
        LendRefused = "lend-refused",
        /// A loan came back.
        Returned = "returned",
        /// What was no loan any more was to come back.
        ReturnRefused = "return-refused",
        /// It was released.
        Released = "released",
        /// A lease of it began.
        Leased = "leased",
        /// A lease of it ended.
        LeaseEnded = "lease-ended",
        /// A callback was registered.
        Registered = "registered",
        /// A callback was entered.
        Entered = "entered",
        /// A callback was left.
        Left = "left",
        /// A callback was dropped.
        Dropped = "dropped",
        /// The library was closed.
        Closed = "closed",
    }
}

words! {
    /// What leads to the blocks of a leak.
    Class {
        /// It could not be examined.
        Live = "live",
        /// Nothing.
        Definite = "definite",
        /// Only lost blocks.
        Indirect = "indirect",
        /// Something, but only into their middle.
        Possible = "possible",
        /// Something.
        Reachable = "reachable",
    }
}

/// An address or offset, which the log has as a text in hexadecimal.
fn hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    let digits = text.strip_prefix("0x").ok_or_else(|| serde::de::Error::custom("no 0x"))?;
    u64::from_str_radix(digits, 16).map_err(serde::de::Error::custom)
}

/// As [`hex`], where it may be absent.
fn some_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    hex(deserializer).map(Some)
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Record {
    /// The version of the format: 1.
    pub v: u32,
    /// The process that wrote the line.
    pub pid: u32,
    /// 1 for the first line of a process, then one more each line.
    pub seq: u64,
    /// Seconds since the epoch.
    pub t: f64,
    /// What the line tells.
    #[serde(flatten)]
    pub event: Event,
}

/// What a line tells.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Event {
    /// A process began.
    Start(Start),
    /// Something was loaded.
    Module(Module),
    /// A rule was broken.
    Finding(Box<Finding>),
    /// Something happened to an object or callback (`events=ownership`).
    Handle(Ownership),
    /// A block changed hands (`events=ownership`).
    Transfer(Ownership),
    /// A block was lent or came back (`events=ownership`).
    Lend(Ownership),
    /// A lease began or ended (`events=ownership`).
    Lease(Ownership),
    /// Leaks were looked for on request.
    Leaks(Leaks),
    /// A process began as a copy.
    Fork(Fork),
    /// A process is about to become another program.
    Exec(Exec),
    /// A process ended.
    Exit(Box<Exit>),
    /// What frames mean.
    Symbols(Symbols),
    /// An event that this crate does not know.
    #[serde(other)]
    Other,
}

/// A process began.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Start {
    /// The command line.
    #[serde(default)]
    pub argv: Vec<String>,
    /// Of the library that writes.
    #[serde(default)]
    pub version: String,
    /// What `CUSTODY_OPTIONS` held.
    #[serde(default)]
    pub options: String,
    /// Parent of the process.
    #[serde(default)]
    pub ppid: u32,
    /// The program.
    #[serde(default)]
    pub exe: String,
}

/// Something was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Module {
    /// Its number in this process, which frames refer to.
    pub id: u64,
    /// Its file.
    pub path: String,
    /// The name of its side.
    pub name: Option<String>,
    /// GNU build-id in hexadecimal, if it has one.
    pub build_id: Option<String>,
    /// A run-time address minus the address in the file.
    #[serde(deserialize_with = "hex")]
    pub base: u64,
    /// The language for blocks whose contract implies none.
    pub lang: Option<Lang>,
    /// "program", "library", "libc", "c++-runtime" or "custody".
    pub role: Option<String>,
    /// How Rust's allocator calls are told from C's: "exact", "inferred" or "absent".
    pub rust: Option<String>,
    /// What that rests on.
    pub rust_by: Option<String>,
}

/// A return address.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Frame {
    /// The number of its module; `None` outside of all.
    pub module: Option<u64>,
    /// The return address minus the module's base.
    #[serde(deserialize_with = "hex")]
    pub offset: u64,
    /// The raw name of the function, where the file has one.
    pub symbol: Option<String>,
}

/// Who made a block, or released it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Party {
    /// Name of the side; "unknown" when it could not be told.
    pub side: String,
    /// Its language.
    pub lang: Lang,
    /// The contract; absent where none is concerned.
    pub contract: Option<String>,
    /// The function that was called, of whoever called one.
    pub call: Option<String>,
}

/// A block.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Block {
    /// Its first address, or the pointer that was given where there is no block.
    #[serde(deserialize_with = "hex")]
    pub addr: u64,
    /// Bytes asked for.
    pub size: Option<u64>,
    /// Bytes.
    pub align: Option<u64>,
}

/// A moment in the history of a thing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Moment {
    /// What happened.
    pub deed: Deed,
    /// Who did it.
    pub by: Option<Party>,
    /// With whom.
    pub to: Option<Party>,
    /// The thread's name.
    pub thread: Option<String>,
    /// Where.
    #[serde(default)]
    pub stack: Vec<Frame>,
}

/// A rule was broken.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// Which rule.
    pub kind: Kind,
    /// How bad.
    pub severity: Severity,
    /// How it is known.
    pub confidence: Confidence,
    /// The same in every run, and in every build with the same functions.
    pub key: String,
    /// The block that is concerned.
    pub block: Option<Block>,
    /// Who made the block.
    pub owner: Option<Party>,
    /// Who released it, or broke the rule.
    pub by: Option<Party>,
    /// What should have been done, in words.
    pub expect: Option<String>,
    /// The thread's name.
    pub thread: Option<String>,
    /// Where the block was made.
    #[serde(default)]
    pub alloc: Vec<Frame>,
    /// Where it was released, or the rule broken.
    #[serde(default)]
    pub release: Vec<Frame>,
    /// Where it was released first.
    #[serde(default)]
    pub first_release: Vec<Frame>,
    /// What happened to the thing, moment by moment.
    #[serde(default)]
    pub history: Vec<Moment>,
    /// How many moments of the history are left out.
    #[serde(default)]
    pub history_left_out: u64,
    /// The type of the object, or the name of the callback.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// The type that the function takes.
    pub expected_type: Option<String>,
    /// The number of the callback, loan or lease.
    pub number: Option<u64>,
    /// Bytes that the buffer may hold.
    pub capacity: Option<u64>,
    /// Bytes that were written, reported or named.
    pub length: Option<u64>,
    /// The rule of a policy that makes this a finding, as `FILE:LINE`.
    pub policy: Option<String>,
    /// Where a pointer lies that is no block.
    pub place: Option<String>,
    /// The module or mapping there, when it has a name.
    pub place_name: Option<String>,
    /// Bytes from the start of the block to the pointer.
    pub offset: Option<u64>,
    /// Size and alignment that a release named, each where it differs from the block's.
    pub given: Option<Given>,
    /// Of a leak: what leads to the blocks.
    pub class: Option<Class>,
    /// Of a leak: how many blocks.
    pub blocks: Option<u64>,
    /// Of a leak: how many bytes.
    pub bytes: Option<u64>,
    /// Of a leak: "exit" or "request".
    pub when: Option<String>,
    /// Of a leak: the one other side in whose memory all references to the blocks lie.
    pub held_by: Option<Party>,
}

/// What a release named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Given {
    /// Bytes.
    pub size: Option<u64>,
    /// Bytes.
    pub align: Option<u64>,
}

/// A call of the ownership API.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Ownership {
    /// What was done.
    pub deed: Deed,
    /// The number of the callback, loan or lease.
    pub number: Option<u64>,
    /// The address that is concerned.
    #[serde(default, deserialize_with = "some_hex")]
    pub addr: Option<u64>,
    /// Bytes.
    pub size: Option<u64>,
    /// The type of the object.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Who did it.
    pub by: Option<Party>,
    /// With whom.
    pub to: Option<Party>,
    /// The thread's name.
    pub thread: Option<String>,
    /// Where.
    #[serde(default)]
    pub stack: Vec<Frame>,
}

/// Blocks and bytes of one class of leak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ClassTotal {
    /// How many blocks.
    pub blocks: u64,
    /// How many bytes in them.
    pub bytes: u64,
}

/// Leaks were looked for on request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Leaks {
    /// Live blocks by class.
    pub leaks: BTreeMap<Class, ClassTotal>,
}

/// A process began as a copy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Fork {
    /// Of which process.
    pub parent: u32,
}

/// A process is about to become another program.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Exec {
    /// The program.
    pub file: String,
    /// Its command line.
    #[serde(default)]
    pub argv: Vec<String>,
}

/// Distinct findings by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// Notes.
    pub note: u64,
    /// Warnings.
    pub warning: u64,
    /// Errors.
    pub error: u64,
}

/// What one side did.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SideTotal {
    /// The name.
    pub side: String,
    /// The language.
    pub lang: Lang,
    /// Path of its module, if it is one's.
    pub module: Option<String>,
    /// Blocks made.
    pub allocs: u64,
    /// Blocks released.
    pub frees: u64,
    /// Blocks live at the end.
    pub live_blocks: u64,
    /// Bytes live at the end.
    pub live_bytes: u64,
    /// The most bytes that were live at once.
    pub peak_bytes: u64,
}

/// Blocks of one side that another released.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Crossing {
    /// Whose they were.
    pub from: String,
    /// Its language.
    pub from_lang: Lang,
    /// Who released them.
    pub to: String,
    /// Its language.
    pub to_lang: Lang,
    /// The blocks' contract.
    pub contract: String,
    /// How often.
    pub count: u64,
    /// False when any of them was reported.
    pub allowed: bool,
}

/// A finding that came more than once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Repeat {
    /// Of the finding.
    pub key: String,
    /// How often in all.
    pub count: u64,
}

/// A process ended.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Exit {
    /// Distinct findings by severity.
    #[serde(default)]
    pub findings: Counts,
    /// What each side did.
    #[serde(default)]
    pub sides: Vec<SideTotal>,
    /// Who released whose blocks.
    #[serde(default)]
    pub crossings: Vec<Crossing>,
    /// Findings that came more than once.
    #[serde(default)]
    pub repeats: Vec<Repeat>,
    /// All live blocks by class of leak; absent when leaks were not looked for.
    pub leaks: Option<BTreeMap<Class, ClassTotal>>,
    /// Exit status; -1 when it is not known.
    pub status: Option<i64>,
    /// "exit", "_exit", "quick_exit" or "abort".
    pub how: Option<String>,
}

/// What frames of one module mean.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Symbols {
    /// Path of the module.
    pub module: String,
    /// Its build-id; empty without one.
    #[serde(default)]
    pub build_id: String,
    /// The frames.
    #[serde(default)]
    pub frames: Vec<SymbolFrame>,
}

/// The calls at one frame.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SymbolFrame {
    /// As in frames of stacks.
    #[serde(deserialize_with = "hex")]
    pub offset: u64,
    /// Innermost first.
    #[serde(default)]
    pub calls: Vec<Call>,
}

/// A function, and where in its source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Call {
    /// As a report shows it.
    pub function: Option<String>,
    /// Source file.
    pub file: Option<String>,
    /// Line in it.
    pub line: Option<u64>,
    /// Column in it.
    pub column: Option<u64>,
    /// Whether it is inlined into the next.
    pub inlined: bool,
    /// The crate that it was compiled for.
    #[serde(rename = "crate")]
    pub crate_name: Option<String>,
}

/// Why a log could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The file could not be.
    Io(io::Error),
    /// A line is none of a log's. The reader goes on with the next.
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        error: serde_json::Error,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Io(error) => error.fmt(f),
            ReadError::Line { line, error } => write!(f, "line {line}: {error}"),
        }
    }
}

impl error::Error for ReadError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            ReadError::Io(error) => Some(error),
            ReadError::Line { error, .. } => Some(error),
        }
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        ReadError::Io(error)
    }
}

/// The longest line that is read, in bytes. The runtime's own are a quarter of it at most.
const LINE_MAX: u64 = 1 << 20;

/// Reads a log: an iterator over its lines. A last line that was cut off, by a process that was killed while it wrote, is
/// left out. Of a line that is longer than any of a log no more than 1 MiB is held.
#[derive(Debug)]
pub struct Reader<R> {
    from: R,
    line: u64,
    text: Vec<u8>,
    is_over: bool,
}

impl Reader<BufReader<File>> {
    /// Opens a log.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        Ok(Reader::new(BufReader::new(File::open(path)?)))
    }
}

impl<R: BufRead> Reader<R> {
    /// Reads what `from` gives.
    pub fn new(from: R) -> Self {
        Reader { from, line: 0, text: Vec::new(), is_over: false }
    }

    fn is_too_long(&self) -> bool {
        self.text.len() as u64 > LINE_MAX && !self.text.ends_with(b"\n")
    }

    /// Leaves out what follows up to the end of the line.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.from.fill_buf()?;
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let used = end.map_or(buffer.len(), |at| at + 1);
            let is_over = end.is_some() || used == 0;
            self.from.consume(used);
            if is_over {
                return Ok(());
            }
        }
    }

    /// The next line that is not empty, or the beginning of one that is too long; `None` at the end.
    fn read_line(&mut self) -> io::Result<Option<()>> {
        loop {
            self.text.clear();
            if self.from.by_ref().take(LINE_MAX + 1).read_until(b'\n', &mut self.text)? == 0 {
                return Ok(None);
            }
            self.line += 1;
            if self.is_too_long() {
                self.skip_line()?;
            }
            if !self.text.trim_ascii().is_empty() {
                return Ok(Some(()));
            }
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        match self.read_line() {
            Ok(None) => {
                self.is_over = true;
                None
            }
            Ok(Some(())) if self.is_too_long() => {
                let error = serde::de::Error::custom("longer than any line of a log");
                Some(Err(ReadError::Line { line: self.line, error }))
            }
            Ok(Some(())) => match serde_json::from_slice(&self.text) {
                Ok(record) => Some(Ok(record)),
                Err(error) if error.is_eof() && !self.text.ends_with(b"\n") => None,
                Err(error) => Some(Err(ReadError::Line { line: self.line, error })),
            },
            Err(error) => {
                self.is_over = true;
                Some(Err(error.into()))
            }
        }
    }
}

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
