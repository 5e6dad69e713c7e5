//! Lets the module trap where it would panic. Both end in `unreachable`, but before that a panic formats a message that nobody can
//! read there, and the code for it is large.

use std::collections::HashSet;
use std::convert::Infallible;

use anyhow::Result;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{Instruction, Module};
use wasmparser::{KnownCustom, Name, Operator, Parser, Payload};

/// What the compiler calls to panic, by how its name begins. None of it returns or has an effect that outlasts the instance.
const PANICS: [&str; 10] = [
    "core::panicking::",
    "core::option::expect_failed",
    "core::option::unwrap_failed",
    "core::result::unwrap_failed",
    "core::slice::copy_from_slice_impl::len_mismatch_fail",
    "core::slice::index::slice_index_fail",
    "core::str::slice_error_fail",
    "alloc::alloc::handle_alloc_error",
    "alloc::raw_vec::capacity_overflow",
    "alloc::raw_vec::handle_error",
];

/// The same module with a trap for every call of a function that only panics. Needs the names of functions. What is left without a
/// caller is dropped by wasm-opt.
pub fn instead_of_panics(module: &[u8]) -> Result<Vec<u8>> {
    let mut panics = HashSet::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::CustomSection(section) = payload? else { continue };
        let KnownCustom::Name(names) = section.as_known() else { continue };
        for names in names {
            let Name::Function(functions) = names? else { continue };
            for function in functions {
                let function = function?;
                if panics_only(function.name) {
                    panics.insert(function.index);
                }
            }
        }
    }
    let mut written = Module::new();
    Trapper { panics }.parse_core_module(&mut written, Parser::new(0), module)?;
    Ok(written.finish())
}

fn panics_only(name: &str) -> bool {
    // `core[c5930c85a12de822]::…`: crates have their hashes in square brackets.
    let without_hashes: String =
        name.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect();
    PANICS.iter().any(|panic| without_hashes.starts_with(panic))
}

struct Trapper {
    panics: HashSet<u32>,
}

impl Reencode for Trapper {
    type Error = Infallible;

    /// What the call would have taken may stay on the stack: after `unreachable` any stack is valid.
    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, Error> {
        match operator {
            Operator::Call { function_index } if self.panics.contains(&function_index) => {
                Ok(Instruction::Unreachable)
            }
            operator => utils::instruction(self, operator),
        }
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{CodeSection, Function, FunctionSection, NameMap, NameSection, TypeSection, ValType};
    use wasmparser::Validator;

    use super::*;

    #[test]
    fn what_panics_is_known_by_name() {
        for name in [
            "core[c5930c85a12de822]::panicking::panic_fmt",
            "core::panicking::panic_bounds_check::h5a70f0730bfd7b2a",
            "core[c5930c85a12de822]::str::slice_error_fail_rt",
            "alloc[3ca501edff3f0c7c]::raw_vec::handle_error",
        ] {
            assert!(panics_only(name), "{name}");
        }
        for name in [
            "std[a543996e6e7dbf1e]::panicking::panic_count::is_zero_slow_path",
            "<core[c5930c85a12de822]::panicking::AssertKind as core[c5930c85a12de822]::fmt::Debug>::fmt",
            "edgeward::core::panicking::panic",
            "wasm_bindgen::throw_str",
        ] {
            assert!(!panics_only(name), "{name}");
        }
    }

    #[test]
    fn a_call_that_panics_traps() {
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32], []);
        let mut functions = FunctionSection::new();
        let mut code = CodeSection::new();
        for calls in [1, 2, 0] {
            functions.function(0);
            let mut function = Function::new([]);
            function.instructions().local_get(0).call(calls).end();
            code.function(&function);
        }
        let mut names = NameMap::new();
        names.append(0, "edgeward::a");
        names.append(1, "core[0]::panicking::panic");
        names.append(2, "edgeward::b");
        let mut section = NameSection::new();
        section.functions(&names);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&code).section(&section);

        let trapping = instead_of_panics(&module.finish()).unwrap();
        Validator::new().validate_all(&trapping).unwrap();
        let mut ends = Vec::new();
        for payload in Parser::new(0).parse_all(&trapping) {
            if let Payload::CodeSectionEntry(body) = payload.unwrap() {
                ends.push(match body.get_operators_reader().unwrap().into_iter().nth(1).unwrap().unwrap() {
                    Operator::Unreachable => None,
                    Operator::Call { function_index } => Some(function_index),
                    operator => panic!("{operator:?}"),
                });
            }
        }
        assert_eq!(ends, [None, Some(2), Some(0)]);
    }
}
