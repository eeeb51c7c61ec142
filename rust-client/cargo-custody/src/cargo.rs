//! What cargo and rustc say: the targets of a run, the target directory, and the runners that the user has configured.

use crate::cfg::Facts;
use crate::cli::Invocation;
use crate::failure::{fail, During, Result};
use crate::json::{self, Value};
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The cargo that called us, else the one on `PATH`.
pub fn command() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The target triples that something may be run for, the compiler's own among them: tests of procedural macros are
/// always its.
pub fn triples(invocation: &Invocation) -> Result<Vec<String>> {
    let host = host()?;
    let mut asked = values_of(&invocation.cargo, "--target");
    if asked.is_empty() {
        asked = env::var_os("CARGO_BUILD_TARGET").into_iter().collect();
    }
    let mut triples: Vec<String> = asked.iter().map(|target| triple_of(target, &host)).collect();
    if triples.is_empty() {
        triples = configured_targets(invocation).iter().map(|target| triple_of(target.as_ref(), &host)).collect();
    }
    triples.push(host);
    triples.sort();
    triples.dedup();
    Ok(triples)
}

/// A target as cargo's options name it: a triple, a file that describes one, or the compiler's own.
fn triple_of(target: &OsStr, host: &str) -> String {
    let path = Path::new(target);
    let name = if path.extension() == Some(OsStr::new("json")) { path.file_stem().unwrap_or(target) } else { target };
    match name.to_string_lossy() {
        name if name == "host-tuple" => host.to_owned(),
        name => name.into_owned(),
    }
}

fn host() -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let text = output(Command::new(&rustc).arg("-vV")).during(|| format!("{} -vV", rustc.to_string_lossy()))?;
    match text.lines().find_map(|line| line.strip_prefix("host: ")) {
        Some(host) => Ok(host.to_owned()),
        None => fail("rustc -vV does not say which host it is for"),
    }
}

/// What a command prints; its error as words.
fn output(command: &mut Command) -> std::result::Result<String, String> {
    let done = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).trim().to_owned());
    }
    String::from_utf8(done.stdout).map_err(|error| error.to_string())
}

/// The values of an option in cargo's arguments, as `--name value` or `--name=value`.
fn values_of(arguments: &[OsString], name: &str) -> Vec<OsString> {
    let mut values = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == name {
            values.extend(rest.next().filter(|value| !value.to_string_lossy().starts_with('-')).cloned());
        } else if let Some(value) = argument.to_str().and_then(|text| text.strip_prefix(name)?.strip_prefix('=')) {
            values.push(value.into());
        }
    }
    values
}

/// Cargo's target directory.
pub fn target_directory(invocation: &Invocation) -> Result<PathBuf> {
    if let Some(directory) = values_of(&invocation.cargo, "--target-dir").pop() {
        return std::path::absolute(&directory).during(|| "--target-dir");
    }
    let mut metadata = command();
    metadata.args(["metadata", "--no-deps", "--format-version", "1"]);
    for name in ["--manifest-path", "--lockfile-path"] {
        for value in values_of(&invocation.cargo, name) {
            metadata.arg(name).arg(value);
        }
    }
    metadata.args(invocation.cargo.iter().filter(|word| *word == "--offline" || *word == "--frozen"));
    add_configs(&mut metadata, invocation);
    let text = output(&mut metadata).during(|| "cargo metadata")?;
    match json::parse(&text).as_ref().map(|answer| answer.text_of("target_directory")) {
        Some(directory) if !directory.is_empty() => Ok(directory.into()),
        _ => fail("cargo metadata does not name a target directory"),
    }
}

/// Gives the user's `--config` on.
pub fn add_configs(command: &mut Command, invocation: &Invocation) {
    for config in &invocation.configs {
        command.arg("--config").arg(config);
    }
}

/// The value that cargo's configuration has for a key, from files and `--config`; none when it is not set. `cargo config`
/// is for nightly, but for those who say that they know: it reads files, includes and precedence as cargo does.
fn configuration(invocation: &Invocation, key: &str, form: &[&str]) -> std::result::Result<Option<String>, String> {
    let mut get = command();
    get.env("RUSTC_BOOTSTRAP", "1").args(["config", "get", "-Zunstable-options"]).args(form);
    add_configs(&mut get, invocation);
    match output(get.arg(key)) {
        Ok(text) => Ok(Some(text)),
        Err(words) if words.contains("is not set") => Ok(None),
        Err(words) => Err(words),
    }
}

fn configured_json(invocation: &Invocation, key: &str) -> Option<Value> {
    json::parse(&configuration(invocation, key, &["--format", "json"]).ok()??)?.get(key).cloned()
}

/// `build.target`: a string, or several.
fn configured_targets(invocation: &Invocation) -> Vec<String> {
    let build = configured_json(invocation, "build").unwrap_or(Value::Null);
    match build.get("target") {
        Some(Value::Text(target)) => vec![target.clone()],
        _ => build.texts_of("target"),
    }
}

