//! Prints the errors of an audit log: `cargo run --example read_log --features audit -- FILE`.

use custody::audit::{findings, Reader, Severity};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(path) = std::env::args_os().nth(1) else {
        println!("usage: read_log FILE");
        return Ok(());
    };
    for finding in findings(Reader::open(path)?) {
        let finding = finding?;
        if finding.severity == Severity::Error {
            let block = finding.block.map_or_else(String::new, |block| format!(" at {:#x}", block.addr));
            println!("{}{block}: {}", finding.kind, finding.expect.unwrap_or_default());
        }
    }
    Ok(())
}
