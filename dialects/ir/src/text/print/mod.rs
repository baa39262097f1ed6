//! The printer's core: options, output, entry points. What is printed is in the sibling files.

mod aliases;
mod attrs;
mod dense;
mod locs;
mod names;
mod ops;
mod resources;
mod types;

pub use ops::RegionOptions;

use crate::core::{Attribute, Context, Ident, Ir, OpId, Type};
use aliases::{Aliases, Collector};
use names::Names;
use rustc_hash::FxHashMap;
use std::io;

/// Choices of the printer; the names in brackets are those of `mlir-opt`'s flags.
#[derive(Clone, Debug)]
pub struct PrintOptions {
    /// Generic form of all operations (`--mlir-print-op-generic`).
    pub generic: bool,
    /// Locations (`--mlir-print-debuginfo`).
    pub debug_info: bool,
    /// No aliases, and values outside the printed operation are unknown (`--mlir-print-local-scope`).
    pub local_scope: bool,
    /// Elements attributes with more elements are left out (`--mlir-elide-elementsattrs-if-larger`).
    pub elide_elements: Option<u64>,
    /// Resource blobs with a longer text are left out (`--mlir-elide-resource-strings-if-larger`).
    pub elide_resources: Option<u64>,
    /// Elements attributes with more elements that are not all equal are printed as hexadecimal data; None: never
    /// (`--mlir-print-elementsattrs-with-hex-if-larger`).
    pub hex_elements: Option<u64>,
    /// Regions become `{...}` (`--mlir-print-skip-regions`).
    pub skip_regions: bool,
    /// Value numbers do not restart in sibling regions (`--mlir-print-unique-ssa-ids`); always so in generic form.
    pub unique_ids: bool,
}

impl Default for PrintOptions {
    fn default() -> Self {
        PrintOptions {
            generic: false,
            debug_info: false,
            local_scope: false,
            elide_elements: None,
            elide_resources: None,
            hex_elements: Some(100),
            skip_regions: false,
            unique_ids: false,
        }
    }
}

impl PrintOptions {
    /// Generic form.
    pub fn generic() -> Self {
        PrintOptions { generic: true, ..Self::default() }
    }
}

/// Bytes that are gathered before they go to the sink.
const CHUNK: usize = 1 << 16;

/// Where text goes: a buffer, emptied into a sink if there is one.
pub(in crate::text) struct Out<'a> {
    buffer: Vec<u8>,
    sink: Option<&'a mut dyn io::Write>,
    error: Option<io::Error>,
    /// Nothing is written while aliases are collected.
    muted: bool,
}

impl Out<'_> {
    pub(in crate::text) fn str(&mut self, s: &str) {
        self.bytes(s.as_bytes());
    }
    #[inline]
    fn bytes(&mut self, s: &[u8]) {
        if !self.muted {
            self.buffer.extend_from_slice(s);
            if self.buffer.len() >= CHUNK {
                self.flush();
            }
        }
    }
    fn flush(&mut self) {
        if let Some(sink) = &mut self.sink {
            if self.error.is_none() {
                self.error = sink.write_all(&self.buffer).err();
            }
            self.buffer.clear();
        }
    }
    fn uint(&mut self, mut n: u64) {
        let mut digits = [0u8; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (n % 10) as u8;
            n /= 10;
            if n == 0 {
                break;
            }
        }
        self.bytes(&digits[at..]);
    }
    pub(in crate::text) fn int(&mut self, n: i64) {
        if n < 0 {
            self.bytes(b"-");
        }
        self.uint(n.unsigned_abs());
    }
    pub(in crate::text) fn indent(&mut self, n: usize) {
        const SPACES: [u8; 64] = [b' '; 64];
        let mut left = n;
        while left > 0 {
            let now = left.min(SPACES.len());
            self.bytes(&SPACES[..now]);
            left -= now;
        }
    }
}

