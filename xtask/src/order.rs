//! Puts functions that are alike side by side, because gzip finds again only what it has seen in the last 32 kB: 3 kB of the engine
//! less than in order of their names, where what is named alike lies together.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet, VecDeque};
use std::convert::Infallible;

use anyhow::Result;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{CodeSectionReader, FunctionSectionReader, Parser, Payload, TypeRef};

/// How far back gzip finds.
const REACH: usize = 32_000;

/// What is worth finding: of runs from 4 to 8 bytes, those of 6 told best what gzip makes of it.
const RUN: usize = 6;

/// The same module with its functions in another order. It may have no names, which would have to be moved, too.
pub fn by_likeness(module: &[u8]) -> Result<Vec<u8>> {
    let mut imported = 0;
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            _ => {}
        }
    }
    let mut written = Module::new();
    Mover { imported, places: places(&bodies) }.parse_core_module(&mut written, Parser::new(0), module)?;
    Ok(written.finish())
}

struct Function<'a> {
    index: usize,
    size: usize,
    runs: &'a HashSet<&'a [u8]>,
    /// How many of the runs are within reach.
    found: &'a Cell<u32>,
}

impl Function<'_> {
    /// By the share that would be found, and a little by how much that is: share³ × runs found, in integers. By the share alone
    /// small functions come first, and the module is 1 kB larger.
    fn compare(&self, other: &Self) -> Ordering {
        let weigh = |found: &Function<'_>, of: &Function<'_>| {
            u128::from(found.found.get()).pow(4) * (of.runs.len() as u128 + 1).pow(3)
        };
        weigh(self, other).cmp(&weigh(other, self))
    }
}

/// A run of bytes: how often it is within reach, and the counts of those who have it.
#[derive(Default)]
struct Run<'a> {
    within_reach: u32,
    counts: Vec<&'a Cell<u32>>,
}

impl Run<'_> {
    fn comes(&mut self) {
        self.within_reach += 1;
        if self.within_reach == 1 {
            self.counts.iter().for_each(|count| count.set(count.get() + 1));
        }
    }

    fn goes(&mut self) {
        self.within_reach -= 1;
        if self.within_reach == 0 {
            self.counts.iter().for_each(|count| count.set(count.get() - 1));
        }
    }
}

/// The place of each function: next is always the one that is most like the last 32 kB.
fn places(bodies: &[&[u8]]) -> Vec<u32> {
    let sets: Vec<HashSet<&[u8]>> = bodies.iter().map(|body| body.windows(RUN).collect()).collect();
    let counts = vec![Cell::new(0); bodies.len()];
    let mut runs: HashMap<&[u8], Run<'_>> = HashMap::new();
    let mut left = Vec::new();
    for (index, ((body, set), found)) in bodies.iter().zip(&sets).zip(&counts).enumerate() {
        left.push(Function { index, size: body.len(), runs: set, found });
        for run in set {
            runs.entry(run).or_default().counts.push(found);
        }
    }

    let mut order = Vec::new();
    let mut recent = VecDeque::new();
    let mut reached = 0;
    while let Some((next, _)) = left.iter().enumerate().max_by(|(_, a), (_, b)| a.compare(b)) {
        let function = left.remove(next);
        order.push(function.index);
        function.runs.iter().for_each(|run| runs.entry(run).or_default().comes());
        reached += function.size;
        recent.push_back(function);
        while let Some(oldest) = recent.pop_front_if(|_| reached > REACH) {
            reached -= oldest.size;
            oldest.runs.iter().for_each(|run| runs.entry(run).or_default().goes());
        }
    }

    let mut places: Vec<(usize, u32)> = order.into_iter().zip(0..).collect();
    places.sort_unstable();
    places.into_iter().map(|(_, place)| place).collect()
}

struct Mover {
    /// Imported functions come first and stay.
    imported: u32,
    places: Vec<u32>,
}

