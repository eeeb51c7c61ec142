//! Colour, as cargo has it: on a terminal, unless `--color`, `CARGO_TERM_COLOR` or `NO_COLOR` say otherwise.

use crate::cli::Severity;
use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};

/// How text is set off on standard error.
#[derive(Clone, Copy)]
pub struct Style {
    colour: bool,
}

impl Style {
    /// No colour.
    #[cfg(test)]
    pub fn plain() -> Style {
        Style { colour: false }
    }

    /// As the arguments for cargo, the environment and the terminal have it.
    pub fn choose(cargo: &[OsString]) -> Style {
        let words: Vec<_> = cargo.iter().map(|word| word.to_string_lossy()).collect();
        let named = words.iter().find_map(|word| word.strip_prefix("--color=").map(str::to_owned));
        let apart = words.windows(2).find(|pair| pair[0] == "--color").map(|pair| pair[1].to_string());
        let when = named.or(apart).or_else(|| env::var("CARGO_TERM_COLOR").ok());
        let colour = match when.as_deref() {
            Some("always") => true,
            Some("never") => false,
            _ => env::var_os("NO_COLOR").map_or(true, |value| value.is_empty()) && io::stderr().is_terminal(),
        };
        Style { colour }
    }

    fn paint(self, codes: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{codes}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// The word at the beginning of a line, set where cargo sets its own.
    pub fn verb(self, word: &str) -> String {
        self.paint("1;32", &format!("{word:>12}"))
    }

    /// The name of a test.
    pub fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// The name of a severity.
    pub fn severity(self, severity: Severity) -> String {
        let codes = match severity {
            Severity::Error | Severity::Never => "1;31",
            Severity::Warning => "1;33",
            Severity::Note => "1;36",
        };
        self.paint(codes, severity.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_option_decides() {
        let painted = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            Style::choose(&words).strong("x").contains('\x1b')
        };
        assert!(painted(&["--color=always"]));
        assert!(painted(&["--color", "always"]));
        assert!(!painted(&["--color", "never"]));
    }
}
