//! Builds the module every edge runs, and the one that compiles bundles for it, with the files the npm package ships each
//! in: `engine.wasm`, its glue `engine.js` with types, and `inline.js`, the same bytes in base64.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

use crate::{order, trap};

/// wasm-opt of other sources fails in ways worth naming: Debian's binaryen 108 writes a broken module and
/// exits 0. The version is that of `js/package.json`.
const WASM_OPT: &str = "js/node_modules/.bin/wasm-opt";

/// `-Oz` saves nothing in gzip; LLVM has inlined what is worth it; a second time finds what the first one made, a third time
/// nothing. The stack lies first in memory, and its last kilobyte is nobody's: what is added to an address may become part of
/// the access.
const WASM_OPT_LEVEL: [&str; 4] = ["-O3", "-O3", "--skip-pass=inlining-optimizing", "--low-memory-unused"];

/// What is done with a compiled module, and so decides how its files come out.
const HOW: [&str; 3] = [include_str!("wasm.rs"), include_str!("trap.rs"), include_str!("order.rs")];

/// How LLVM makes less of the engine, without which a decision is as fast and the module loads later.
const SMALL_CODE: [&str; 4] = [
    // At level 2 it would inline nine times as much, make the module a tenth larger and its functions so long that engines
    // take milliseconds to compile one: what is hot and small says so itself (`#[inline]`).
    "-Cllvm-args=-inline-threshold=25",
    // Vectors are written by hand where they are worth it, and what is repeated is repeated few times.
    "-Cno-vectorize-loops",
    "-Cllvm-args=-unroll-runtime=false",
    "-Cllvm-args=-unroll-threshold=60",
];

/// A module, by the name of its files.
struct Module {
    name: &'static str,
    package: &'static str,
    profile: &'static str,
    /// Beside those of `.cargo/config.toml`.
    rustflags: &'static [&'static str],
    /// The call point replaces a trapped instance.
    resets: bool,
}

const MODULES: [Module; 2] = [
    Module {
        name: "engine",
        package: "edgeward-wasm",
        profile: "wasm",
        rustflags: &SMALL_CODE,
        resets: true,
    },
    // It runs once in a while, on a developer's machine: small before fast.
    Module {
        name: "compiler",
        package: "edgeward-compiler",
        profile: "wasm-small",
        rustflags: &[],
        resets: false,
    },
];

/// Whether the module keeps its function names. They are a third of its size and tell clients nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Names {
    Kept,
    Removed,
}

/// Builds both.
pub fn build(names: Names) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the repository root")?;
    MODULES.iter().rev().try_for_each(|module| build_one(root, module, names))
}

/// Compiles, and unless everything is as in the last run, binds, optimises and writes.
fn build_one(root: &Path, module: &Module, names: Names) -> Result<()> {
    let Module { name, .. } = module;
    let compiled = compile(root, module)?;
    let out = root.join("js/dist").join(name);
    let last = root.join(format!("target/xtask/last-{name}"));
    let bytes = fs::read(&compiled).with_context(|| format!("reading {}", compiled.display()))?;
    let made_of = made_of(root, &bytes);

    let file = |end: &str| out.join(format!("{name}.{end}"));
    let written = [file("wasm"), file("js"), file("d.ts"), out.join("inline.js"), out.join("inline.d.ts")];
    let up_to_date =
        written.iter().all(|path| path.exists()) && fs::read(&last).is_ok_and(|previous| previous == made_of);
    if up_to_date && names == Names::Removed {
        return report(name, "up to date", &fs::read(file("wasm"))?);
    }

    bind(bytes, &out, module)?;
    optimise(root, &file("wasm"), names)?;
    let mut optimised = fs::read(file("wasm"))?;
    if names == Names::Removed {
        optimised = order::by_likeness(&optimised)?;
        fs::write(file("wasm"), &optimised)?;
    }
    write_inline(&out, name, &optimised)?;
    fs::create_dir_all(root.join("target/xtask"))?;
    match names {
        Names::Removed => fs::write(&last, &made_of)?,
        Names::Kept => fs::write(&last, b"")?,
    }
    report(name, "built", &optimised)
}

/// What decides how the files come out: the compiled module, and how and by what it is bound and optimised.
fn made_of(root: &Path, compiled: &[u8]) -> Vec<u8> {
    let tool = fs::read(root.join("js/node_modules/binaryen/package.json")).unwrap_or_default();
    [HOW.concat().as_bytes(), &tool, compiled].concat()
}

fn compile(root: &Path, module: &Module) -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(root)
        .args([
            "build",
            "--package",
            module.package,
            "--target",
            "wasm32-unknown-unknown",
            "--profile",
            module.profile,
            "--config",
            &format!("target.wasm32-unknown-unknown.rustflags={:?}", module.rustflags),
        ])
        .status()
        .context("starting cargo")?;
    if !status.success() {
        bail!(
            "cargo could not build {}. If the target is missing: rustup target add wasm32-unknown-unknown",
            module.package
        );
    }
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let file = format!("{}.wasm", module.package.replace('-', "_"));
    Ok(target.join("wasm32-unknown-unknown").join(module.profile).join(file))
}

/// One `web` glue serves every runtime. Without a default module path bundlers find no `import.meta.url` to
/// copy a second module from; the reset function lets the call point heal a trapped instance.
fn bind(bytes: Vec<u8>, out: &Path, module: &Module) -> Result<()> {
    let name = module.name;
    fs::create_dir_all(out)?;
    let mut output = Bindgen::new()
        .input_bytes(name, bytes)
        .web(true)?
        .omit_default_module_path(true)
        .encode_into(EncodeInto::Always)
        .remove_name_section(false)
        .remove_producers_section(true)
        .reset_state_function(module.resets)
        .typescript(true)
        .generate_output()
        .context("wasm-bindgen (is js/wasm on the same wasm-bindgen version as xtask?)")?;
    fs::write(out.join(format!("{name}.js")), output.js())?;
    fs::write(out.join(format!("{name}.d.ts")), output.ts().context("wasm-bindgen wrote no types")?)?;
    fs::write(out.join(format!("{name}.wasm")), trap::instead_of_panics(&output.wasm_mut().emit_wasm())?)?;
    Ok(())
}

fn optimise(root: &Path, module: &Path, names: Names) -> Result<()> {
    let tool = root.join(WASM_OPT);
    if !tool.exists() {
        bail!("{WASM_OPT} is missing. Install the build tools of the package: npm --prefix js ci");
    }
    let status = Command::new(&tool)
        .args(WASM_OPT_LEVEL)
        .args(if names == Names::Kept { &["-g"][..] } else { &["--strip-debug", "--strip-producers"][..] })
        .arg(module)
        .arg("--output")
        .arg(module)
        .status()
        .with_context(|| format!("starting {WASM_OPT}"))?;
    if !status.success() {
        bail!("{WASM_OPT} failed ({status})");
    }
    Ok(())
}

fn write_inline(out: &Path, name: &str, module: &[u8]) -> Result<()> {
    let text = STANDARD.encode(module);
    fs::write(out.join("inline.js"), format!("export default \"{text}\";\n"))?;
    fs::write(
        out.join("inline.d.ts"),
        format!("/** `{name}.wasm` in base64. */\ndeclare const text: string;\nexport default text;\n"),
    )?;
    Ok(())
}

fn report(name: &str, what: &str, module: &[u8]) -> Result<()> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(module)?;
    let gzipped = gzip.finish()?;
    println!("{name}.wasm {what}: {} bytes, {} gzipped", module.len(), gzipped.len());
    Ok(())
}
