//! Modules: making them canonical, and finding out whether they are.

use wasm_encoder::{CodeSection, CustomSection, Module, RawSection};
use wasmparser::{
    ExternalKind, FuncType, FuncValidatorAllocations, FunctionBody, Parser, Payload, TypeRef, ValType,
    ValidPayload, Validator, WasmFeatures,
};

use crate::flow::Kind;
use crate::function::{Read, kind};
use crate::{CanonicalNanError, SECTION, is_canonical};

/// A module whose NaN are canonical wherever their bits can be seen.
pub struct Canonical {
    /// The module.
    pub wasm: Vec<u8>,
    /// The operations whose results can be NaN.
    pub computed: usize,
    /// The values that are made canonical.
    pub made: usize,
}

/// Makes each NaN canonical before its bits can be seen.
///
/// # Errors
///
/// [`CanonicalNanError::Invalid`]; [`CanonicalNanError::Again`]; and [`CanonicalNanError::Unsupported`] for numbers that go to or come from the host,
/// numbers in globals, blocks with parameters, functions and blocks with several results, and operations of floating point that are not known here.
pub fn canonical(wasm: &[u8]) -> Result<Canonical, CanonicalNanError> {
    rewrite(wasm, false)
}

/// As [`canonical`], and gives each NaN that is not made canonical a sign and a payload which no processor gives it. What the module computes must
/// not depend on that.
///
/// # Errors
///
/// As [`canonical`].
pub fn scramble(wasm: &[u8]) -> Result<Canonical, CanonicalNanError> {
    rewrite(wasm, true)
}

/// Finds out whether a module makes each NaN canonical before its bits can be seen, as [`canonical`] has it.
///
/// # Errors
///
/// [`CanonicalNanError::Visible`] for the first that does not, and as [`canonical`].
pub fn verify(wasm: &[u8]) -> Result<(), CanonicalNanError> {
    each_function(wasm, |read, body| {
        match read.marks(read.canonical.clone())?.iter().position(Option::is_some) {
            None => Ok(()),
            Some(at) => {
                let offset = if at == 0 { body.range().start } else { read.ends[at - 1] };
                Err(CanonicalNanError::Visible { function: read.index, offset })
            }
        }
    })
}

fn rewrite(wasm: &[u8], scrambled: bool) -> Result<Canonical, CanonicalNanError> {
    if is_canonical(wasm) {
        return Err(CanonicalNanError::Again);
    }
    let mut code = CodeSection::new();
    let mut done = Canonical { wasm: Vec::new(), computed: 0, made: 0 };
    each_function(wasm, |read, body| {
        let marks = read.marks(vec![None; read.canonical.len()])?;
        code.raw(&read.written(wasm, body, &marks, scrambled, &mut done)?);
        Ok(())
    })?;
    let mut out = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match (&payload, payload.as_section()) {
            (Payload::CodeSectionStart { .. }, _) => {
                out.section(&code);
            }
            (_, Some((id, range))) => {
                out.section(&RawSection { id, data: &wasm[range] });
            }
            _ => {}
        }
    }
    out.section(&CustomSection { name: SECTION.into(), data: (&[]).into() });
    done.wasm = out.finish();
    Ok(done)
}

/// Validates a module, and does something with each of its functions.
fn each_function(
    wasm: &[u8],
    mut work: impl FnMut(&Read, &FunctionBody<'_>) -> Result<(), CanonicalNanError>,
) -> Result<(), CanonicalNanError> {
    let mut validator = Validator::new_with_features(WasmFeatures::default());
    let mut allocations = FuncValidatorAllocations::default();
    let mut borders = Borders::default();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        borders.check(&payload)?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            let mut validator = function.into_validator(allocations);
            work(&Read::new(&body, &mut validator)?, &body)?;
            allocations = validator.into_allocations();
        }
    }
    Ok(())
}

/// The types at the borders of the module and of its functions: no numbers may pass there.
#[derive(Default)]
struct Borders {
    types: Vec<FuncType>,
    /// The types of functions, imported ones first.
    functions: Vec<u32>,
}

impl Borders {
    fn check(&mut self, payload: &Payload<'_>) -> Result<(), CanonicalNanError> {
        match payload {
            Payload::TypeSection(types) => {
                self.types = types.clone().into_iter_err_on_gc_types().collect::<Result<_, _>>()?;
            }
            Payload::ImportSection(imports) => {
                for import in imports.clone().into_imports() {
                    let import = import?;
                    match import.ty {
                        TypeRef::Func(of) => {
                            self.functions.push(of);
                            self.has_no_numbers(of, || format!("the import {}", import.name))?;
                        }
                        TypeRef::Global(global) => {
                            is_no_number(global.content_type, || format!("the import {}", import.name))?;
                        }
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                for of in functions.clone() {
                    self.functions.push(of?);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals.clone() {
                    is_no_number(global?.ty.content_type, || "a global".to_owned())?;
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports.clone() {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        let of = self.functions.get(export.index as usize).copied().unwrap_or(u32::MAX);
                        self.has_no_numbers(of, || format!("the export {}", export.name))?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn has_no_numbers(&self, of: u32, place: impl Fn() -> String) -> Result<(), CanonicalNanError> {
        let types = self.types.get(of as usize).map(|of| of.params().iter().chain(of.results()));
        types.into_iter().flatten().try_for_each(|ty| is_no_number(*ty, &place))
    }
}

/// Refuses numbers at a place that is not in a function.
fn is_no_number(of: ValType, place: impl Fn() -> String) -> Result<(), CanonicalNanError> {
    match kind(of) {
        Kind::Other => Ok(()),
        Kind::Scalar(_) | Kind::Vector => Err(CanonicalNanError::Unsupported {
            place: place(),
            what: "numbers outside of functions are not supported",
        }),
    }
}
