use cim_ir::constraints::ANY_TYPE;
cim_ir::op! {
    /// Docs.
    pub Op = "t.op" {
        operands { a: ANY_TYPE }
        format "$b attr-dict `:` type($a)"
    }
}
fn main() {}
