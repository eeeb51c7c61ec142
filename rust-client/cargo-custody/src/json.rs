//! JSON as far as this tool needs it: the lines of audit logs, what cargo and custody answer, and the notes of a session.
//! Numbers keep their text, objects the order of their members, so that what is read can be written again unchanged.

use std::fmt::{self, Display, Write};

/// Nesting beyond this is refused, so that hostile input cannot exhaust the stack.
const DEPTH_MAX: usize = 128;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The text of a number.
    Number(String),
    /// A string, its escapes resolved.
    Text(String),
    /// An array.
    Array(Vec<Value>),
    /// An object; of equal names, `get` answers the first.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The member of an object, or none.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a member that is a string; `""` otherwise.
    pub fn text_of(&self, name: &str) -> &str {
        self.get(name).and_then(Value::text).unwrap_or("")
    }

    /// The value of a member that is an integer in range.
    pub fn number_of(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(Value::Number(text)) => text.parse().ok(),
            _ => None,
        }
    }

    /// Whether a member is `true`.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some(&Value::Bool(true))
    }

    /// The items of a member that is an array; none otherwise.
    pub fn items_of(&self, name: &str) -> &[Value] {
        match self.get(name) {
            Some(Value::Array(items)) => items,
            _ => &[],
        }
    }

    /// The members of an object; none otherwise.
    pub fn members(&self) -> &[(String, Value)] {
        match self {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    /// The strings of a member that is an array.
    pub fn texts_of(&self, name: &str) -> Vec<String> {
        self.items_of(name).iter().filter_map(Value::text).map(str::to_owned).collect()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::Bool(truth)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Value {
        Value::Number(number.to_string())
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Value {
        Value::Number(number.to_string())
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Value {
        Value::Array(items.into_iter().map(Into::into).collect())
    }
}

/// An object of these members.
pub fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

impl Display for Value {
    /// Writes the value on one line.
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Value::Null => out.write_str("null"),
            Value::Bool(truth) => write!(out, "{truth}"),
            Value::Number(text) => out.write_str(text),
            Value::Text(text) => write_text(out, text),
            Value::Array(items) => write_array(out, items),
            Value::Object(members) => write_object(out, members),
        }
    }
}

fn write_array(out: &mut fmt::Formatter, items: &[Value]) -> fmt::Result {
    out.write_char('[')?;
    for (i, item) in items.iter().enumerate() {
        out.write_str(if i > 0 { "," } else { "" })?;
        item.fmt(out)?;
    }
    out.write_char(']')
}

fn write_object(out: &mut fmt::Formatter, members: &[(String, Value)]) -> fmt::Result {
    out.write_char('{')?;
    for (i, (name, value)) in members.iter().enumerate() {
        out.write_str(if i > 0 { "," } else { "" })?;
        write_text(out, name)?;
        out.write_char(':')?;
        value.fmt(out)?;
    }
    out.write_char('}')
}

fn write_text(out: &mut fmt::Formatter, text: &str) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\t' => out.write_str("\\t")?,
            c if c < ' ' => write!(out, "\\u{:04x}", u32::from(c))?,
            c => out.write_char(c)?,
        }
    }
    out.write_char('"')
}

/// Reads one value that fills the text, but for white space around it. None when it is not JSON.
pub fn parse(text: &str) -> Option<Value> {
    let mut reader = Reader { rest: text };
    let value = reader.value(0)?;
    reader.skip_space();
    reader.rest.is_empty().then_some(value)
}

/// What is still to be read.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Takes this text away if it comes next.
    fn take(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH_MAX {
            return None;
        }
        self.skip_space();
        match self.rest.as_bytes().first()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(Value::Text),
            b't' => self.take("true").map(|()| Value::Bool(true)),
            b'f' => self.take("false").map(|()| Value::Bool(false)),
            b'n' => self.take("null").map(|()| Value::Null),
            _ => self.number(),
        }
    }

    fn number(&mut self) -> Option<Value> {
        let is_part = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        text.parse::<f64>().ok().filter(|number| number.is_finite())?;
        self.rest = rest;
        Some(Value::Number(text.to_owned()))
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        self.take("[")?;
        self.skip_space();
        if self.take("]").is_some() {
            return Some(Value::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_space();
            if self.take("]").is_some() {
                return Some(Value::Array(items));
            }
            self.take(",")?;
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        let mut members = Vec::new();
        self.take("{")?;
        self.skip_space();
        if self.take("}").is_some() {
            return Some(Value::Object(members));
        }
        loop {
            self.skip_space();
            let name = self.string()?;
            self.skip_space();
            self.take(":")?;
            members.push((name, self.value(depth + 1)?));
            self.skip_space();
            if self.take("}").is_some() {
                return Some(Value::Object(members));
            }
            self.take(",")?;
        }
    }

    fn string(&mut self) -> Option<String> {
        let mut text = String::new();
        self.take("\"")?;
        loop {
            let end = self.rest.find(['"', '\\'])?;
            let (plain, rest) = self.rest.split_at(end);
            text.push_str(plain);
            self.rest = rest;
            if self.take("\"").is_some() {
                return Some(text);
            }
            text.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Option<char> {
        self.take("\\")?;
        let mut chars = self.rest.chars();
        let letter = chars.next()?;
        self.rest = chars.as_str();
        match letter {
            '"' | '\\' | '/' => Some(letter),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'u' => self.code_point(),
            _ => None,
        }
    }

    /// What follows `\u`; two of them where they are halves of one character.
    fn code_point(&mut self) -> Option<char> {
        let first = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&first) {
            return Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let before = self.rest;
        if self.take("\\u").is_some() {
            let second = self.four_digits()?;
            if (0xdc00..0xe000).contains(&second) {
                return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            }
            self.rest = before;
        }
        Some(char::REPLACEMENT_CHARACTER)
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.rest.get(..4)?;
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
        self.rest = &self.rest[4..];
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_the_same() {
        let line = r#"{"v":1,"t":1795353746.704280,"a":[true,false,null,-1e3],"s":"a\"\\\n\u0001é"}"#;
        assert_eq!(parse(line).unwrap().to_string(), line);
    }

    #[test]
    fn members_are_found_by_name() {
        let value = parse(r#" { "n" : 7 , "s" : "x" , "l" : ["a", "b", 3] , "b" : true } "#).unwrap();
        assert_eq!(value.number_of("n"), Some(7));
        assert_eq!(value.text_of("s"), "x");
        assert_eq!(value.texts_of("l"), ["a", "b"]);
        assert!(value.is_true("b"));
        assert_eq!(value.text_of("missing"), "");
    }

    #[test]
    fn halves_of_a_character_are_joined_and_lonely_ones_replaced() {
        assert_eq!(parse(r#""\ud83e\udd80""#), Some("🦀".into()));
        assert_eq!(parse(r#""\ud83ex""#), Some("\u{fffd}x".into()));
        assert_eq!(parse(r#""\ud83e\u0041""#), Some("\u{fffd}A".into()));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["", "{", "[1,]", "{\"a\"}", "\"", "\"\\x\"", "nul", "1 2", "-", "\"\\u+123\"", "\"\\u12é\""] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"[".repeat(100_000)), None);
    }
}
