use cim_ir::constraints::ANY_TYPE;
cim_ir::op! {
    /// Docs.
    pub Op = "t.op" {
        operands { a: ANY_TYPE }
        results { a: ANY_TYPE }
    }
}
fn main() {}
