//! The expressions of `cfg(...)`, by which cargo's configuration chooses a runner for some targets.

/// What `rustc --print cfg` says of a target: `unix`, `target_os="linux"`, one a line.
pub struct Facts(Vec<String>);

impl Facts {
    /// Reads the lines that rustc printed.
    pub fn read(text: &str) -> Facts {
        Facts(text.lines().map(|line| line.trim().to_owned()).collect())
    }

    /// Whether an expression such as `cfg(all(unix, not(target_os = "macos")))` holds; false when it cannot be read.
    pub fn hold(&self, expression: &str) -> bool {
        let mut reader = Reader { rest: expression };
        let inner = reader.word("cfg").and_then(|()| reader.word("(")).and_then(|()| self.predicate(&mut reader));
        let closed = reader.word(")").is_some() && reader.rest.trim().is_empty();
        inner == Some(true) && closed
    }

    fn predicate(&self, reader: &mut Reader) -> Option<bool> {
        let name = reader.name()?;
        if reader.word("(").is_some() {
            return self.operator(name, reader);
        }
        if reader.word("=").is_none() {
            return Some(matches!(name, "true") || self.0.iter().any(|fact| fact == name));
        }
        let value = reader.string()?;
        Some(self.0.iter().any(|fact| *fact == format!("{name}=\"{value}\"")))
    }

    /// `all`, `any` or `not`, its opening bracket read.
    fn operator(&self, name: &str, reader: &mut Reader) -> Option<bool> {
        let mut truths = Vec::new();
        while reader.word(")").is_none() {
            truths.push(self.predicate(reader)?);
            if reader.word(",").is_none() {
                reader.word(")")?;
                break;
            }
        }
        match name {
            "all" => Some(truths.iter().all(|truth| *truth)),
            "any" => Some(truths.iter().any(|truth| *truth)),
            "not" if truths.len() == 1 => Some(!truths[0]),
            _ => None,
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn word(&mut self, word: &str) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(word)?;
        Some(())
    }

    fn name(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start();
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        self.rest = rest;
        (!name.is_empty()).then_some(name)
    }

    fn string(&mut self) -> Option<&'a str> {
        self.word("\"")?;
        let (value, rest) = self.rest.split_once('"')?;
        self.rest = rest;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_hold_as_rustc_says() {
        let facts = Facts::read("unix\ntarget_os=\"linux\"\ntarget_feature=\"sse2\"\n");
        for (expression, holds) in [
            ("cfg(unix)", true),
            ("cfg(windows)", false),
            ("cfg(true)", true),
            ("cfg(target_os = \"linux\")", true),
            ("cfg(target_os=\"macos\")", false),
            ("cfg(all(unix, target_feature = \"sse2\"))", true),
            ("cfg(all(unix, windows,))", false),
            ("cfg(any(windows, not(target_os = \"macos\")))", true),
            ("cfg(all())", true),
            ("cfg(any())", false),
            ("cfg(not(unix, unix))", false),
            ("cfg(unix", false),
            ("cfg(unix) more", false),
            ("unix", false),
            ("cfg(target_os = linux)", false),
        ] {
            assert_eq!(facts.hold(expression), holds, "{expression}");
        }
    }
}