impl Mover {
    fn moved<T>(&self, of_each: Vec<T>) -> Vec<T> {
        let mut placed: Vec<(u32, T)> = self.places.iter().copied().zip(of_each).collect();
        placed.sort_by_key(|(place, _)| *place);
        placed.into_iter().map(|(_, item)| item).collect()
    }
}

impl Reencode for Mover {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, Error> {
        let own = index.checked_sub(self.imported).and_then(|own| self.places.get(own as usize));
        Ok(own.map_or(index, |place| self.imported + place))
    }

    fn parse_function_section(
        &mut self,
        written: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        for signature in self.moved(section.into_iter().collect::<Result<_, _>>()?) {
            written.function(signature);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        written: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error> {
        for body in self.moved(section.into_iter().collect::<Result<_, _>>()?) {
            self.parse_function_body(written, body)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        EntityType, ExportKind, ExportSection, Function, ImportSection, TypeSection, ValType,
    };
    use wasmparser::{Operator, Validator};

    use super::*;

    /// Two that are alike, and between them another: `a` and `c` add the same numbers and call `b`, which multiplies.
    fn module() -> Vec<u8> {
        let sum = |last: i32| {
            let mut function = Function::new([]);
            let mut code = function.instructions();
            code.i32_const(0);
            for number in 1000..1020 {
                code.i32_const(number).i32_add();
            }
            code.i32_const(last).i32_add().drop().call(2).end();
            function
        };
        let mut product = Function::new([]);
        product.instructions().call(0).i32_const(7).i32_const(9).i32_mul().end();

        let mut types = TypeSection::new();
        types.ty().function([], []);
        types.ty().function([], [ValType::I32]);
        let mut imports = ImportSection::new();
        imports.import("host", "call", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        let mut exports = ExportSection::new();
        for (name, index) in [("a", 1), ("b", 2), ("c", 3)] {
            functions.function(1);
            exports.export(name, ExportKind::Func, index);
        }
        let mut code = CodeSection::new();
        code.function(&sum(1)).function(&product).function(&sum(2));
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
        module.finish()
    }

    /// The exports by their place, and the functions that each body calls, in order.
    fn read(module: &[u8]) -> (Vec<String>, Vec<Vec<u32>>) {
        let mut exports = Vec::new();
        let mut calls = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload.unwrap() {
                Payload::ExportSection(section) => {
                    exports.extend(
                        section.into_iter().map(Result::unwrap).map(|it| (it.index, it.name.to_owned())),
                    );
                }
                Payload::CodeSectionEntry(body) => {
                    let operators = body.get_operators_reader().unwrap().into_iter();
                    calls.push(
                        operators
                            .filter_map(|operator| match operator.unwrap() {
                                Operator::Call { function_index } => Some(function_index),
                                _ => None,
                            })
                            .collect(),
                    );
                }
                _ => {}
            }
        }
        exports.sort();
        (exports.into_iter().map(|(_, name)| name).collect(), calls)
    }

    #[test]
    fn like_comes_to_like_and_is_called_where_it_went() {
        let ordered = by_likeness(&module()).unwrap();
        Validator::new().validate_all(&ordered).unwrap();
        let (exports, calls) = read(&ordered);
        assert_eq!(exports, ["c", "a", "b"]);
        assert_eq!(
            calls,
            [[3], [3], [0]],
            "the two that are alike call the third, which calls what is imported"
        );
        assert_eq!(by_likeness(&module()).unwrap(), ordered, "every time the same");
    }

    #[test]
    fn what_is_out_of_reach_counts_no_more() {
        let noise = |seed: u32, size: usize| -> Vec<u8> {
            (0..size as u32).map(|n| (n.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 13) as u8).collect()
        };
        let (a, far, b) = (noise(1, 100), noise(5_000, REACH), noise(90_000, 200));
        // First the last one, because nothing is like anything yet.
        let near = [&a[..], &b, &[&a[..50], &b[..20]].concat()];
        assert_eq!(places(&near), [1, 2, 0]);
        let gone = [&b[..40], &a, &[&far[..], &a].concat()];
        assert_eq!(places(&gone), [2, 1, 0]);
    }
}
