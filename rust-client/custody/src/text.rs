//! Texts on their way to C.

use std::ffi::{CStr, CString};

use crate::error::{Error, Result};

/// Bytes of a text that need no block.
const SHORT: usize = 255;

/// Shows `text` to `work` as C has it. Short ones without a block: what is asked about an address must not be changed by an
/// allocation that takes it.
pub(crate) fn with_c<R>(text: &str, work: impl FnOnce(&CStr) -> Result<R>) -> Result<R> {
    if text.len() > SHORT {
        return work(&CString::new(text)?);
    }
    let mut buffer = [0; SHORT + 1];
    buffer[..text.len()].copy_from_slice(text.as_bytes());
    work(CStr::from_bytes_with_nul(&buffer[..=text.len()]).map_err(|_| Error::InvalidArgument)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_all_lengths_arrive() {
        for length in [0, 1, SHORT - 1, SHORT, SHORT + 1, 5000] {
            let text = "x".repeat(length);
            assert_eq!(with_c(&text, |c| Ok(c.to_bytes() == text.as_bytes())), Ok(true), "{length}");
        }
    }

    #[test]
    fn a_nul_inside_is_no_text() {
        assert_eq!(with_c("a\0b", |_| Ok(())), Err(Error::InvalidArgument));
        assert_eq!(with_c(&"\0".repeat(5000), |_| Ok(())), Err(Error::InvalidArgument));
    }
}
