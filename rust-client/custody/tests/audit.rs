//! Reading logs: those in the documentation, those of the future, hostile ones, and one that was just written.

mod common;

use std::fs;
use std::io::Cursor;
use std::path::Path;

use common::audited;
use custody::audit::{findings, Class, Confidence, Deed, Event, Kind, Lang, ReadError, Reader, Record, Severity};
use custody::{CBox, Side};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

fn read(text: &str) -> Vec<Record> {
    Reader::new(text.as_bytes()).collect::<Result<_, _>>().unwrap()
}

#[test]
fn every_example_of_the_documentation_is_read() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/audit-log.md");
    let Ok(page) = fs::read_to_string(page) else { return };
    let examples: Vec<_> = page.lines().filter(|line| line.starts_with(r#"{"v":1,"#)).collect();
    assert!(examples.len() >= 8, "{examples:?}");
    for example in examples {
        let record = &read(example)[0];
        assert!(!matches!(record.event, Event::Other), "{example}");
    }
}

#[test]
fn every_kind_of_the_schema_is_known() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/audit-log.schema.json");
    let Ok(schema) = fs::read_to_string(schema) else { return };
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let kinds = schema["$defs"]["finding"]["properties"]["kind"]["enum"].as_array().unwrap();
    for kind in kinds {
        assert!(Kind::KNOWN.contains(&kind.as_str().unwrap()), "{kind}");
    }
    for deed in schema["$defs"]["deed"]["enum"].as_array().unwrap() {
        assert!(!matches!(Deed::from(deed.as_str().unwrap().to_owned()), Deed::Other(_)), "{deed}");
    }
    for event in schema["properties"]["event"]["enum"].as_array().unwrap() {
        let line = format!(r#"{{"v":1,"event":{event},"pid":1,"seq":1,"t":1.0}}"#);
        let is_known = !matches!(serde_json::from_str::<Record>(&line), Ok(Record { event: Event::Other, .. }));
        assert!(is_known, "{event}");
    }
}

#[test]
fn fields_of_a_finding() {
    let log = r#"{"v":1,"event":"finding","pid":4242,"seq":7,"t":1795353746.71,"kind":"cross-allocator-free","severity":"error","confidence":"exact","key":"9f0c2a51d37be684","count":1,"block":{"addr":"0x7d00e7008000","size":24,"align":8},"owner":{"side":"client","lang":"rust","contract":"rust"},"by":{"side":"libledger.so","lang":"c","contract":"malloc","call":"free"},"expect":"x","thread":"main","alloc":[{"module":0,"offset":"0x8f3a","symbol":"main"}],"release":[{"module":null,"offset":"0x1149"}]}
"#;
    let found: Vec<_> = findings(Reader::new(log.as_bytes())).collect::<Result<_, _>>().unwrap();
    let finding = &found[0];
    assert_eq!((&finding.kind, &finding.severity), (&Kind::CrossAllocatorFree, &Severity::Error));
    assert_eq!(finding.confidence, Confidence::Exact);
    assert_eq!(finding.block.as_ref().unwrap().addr, 0x7d00_e700_8000);
    assert_eq!(finding.owner.as_ref().unwrap().lang, Lang::Rust);
    assert_eq!(finding.by.as_ref().unwrap().call.as_deref(), Some("free"));
    assert_eq!((finding.alloc[0].module, finding.alloc[0].offset), (Some(0), 0x8f3a));
    assert_eq!((finding.release[0].module, finding.release[0].symbol.as_deref()), (None, None));
}

#[test]
fn what_is_not_known_is_ignored() {
    let records = read(
        r#"{"v":1,"event":"tomorrow","pid":1,"seq":1,"t":1.0,"deep":{"er":[1,2]}}

{"v":1,"event":"leaks","pid":1,"seq":2,"t":1.5,"when":"request","leaks":{"definite":{"blocks":3,"bytes":333,"new":1},"ghostly":{"blocks":1,"bytes":1}}}
{"v":1,"event":"lend","pid":1,"seq":3,"t":2.0,"deed":"pawned","number":4,"addr":"0x10","by":{"side":"a","lang":"zig"},"stack":[]}
"#,
    );
    assert!(matches!(records[0].event, Event::Other));
    let Event::Leaks(leaks) = &records[1].event else { panic!("{records:?}") };
    assert_eq!(leaks.leaks[&Class::Definite].bytes, 333);
    assert!(leaks.leaks.contains_key(&Class::Other("ghostly".into())));
    let Event::Lend(lend) = &records[2].event else { panic!("{records:?}") };
    assert_eq!((&lend.deed, lend.number, lend.addr), (&Deed::Other("pawned".into()), Some(4), Some(16)));
    assert_eq!(lend.by.as_ref().unwrap().lang.as_str(), "zig");
}

#[test]
fn a_bad_line_is_an_error_and_the_next_is_read() {
    let fork = r#"{"v":1,"event":"fork","pid":2,"seq":1,"t":1.0,"parent":1}"#;
    let text = format!("not json\n{{\"v\":1}}\n\u{0}\n{fork}\n[]\n{fork}");
    let lines: Vec<_> = Reader::new(text.as_bytes()).collect();
    let is_good: Vec<_> = lines.iter().map(Result::is_ok).collect();
    assert_eq!(is_good, [false, false, false, true, false, true]);
    assert!(matches!(&lines[2], Err(ReadError::Line { line: 3, .. })));
    assert!(lines[0].as_ref().unwrap_err().to_string().starts_with("line 1: "));
}

#[test]
fn a_line_that_was_cut_off_is_left_out() {
    let text = r#"{"v":1,"event":"fork","pid":2,"seq":1,"t":1.0,"parent":1}
{"v":1,"event":"fork","pid":2,"se"#;
    assert_eq!(read(text).len(), 1);
    let mut reader = Reader::new(Cursor::new(b"\xff\xfe\n".to_vec()));
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
}

#[test]
fn a_line_that_is_too_long_is_an_error_and_the_next_is_read() {
    let fork = r#"{"v":1,"event":"fork","pid":2,"seq":1,"t":1.0,"parent":1}"#;
    let long = format!(r#"{{"v":1,"event":"fork","pid":2,"seq":1,"t":1.0,"parent":1,"x":"{}"}}"#, "x".repeat(3 << 20));
    let text = format!("{fork}\n{long}\n{fork}\n");
    let lines: Vec<_> = Reader::new(text.as_bytes()).collect();
    assert!(lines.len() == 3 && lines[0].is_ok() && lines[2].is_ok());
    assert_eq!(lines[1].as_ref().unwrap_err().to_string(), "line 2: longer than any line of a log");
}

/// Whatever a log holds, its reading ends, with no more than an item for each line, and the items are said in words.
#[test]
fn any_bytes_are_read_to_their_end() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/audit-log.md");
    let Ok(page) = fs::read_to_string(page) else { return };
    let examples: Vec<_> = page.lines().filter(|line| line.starts_with(r#"{"v":1,"#)).collect();
    let log = examples.join("\n").into_bytes();
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    let change = (0..log.len(), proptest::collection::vec(any::<u8>(), 0..12), 0..40usize);
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
        .run(&proptest::collection::vec(change, 0..8), |changes| {
            let mut text = log.clone();
            for (at, bytes, removed) in changes {
                let at = at.min(text.len());
                text.splice(at..(at + removed).min(text.len()), bytes);
            }
            let lines = text.split(|&byte| byte == b'\n').count();
            let items: Vec<_> =
                Reader::new(text.as_slice()).map(|item| item.map_err(|error| error.to_string())).collect();
            prop_assert!(items.len() <= lines);
            prop_assert!(findings(Reader::new(text.as_slice())).count() <= lines);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    assert!(matches!(Reader::open("/nonexistent/log"), Err(ReadError::Io(_))));
}

#[test]
fn histories_are_read() {
    let part = || {
        let side = Side::register("audit-side", custody::Lang::C).unwrap();
        let other = Side::register("audit-other", custody::Lang::C).unwrap();
        let table = CBox::new(side, [1u8; 82]).unwrap();
        std::mem::forget(side.lend(&*table, other).unwrap());
        drop(table);
    };
    audited("histories_are_read", part, |outcome| {
        let finding = outcome.findings.iter().find(|finding| finding.kind == Kind::ReleasedWhileLent).unwrap();
        let deeds: Vec<_> = finding.history.iter().map(|moment| moment.deed.clone()).collect();
        assert!(deeds.contains(&Deed::Lent), "{}: {deeds:?}", outcome.how);
        let lent = finding.history.iter().find(|moment| moment.deed == Deed::Lent).unwrap();
        assert_eq!(lent.by.as_ref().unwrap().side, "audit-side");
        assert_eq!(lent.to.as_ref().unwrap().side, "audit-other");
        assert!(!lent.stack.is_empty());
    });
}
