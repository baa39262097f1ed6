//! Pipelines of passes: built by hand or from text, printed back as text.

use crate::pass::Pass;
use crate::pipeline::{self, Element, PipelineError};
use crate::registry::PassRegistry;

/// Name of the anchor that fits every operation.
pub const ANY: &str = "any";

/// Passes that run in turn on one operation of a kind.
pub struct OpPassManager {
    anchor: String,
    items: Vec<Item>,
}

impl std::fmt::Debug for OpPassManager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

/// One step of a pipeline.
pub(crate) enum Item {
    Pass(Box<dyn Pass>),
    Nested(OpPassManager),
}

impl OpPassManager {
    /// An empty pipeline for operations of a name, or for all ([`ANY`]).
    pub fn new(anchor: &str) -> Self {
        OpPassManager { anchor: anchor.to_string(), items: Vec::new() }
    }
    /// Reads `anchor(pass, ...)`.
    pub fn parse(registry: &PassRegistry, text: &str) -> Result<Self, PipelineError> {
        let (anchor, body) = pipeline::split_anchor(text)?;
        let mut pm = OpPassManager::new(anchor);
        pm.parse_into(registry, body)?;
        Ok(pm)
    }
    /// Appends what a pipeline body (without anchor) says.
    pub fn parse_into(&mut self, registry: &PassRegistry, body: &str) -> Result<(), PipelineError> {
        let elements = pipeline::parse_body(body)?;
        self.add_elements(registry, &elements, body)
    }

    fn add_elements(&mut self, registry: &PassRegistry, elements: &[Element], body: &str) -> Result<(), PipelineError> {
        for element in elements {
            match element {
                Element::Nested(text) => {
                    let mut nested = OpPassManager::new(&text.anchor);
                    nested.add_elements(registry, &text.elements, body)?;
                    self.items.push(Item::Nested(nested));
                }
                Element::Pass { name, options, at } => match self.add_by_name(registry, name, options) {
                    Some(Ok(())) => {}
                    Some(Err(why)) => {
                        return Err(PipelineError {
                            message: format!("{why}\nfailed to add `{name}` with options `{options}`\n"),
                        });
                    }
                    None => {
                        let what = format!("'{name}' does not refer to a registered pass or pass pipeline");
                        return Err(PipelineError::at(body, *at, &what));
                    }
                },
            }
        }
        Ok(())
    }

    /// Appends a registered pass or pipeline with option text; None when the name is unknown.
    pub fn add_by_name(&mut self, registry: &PassRegistry, name: &str, options: &str) -> Option<Result<(), String>> {
        let Some(mut pass) = registry.create(name) else { return registry.expand(name, options, self) };
        let ready = pass.read_options(options).map_err(|e| e.to_string()).and_then(|()| pass.initialize(registry));
        Some(ready.map(|()| self.push(pass)))
    }
    fn push(&mut self, pass: Box<dyn Pass>) {
        self.items.push(Item::Pass(pass));
    }
    /// Nests passes that are restricted to an operation under that operation, where they are not already.
    pub fn nest_restricted(&mut self) {
        for item in &mut self.items {
            let anchor = match item {
                Item::Pass(p) => p.info().anchor.filter(|a| *a != self.anchor),
                Item::Nested(_) => None,
            };
            if let Some(anchor) = anchor {
                let pass = std::mem::replace(item, Item::Nested(OpPassManager::new(anchor)));
                if let Item::Nested(pm) = item {
                    pm.items.push(pass);
                }
            }
        }
    }
    /// An error if a pass cannot run where it stands.
    pub fn check(&self) -> Result<(), String> {
        self.items.iter().try_for_each(|item| match item {
            Item::Nested(pm) => pm.check(),
            Item::Pass(p) if p.info().anchor.is_some_and(|a| a != self.anchor) => Err(format!(
                "unable to schedule pass '{}' on a PassManager intended to run on '{}'!",
                p.info().display,
                self.anchor
            )),
            Item::Pass(_) => Ok(()),
        })
    }

    /// Appends a pass. One that is restricted to another operation is nested under that operation.
    pub fn add(&mut self, pass: impl Pass + 'static) -> &mut Self {
        match pass.info().anchor {
            Some(anchor) if anchor != self.anchor => self.nest(anchor).items.push(Item::Pass(Box::new(pass))),
            _ => self.items.push(Item::Pass(Box::new(pass))),
        }
        self
    }
    /// Appends a pipeline for operations directly inside.
    pub fn nest(&mut self, anchor: &str) -> &mut OpPassManager {
        self.items.push(Item::Nested(OpPassManager::new(anchor)));
        match self.items.last_mut() {
            Some(Item::Nested(pm)) => pm,
            _ => unreachable!("a nested pipeline was just added"),
        }
    }
    /// Appends the steps of another pipeline.
    pub fn append(&mut self, other: OpPassManager) {
        self.items.extend(other.items);
    }
    pub(crate) fn initialize(&mut self, registry: &PassRegistry) -> Result<(), String> {
        self.items.iter_mut().try_for_each(|item| match item {
            Item::Pass(p) => p.initialize(registry),
            Item::Nested(pm) => pm.initialize(registry),
        })
    }

