//! The declarations against the C compiler's view of the headers. From `src/bindings.rs` a C file of static assertions is
//! made: each constant's value, each struct's size, alignment, fields and their places, each type's width and signedness,
//! and the whole type of each function. The C compiler says what is wrong. That every function is in the library is then
//! the linker's to say.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use custody_sys as sys;
use syn::{Expr, Fields, FnArg, ForeignItem, GenericArgument, Item, PathArguments, ReturnType, Type};

/// Words that are enumerations in C, without a typedef.
const ENUMS: [&str; 6] = [
    "custody_lang",
    "custody_contract",
    "custody_type_flags",
    "custody_ending",
    "custody_lease_flags",
    "custody_loan_kind",
];

fn include() -> PathBuf {
    env::var_os("CUSTODY_INCLUDE_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../include"), PathBuf::from)
}

fn declarations() -> syn::File {
    syn::parse_file(include_str!("../src/bindings.rs")).expect("bindings.rs is Rust")
}

/// Whether an enumeration is spelled `enum name` in C.
fn is_enum(name: &str) -> bool {
    ENUMS.contains(&name)
}

/// A type of Rust as C spells it.
fn c_type(ty: &Type) -> String {
    match ty {
        Type::Ptr(pointer) if pointer.const_token.is_some() => format!("const {} *", c_type(&pointer.elem)),
        Type::Ptr(pointer) => format!("{} *", c_type(&pointer.elem)),
        Type::Array(array) => format!("{} [{}]", c_type(&array.elem), literal(&array.len)),
        Type::Path(path) => {
            let last = path.path.segments.last().expect("a path has a name");
            match last.ident.to_string().as_str() {
                "c_char" => "char".into(),
                "c_int" => "int".into(),
                "c_uint" => "unsigned".into(),
                "c_void" => "void".into(),
                "u16" => "uint16_t".into(),
                "u32" => "uint32_t".into(),
                "u64" => "uint64_t".into(),
                "usize" => "size_t".into(),
                "Option" => function_pointer(&last.arguments),
                name @ ("custody_description" | "custody_leaks") => format!("struct {name}"),
                name if is_enum(name) => format!("enum {name}"),
                name => name.into(),
            }
        }
        other => panic!("a type that this test does not know: {other:?}"),
    }
}

/// `Option<unsafe extern "C" fn(...)>` as C spells it.
fn function_pointer(arguments: &PathArguments) -> String {
    let PathArguments::AngleBracketed(arguments) = arguments else { panic!("Option of nothing") };
    let Some(GenericArgument::Type(Type::BareFn(function))) = arguments.args.first() else { panic!("no function") };
    let inputs: Vec<_> = function.inputs.iter().map(|input| c_type(&input.ty)).collect();
    format!("{} (*)({})", c_result(&function.output), inputs.join(", "))
}

fn c_result(output: &ReturnType) -> String {
    match output {
        ReturnType::Default => "void".into(),
        ReturnType::Type(_, ty) => c_type(ty),
    }
}

fn literal(value: &Expr) -> String {
    match value {
        Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Int(number) => number.base10_digits().into(),
            other => panic!("a constant that this test does not know: {other:?}"),
        },
        other => panic!("a constant that this test does not know: {other:?}"),
    }
}

/// The name of a field in C: bindgen puts `_` behind words of Rust.
fn c_field(name: &str) -> &str {
    name.strip_suffix('_').unwrap_or(name)
}

/// One assertion a line, each with what it is about.
#[derive(Default)]
struct Assertions(String);

impl Assertions {
    fn claim(&mut self, condition: impl AsRef<str>, about: &str) {
        writeln!(self.0, "_Static_assert({}, \"{about}\");", condition.as_ref()).expect("strings grow");
    }
}

/// `claim!(assertions, struct, {fields})`: size, alignment, places of fields as Rust has them.
macro_rules! claim_layout {
    ($to:ident, $name:ident { $($field:ident),* $(,)? }) => {{
        let name = stringify!($name);
        let size = size_of::<sys::$name>();
        let align = align_of::<sys::$name>();
        $to.claim(format!("sizeof(struct {name}) == {size}"), &format!("size of {name}"));
        $to.claim(format!("_Alignof(struct {name}) == {align}"), &format!("alignment of {name}"));
        $({
            let field = c_field(stringify!($field));
            let offset = std::mem::offset_of!(sys::$name, $field);
            $to.claim(format!("offsetof(struct {name}, {field}) == {offset}"), &format!("place of {name}.{field}"));
        })*
        BTreeSet::from([$(stringify!($field).to_owned()),*])
    }};
}

