//! What is legal after a conversion.

use cim_ir::{Ir, OpId};
use std::collections::HashMap;

type Check = Box<dyn Fn(&Ir, OpId) -> bool + Send + Sync>;

/// What the target says about an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Legality {
    /// May stay.
    Legal,
    /// May stay with everything inside it, whatever that is.
    LegalWithContents,
    /// Must go.
    Illegal,
    /// Nothing is said: stays in a partial conversion, must go in a full one.
    Unknown,
}

enum Rule {
    Always(Legality),
    When(Check),
}

/// Legality by operation, or else by dialect; the longest namespace that fits counts.
#[derive(Default)]
pub struct ConversionTarget {
    ops: HashMap<String, Rule>,
    dialects: HashMap<String, Rule>,
}

impl ConversionTarget {
    /// Nothing is said about anything.
    pub fn new() -> Self {
        Self::default()
    }
    /// The dialect is legal.
    pub fn legal_dialect(&mut self, name: &str) -> &mut Self {
        self.dialect(name, Rule::Always(Legality::Legal))
    }
    /// The dialect is illegal.
    pub fn illegal_dialect(&mut self, name: &str) -> &mut Self {
        self.dialect(name, Rule::Always(Legality::Illegal))
    }
    /// Operations of the dialect are legal when `check` says so, else illegal.
    pub fn dynamic_dialect(
        &mut self,
        name: &str,
        check: impl Fn(&Ir, OpId) -> bool + Send + Sync + 'static,
    ) -> &mut Self {
        self.dialect(name, Rule::When(Box::new(check)))
    }
    /// The operation is legal.
    pub fn legal_op(&mut self, name: &str) -> &mut Self {
        self.op(name, Rule::Always(Legality::Legal))
    }
    /// The operation is legal with everything inside it.
    pub fn legal_with_contents(&mut self, name: &str) -> &mut Self {
        self.op(name, Rule::Always(Legality::LegalWithContents))
    }
    /// The operation is illegal.
    pub fn illegal_op(&mut self, name: &str) -> &mut Self {
        self.op(name, Rule::Always(Legality::Illegal))
    }
    /// The operation is legal when `check` says so, else illegal.
    pub fn dynamic_op(&mut self, name: &str, check: impl Fn(&Ir, OpId) -> bool + Send + Sync + 'static) -> &mut Self {
        self.op(name, Rule::When(Box::new(check)))
    }
    fn op(&mut self, name: &str, rule: Rule) -> &mut Self {
        self.ops.insert(name.to_string(), rule);
        self
    }
    fn dialect(&mut self, name: &str, rule: Rule) -> &mut Self {
        self.dialects.insert(name.to_string(), rule);
        self
    }

    /// What is said about an operation.
    pub fn legality(&self, ir: &Ir, op: OpId) -> Legality {
        let name = ir.name_str(op);
        let mut rule = self.ops.get(name);
        let mut space = name;
        while let (None, Some((shorter, _))) = (rule, space.rsplit_once('.')) {
            space = shorter;
            rule = self.dialects.get(space);
        }
        match rule {
            None => Legality::Unknown,
            Some(Rule::Always(l)) => *l,
            Some(Rule::When(check)) => {
                if check(ir, op) {
                    Legality::Legal
                } else {
                    Legality::Illegal
                }
            }
        }
    }
}