    /// Operation name it runs on, or [`ANY`].
    pub fn anchor(&self) -> &str {
        &self.anchor
    }
    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }
    /// Number of steps.
    pub fn len(&self) -> usize {
        self.items.len()
    }
    /// True without steps.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
    /// Whether it runs on operations of this name.
    pub fn fits(&self, op_name: &str) -> bool {
        self.anchor == ANY || self.anchor == op_name
    }
    /// Calls `f` for every pass, in order.
    pub fn for_each_pass<'a>(&'a self, f: &mut dyn FnMut(&'a dyn Pass)) {
        for item in &self.items {
            match item {
                Item::Pass(p) => f(&**p),
                Item::Nested(pm) => pm.for_each_pass(f),
            }
        }
    }

    /// The pipeline on one line: `builtin.module(cse, func.func(symbol-dce))`.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, None);
        out
    }
    /// One pass a line, as `--dump-pass-pipeline` prints it.
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, Some(0));
        out
    }
    fn write(&self, out: &mut String, indent: Option<usize>) {
        let line = |out: &mut String, depth: usize| {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', depth));
        };
        out.push_str(&self.anchor);
        out.push('(');
        for (i, item) in self.items.iter().enumerate() {
            if i > 0 {
                out.push_str(if indent.is_some() { "," } else { ", " });
            }
            if let Some(depth) = indent {
                line(out, depth + 2);
            }
            match item {
                Item::Pass(p) => {
                    out.push_str(p.info().name);
                    out.push_str(&p.write_options());
                }
                Item::Nested(pm) => pm.write(out, indent.map(|d| d + 2)),
            }
        }
        if let Some(depth) = indent.filter(|_| !self.items.is_empty()) {
            line(out, depth);
        }
        out.push(')');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PassResult, PassRun, options, pass};

    pass! {
        /// Does nothing.
        pub struct Nop = "nop", "Nop" {
            options {
                /// How often
                times: u32 = 1,
                /// Names
                names: Vec<String> = Vec::new(),
            }
        }
    }
    impl Pass for Nop {
        fn run(&self, _: &mut PassRun<'_>) -> PassResult {
            Ok(())
        }
    }
    pass! {
        /// Only for functions.
        pub struct OnFunc = "on-func", "OnFunc" on "func.func" {}
    }
    impl Pass for OnFunc {
        fn run(&self, _: &mut PassRun<'_>) -> PassResult {
            Ok(())
        }
    }
    options! {
        /// Options of the pipeline.
        struct Twice {
            /// How often
            times: u32 = 2,
        }
    }

    fn registry() -> PassRegistry {
        let mut r = PassRegistry::new();
        r.add::<Nop>();
        r.add::<OnFunc>();
        r.add_pipeline::<Twice>("twice", "Two of them", |pm, o| {
            pm.add(Nop { times: o.times, ..Default::default() }).add(OnFunc::default());
        });
        r
    }
    fn parse(text: &str) -> Result<String, String> {
        OpPassManager::parse(&registry(), text).map(|p| p.text()).map_err(|e| e.message)
    }

    #[test]
    fn text_round_trips() {
        let text = "builtin.module(nop{names={a,{b c}} times=1}, func.func(on-func, any(nop{ times=7})))";
        let once = parse("builtin.module( nop{names=a,'b c'}, func.func(on-func,any(nop{times=7})))").unwrap();
        assert_eq!(once, text);
        assert_eq!(parse(&once).unwrap(), once);
    }

    #[test]
    fn pretty_form_is_that_of_mlir() {
        let pm = OpPassManager::parse(&registry(), "builtin.module(func.func(on-func),nop)").unwrap();
        assert_eq!(pm.pretty(), "builtin.module(\n  func.func(\n    on-func\n  ),\n  nop{ times=1}\n)");
        assert_eq!(OpPassManager::new("any").pretty(), "any()");
    }

    #[test]
    fn named_pipelines_expand() {
        assert_eq!(
            parse("builtin.module(twice{times=3})").unwrap(),
            "builtin.module(nop{ times=3}, func.func(on-func))"
        );
        assert!(parse("builtin.module(twice{x=3})").unwrap_err().contains("no such option x"));
    }

    #[test]
    fn errors_are_worded_as_in_mlir() {
        assert_eq!(
            parse("builtin.module(foo)").unwrap_err(),
            "MLIR Textual PassPipeline Parser:1:1: error: 'foo' does not refer to a registered pass or pass pipeline\nfoo\n^\n"
        );
        assert_eq!(
            parse("builtin.module(nop{a=1})").unwrap_err(),
            "<Pass-Options-Parser>: no such option a\nfailed to add `nop` with options `a=1`\n"
        );
        let mut pm = OpPassManager::parse(&registry(), "builtin.module(on-func)").unwrap();
        assert_eq!(
            pm.check().unwrap_err(),
            "unable to schedule pass 'OnFunc' on a PassManager intended to run on 'builtin.module'!"
        );
        pm.nest_restricted();
        assert_eq!(pm.text(), "builtin.module(func.func(on-func))");
        pm.check().unwrap();
    }
}