fn assertions(file: &syn::File) -> String {
    let mut to = Assertions::default();
    let description = claim_layout!(
        to,
        custody_description {
            place,
            start,
            size,
            align,
            live,
            side,
            lang,
            contract,
            type_,
            loans,
            frame_count,
            frames
        }
    );
    let leaks = claim_layout!(
        to,
        custody_leaks {
            definite_blocks,
            definite_bytes,
            indirect_blocks,
            indirect_bytes,
            possible_blocks,
            possible_bytes,
            reachable_blocks,
            reachable_bytes,
            live_blocks,
            live_bytes,
        }
    );
    for item in &file.items {
        match item {
            Item::Const(constant) if constant.ident != "_" => {
                let name = constant.ident.to_string();
                to.claim(format!("{name} == {}", literal(&constant.expr)), &name);
            }
            Item::Type(alias) => {
                let name = alias.ident.to_string();
                let c_name = if is_enum(&name) { format!("enum {name}") } else { name.clone() };
                let c_alias = c_type(&alias.ty);
                to.claim(format!("sizeof({c_name}) == sizeof({c_alias})"), &format!("width of {name}"));
                to.claim(format!("(({c_name})-1 > 0) == (({c_alias})-1 > 0)"), &format!("sign of {name}"));
            }
            Item::Struct(record) => {
                let name = record.ident.to_string();
                let Fields::Named(fields) = &record.fields else { panic!("{name} has no fields") };
                let names: BTreeSet<_> =
                    fields.named.iter().map(|field| field.ident.as_ref().expect("named").to_string()).collect();
                assert_eq!(names, if name == "custody_leaks" { leaks.clone() } else { description.clone() }, "{name}");
                for field in &fields.named {
                    let c_name = c_field(&field.ident.as_ref().expect("named").to_string()).to_owned();
                    let ty = c_type(&field.ty);
                    to.claim(
                        format!("__builtin_types_compatible_p(__typeof__(((struct {name} *)0)->{c_name}), {ty})"),
                        &format!("type of {name}.{c_name}"),
                    );
                }
            }
            Item::ForeignMod(block) => {
                for item in &block.items {
                    let ForeignItem::Fn(function) = item else { panic!("no function: {item:?}") };
                    claim_function(&mut to, &function.sig);
                }
            }
            _ => {}
        }
    }
    to.claim(format!("CUSTODY_GUARD_SIZE == {}", sys::CUSTODY_GUARD_SIZE), "CUSTODY_GUARD_SIZE");
    to.claim(format!("CUSTODY_LENGTH_UNKNOWN == {}u", sys::CUSTODY_LENGTH_UNKNOWN), "CUSTODY_LENGTH_UNKNOWN");
    to.0
}

fn claim_function(to: &mut Assertions, signature: &syn::Signature) {
    let name = signature.ident.to_string();
    let inputs: Vec<_> = signature
        .inputs
        .iter()
        .map(|input| match input {
            FnArg::Typed(input) => c_type(&input.ty),
            FnArg::Receiver(_) => panic!("{name} is no method"),
        })
        .collect();
    let inputs = if inputs.is_empty() { "void".into() } else { inputs.join(", ") };
    let ty = format!("{} ({inputs})", c_result(&signature.output));
    to.claim(format!("__builtin_types_compatible_p(__typeof__({name}), {ty})"), &format!("type of {name}"));
}

/// What the C compiler says of the assertions: nothing when all hold.
fn compile(name: &str, assertions: &str) -> String {
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let text = format!("#include <stddef.h>\n#include <stdint.h>\n#include \"custody/custody.h\"\n{assertions}");
    fs::write(&source, text).expect("the C file can be written");
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let done = Command::new(compiler)
        .args(["-std=c11", "-fsyntax-only", "-Wall", "-Wextra", "-I"])
        .arg(include())
        .arg(&source)
        .output()
        .expect("a C compiler");
    assert_eq!(done.status.success(), done.stderr.is_empty(), "warnings: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stderr).into_owned()
}

#[test]
fn declarations_agree_with_the_headers() {
    let assertions = assertions(&declarations());
    assert!(assertions.lines().count() > 150, "{assertions}");
    let said = compile("abi.c", &assertions);
    assert!(said.is_empty(), "{said}");
}

#[test]
fn the_c_compiler_sees_what_differs() {
    let said = compile(
        "abi_wrong.c",
        "_Static_assert(__builtin_types_compatible_p(__typeof__(custody_alloc), void * (uint16_t, int, size_t)), \"fn\");\n",
    );
    assert!(said.contains("static assertion failed: \"fn\"") || said.contains("fn"), "{said}");
}

/// Addresses of all functions: without one of them this program does not link.
macro_rules! functions {
    ($($name:ident),* $(,)?) => { [$( (stringify!($name), sys::$name as *const ()) ),*] };
}

#[test]
fn every_function_is_there() {
    let functions = functions!(
        custody_version,
        custody_status_name,
        custody_status_text,
        custody_side_register,
        custody_side_of_caller,
        custody_side_of_code,
        custody_side_name,
        custody_alloc,
        custody_resize,
        custody_release,
        custody_describe,
        custody_owner,
        custody_print,
        custody_find_leaks,
        custody_type_register,
        custody_create,
        custody_adopt,
        custody_check,
        custody_retain,
        custody_end,
        custody_destroy,
        custody_lease_begin,
        custody_lease_memory,
        custody_lease_end,
        custody_lease_check,
        custody_transfer,
        custody_lend,
        custody_return,
        custody_releasing,
        custody_callback_register,
        custody_callback_enter,
        custody_callback_leave,
        custody_callback_drop,
        custody_close,
    );
    let mut names = BTreeSet::new();
    for (name, address) in functions {
        assert!(!address.is_null(), "{name}");
        names.insert(name.to_owned());
    }
    let declared: BTreeSet<_> = declarations()
        .items
        .iter()
        .filter_map(|item| if let Item::ForeignMod(block) = item { Some(&block.items) } else { None })
        .flatten()
        .map(|item| if let ForeignItem::Fn(function) = item { function.sig.ident.to_string() } else { String::new() })
        .collect();
    assert_eq!(names, declared, "the list above is complete");
}