/// The runner that cargo would use for a target without us, its program as it is to be executed; empty when there is
/// none. As cargo does it: `--config`, then the environment, then files; what is set for the triple before `cfg(...)`.
pub fn runner(invocation: &Invocation, triple: &str) -> Result<Vec<String>> {
    let by_environment = env::var(environment_name(triple)).ok().map(|text| words(&text));
    let table = match configuration(invocation, "target", &["--format", "json"]) {
        Ok(table) => table.and_then(|text| json::parse(&text)).and_then(|table| table.get("target").cloned()),
        Err(error) => {
            return fail(format!("cargo's configuration cannot be read, so a runner in it is not known: {error}"))
        }
    };
    let Some((key, value)) = table.as_ref().and_then(|table| configured_runner(table, triple)) else {
        return Ok(by_environment.unwrap_or_default());
    };
    let origin = origin_of(invocation, key);
    match by_environment {
        Some(runner) if key != triple || origin != Origin::CommandLine => Ok(runner),
        _ => Ok(resolve(value, &origin)),
    }
}

/// The variable by which cargo is told a target's runner.
pub fn environment_name(triple: &str) -> String {
    format!("CARGO_TARGET_{}_RUNNER", triple.to_uppercase().replace(['-', '.'], "_"))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// The key of the table `target` that a runner comes from, and the runner.
fn configured_runner<'a>(table: &'a Value, triple: &str) -> Option<(&'a str, Vec<String>)> {
    let runner_of = |value: &Value| match value.get("runner") {
        Some(Value::Text(text)) => Some(words(text)),
        Some(Value::Array(_)) => Some(value.texts_of("runner")),
        _ => None,
    };
    let with_runner = || table.members().iter().filter_map(|(key, value)| Some((key.as_str(), runner_of(value)?)));
    if let Some(found) = with_runner().find(|(key, _)| *key == triple) {
        return Some(found);
    }
    let mut conditional = with_runner().filter(|(key, _)| key.starts_with("cfg(")).peekable();
    conditional.peek()?;
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let facts = Facts::read(&output(Command::new(rustc).args(["--print", "cfg", "--target", triple])).ok()?);
    conditional.find(|(key, _)| facts.hold(key))
}

/// Where a value is set.
#[derive(Debug, PartialEq)]
enum Origin {
    CommandLine,
    File(PathBuf),
}

/// Where the runner of a key of the table `target` is set. The answer's lines end in comments that say so.
fn origin_of(invocation: &Invocation, key: &str) -> Origin {
    let text = configuration(invocation, "target", &["--show-origin"]).ok().flatten().unwrap_or_default();
    origin_in(&text, key)
}

fn origin_in(text: &str, key: &str) -> Origin {
    let starts: Vec<String> =
        ["", "\"", "'"].iter().map(|quote| format!("target.{quote}{key}{quote}.runner = ")).collect();
    let mut lines = text.lines().skip_while(|line| !starts.iter().any(|start| line.starts_with(start)));
    match lines.find_map(|line| line.rsplit_once(" # ")) {
        Some((_, origin)) if Path::new(origin).is_absolute() => Origin::File(origin.into()),
        _ => Origin::CommandLine,
    }
}

/// A relative path of a file's is meant from the directory that holds its `.cargo`.
fn resolve(mut runner: Vec<String>, origin: &Origin) -> Vec<String> {
    let Some(program) = runner.first_mut() else { return runner };
    if !program.contains('/') {
        return runner;
    }
    let base = match origin {
        Origin::File(path) => path.parent().and_then(Path::parent).map(Path::to_path_buf),
        Origin::CommandLine => env::current_dir().ok(),
    };
    if let Some(path) =
        base.as_deref().map(|base| base.join(&*program)).and_then(|path| path.into_os_string().into_string().ok())
    {
        *program = path;
    }
    runner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_options_are_found_in_both_spellings() {
        let arguments = ["--target", "a", "--release", "--target=b", "--target"].map(OsString::from);
        assert_eq!(values_of(&arguments, "--target"), ["a", "b"]);
    }

    #[test]
    fn a_file_that_describes_a_target_gives_it_its_name() {
        assert_eq!(triple_of("targets/my-board.json".as_ref(), "host"), "my-board");
        assert_eq!(triple_of("host-tuple".as_ref(), "x86_64-unknown-linux-gnu"), "x86_64-unknown-linux-gnu");
        assert_eq!(environment_name("thumbv8m.main-none-eabi"), "CARGO_TARGET_THUMBV8M_MAIN_NONE_EABI_RUNNER");
    }

    #[test]
    fn the_triples_runner_comes_before_those_of_conditions() {
        let table = json::parse(r#"{"cfg(all())":{"runner":"a b"},"t":{"linker":"x","runner":["c","d e"]}}"#).unwrap();
        assert_eq!(configured_runner(&table, "t"), Some(("t", vec!["c".into(), "d e".into()])));
    }

    #[test]
    fn where_a_runner_is_set_is_in_the_comments() {
        let text =
            "target.\"cfg(unix)\".runner = [\n    \"./a # b\", # /home/me/.cargo/config.toml\n    \"c\", # x\n]\n\
                    target.t.linker = \"x\" # /etc/config.toml\ntarget.t.runner = \"d\" # --config cli option\n";
        assert_eq!(origin_in(text, "cfg(unix)"), Origin::File("/home/me/.cargo/config.toml".into()));
        assert_eq!(origin_in(text, "t"), Origin::CommandLine);
    }

    #[test]
    fn paths_of_runners_are_meant_from_where_cargo_takes_them() {
        let file = Origin::File("/p/.cargo/config.toml".into());
        assert_eq!(resolve(vec!["./run.sh".into(), "./x".into()], &file), ["/p/./run.sh", "./x"]);
        assert_eq!(resolve(vec!["qemu".into()], &file), ["qemu"]);
        assert_eq!(resolve(vec!["/bin/env".into()], &file), ["/bin/env"]);
    }
}