/// Printer state. Custom assembly of operations, types and attributes uses its public methods ([`crate::text::asm`]).
pub struct OpPrinter<'a> {
    pub(in crate::text) ctx: &'a Context,
    options: PrintOptions,
    pub(in crate::text) out: Out<'a>,
    names: Names,
    aliases: Aliases,
    /// Present while aliases are collected.
    collector: Option<Collector>,
    pub(in crate::text) indent: usize,
    default_dialects: Vec<&'static str>,
    /// Resources in order of first use.
    resources: Vec<Ident>,
    /// Numbers of distinct attributes in order of first use.
    distinct: FxHashMap<u32, u64>,
}

impl<'a> OpPrinter<'a> {
    fn new(ctx: &'a Context, options: &PrintOptions, sink: Option<&'a mut dyn io::Write>) -> Self {
        OpPrinter {
            ctx,
            options: options.clone(),
            out: Out { buffer: Vec::new(), sink, error: None, muted: false },
            names: Names::default(),
            aliases: Aliases::default(),
            collector: None,
            indent: 0,
            default_dialects: vec!["builtin"],
            resources: Vec::new(),
            distinct: FxHashMap::default(),
        }
    }

    fn finish(mut self) -> io::Result<Vec<u8>> {
        self.out.flush();
        match self.out.error {
            Some(e) => Err(e),
            None => Ok(self.out.buffer),
        }
    }

    fn into_string(self) -> String {
        String::from_utf8_lossy(&self.finish().unwrap_or_default()).into_owned()
    }

    /// A whole file: aliases, the operation, aliases of locations, resources, an empty line. In local scope only the operation.
    fn file(&mut self, ir: &Ir, op: OpId) {
        self.number(ir, op);
        if self.options.local_scope {
            self.op(ir, op);
            return self.out.str("\n");
        }
        self.collect_aliases(ir, op);
        self.print_aliases(false);
        self.op(ir, op);
        self.out.str("\n");
        self.print_aliases(true);
        self.print_resources(ir);
        self.out.str("\n");
    }
}

/// Writes an operation as `mlir-opt` writes its output: with aliases and resources, and an empty line at the end.
///
/// # Errors
/// Those of the sink.
pub fn write_module(ir: &Ir, op: OpId, options: &PrintOptions, sink: &mut dyn io::Write) -> io::Result<()> {
    let mut printer = OpPrinter::new(ir.ctx(), options, Some(sink));
    printer.file(ir, op);
    printer.finish().map(drop)
}

/// As [`write_module`], into a string.
pub fn print_module(ir: &Ir, op: OpId, options: &PrintOptions) -> String {
    let mut printer = OpPrinter::new(ir.ctx(), options, None);
    printer.file(ir, op);
    printer.into_string()
}

/// One operation as text, without aliases, without what is around it and without a line end. Values are numbered as in the nearest
/// isolated operation that holds it or that it is.
pub fn print_op(ir: &Ir, op: OpId, options: &PrintOptions) -> String {
    let options = PrintOptions { local_scope: true, ..options.clone() };
    let mut printer = OpPrinter::new(ir.ctx(), &options, None);
    let mut scope = op;
    while !ir.has_trait(scope, crate::op_def::Trait::IsolatedFromAbove)
        && let Some(parent) = ir.parent_op(scope)
    {
        scope = parent;
    }
    printer.number(ir, scope);
    printer.op(ir, op);
    printer.into_string()
}

impl Context {
    /// Text of a type.
    pub fn display_type(&self, ty: Type) -> String {
        let mut printer = OpPrinter::new(self, &PrintOptions::default(), None);
        printer.ty(ty);
        printer.into_string()
    }
    /// Text of an attribute.
    pub fn display_attr(&self, attr: Attribute) -> String {
        let mut printer = OpPrinter::new(self, &PrintOptions::default(), None);
        printer.attr(attr);
        printer.into_string()
    }
    /// Text of a location, with `loc(...)`.
    pub fn display_loc(&self, loc: crate::core::Location) -> String {
        let mut printer = OpPrinter::new(self, &PrintOptions::default(), None);
        printer.location(loc);
        printer.into_string()
    }
}
