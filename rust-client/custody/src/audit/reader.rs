//! Reading, line by line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::{error, fmt};

use super::events::Record;

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
