//! What types become.

use crate::casts;
use cim_ir::rewrite::OpBuilder;
use cim_ir::{Context, Location, Type, ValueId};

type Rule = Box<dyn Fn(&Context, Type) -> Option<Vec<Type>> + Send + Sync>;
type Materialize = Box<dyn Fn(&mut OpBuilder<'_>, &[ValueId], Type, Location) -> Option<ValueId> + Send + Sync>;

/// Converts types and builds operations that carry values across. Rules added last are asked first.
#[derive(Default)]
pub struct TypeConverter {
    rules: Vec<Rule>,
    to_source: Vec<Materialize>,
    to_target: Vec<Materialize>,
}

impl TypeConverter {
    /// No rules: no type can be converted.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds a rule for some types; None passes the question on.
    pub fn add(&mut self, rule: impl Fn(&Context, Type) -> Option<Type> + Send + Sync + 'static) -> &mut Self {
        self.add_many(move |ctx, ty| rule(ctx, ty).map(|t| vec![t]))
    }
    /// Adds a rule that may turn one type into several, or none.
    pub fn add_many(
        &mut self,
        rule: impl Fn(&Context, Type) -> Option<Vec<Type>> + Send + Sync + 'static,
    ) -> &mut Self {
        self.rules.push(Box::new(rule));
        self
    }
    /// How converted values become one of the original type; a cast unless a rule builds something.
    pub fn to_source(
        &mut self,
        build: impl Fn(&mut OpBuilder<'_>, &[ValueId], Type, Location) -> Option<ValueId> + Send + Sync + 'static,
    ) -> &mut Self {
        self.to_source.push(Box::new(build));
        self
    }
    /// How original values become one of a converted type; a cast unless a rule builds something.
    pub fn to_target(
        &mut self,
        build: impl Fn(&mut OpBuilder<'_>, &[ValueId], Type, Location) -> Option<ValueId> + Send + Sync + 'static,
    ) -> &mut Self {
        self.to_target.push(Box::new(build));
        self
    }

    /// What a type becomes; None when no rule knows it.
    pub fn convert(&self, ctx: &Context, ty: Type) -> Option<Vec<Type>> {
        self.rules.iter().rev().find_map(|rule| rule(ctx, ty))
    }
    /// What types become, in a row.
    pub fn convert_all(&self, ctx: &Context, types: &[Type]) -> Option<Vec<Type>> {
        let parts: Option<Vec<Vec<Type>>> = types.iter().map(|t| self.convert(ctx, *t)).collect();
        parts.map(|p| p.concat())
    }
    /// A type is legal when it stays what it is.
    pub fn is_legal(&self, ctx: &Context, ty: Type) -> bool {
        self.convert(ctx, ty).is_some_and(|t| t == [ty])
    }

    pub(crate) fn source_value(&self, b: &mut OpBuilder<'_>, values: &[ValueId], ty: Type, loc: Location) -> ValueId {
        let made = self.to_source.iter().rev().find_map(|f| f(b, values, ty, loc));
        made.or_else(|| casts::cast(b, values, &[ty], loc).first().copied()).unwrap_or(b.placeholder_value())
    }
    pub(crate) fn target_values(
        &self,
        b: &mut OpBuilder<'_>,
        values: &[ValueId],
        types: &[Type],
        loc: Location,
    ) -> Vec<ValueId> {
        if let [ty] = types
            && let Some(made) = self.to_target.iter().rev().find_map(|f| f(b, values, *ty, loc))
        {
            return vec![made];
        }
        casts::cast(b, values, types, loc)
    }
}
