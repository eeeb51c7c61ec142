//! The lines of a log.

use std::collections::BTreeMap;

use serde::de::Deserializer;
use serde::Deserialize;

use super::words::*;

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
