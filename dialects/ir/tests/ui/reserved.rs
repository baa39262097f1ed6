use cim_ir::constraints::ANY_TYPE;
cim_ir::op! {
    /// Docs.
    pub Op = "t.op" {
        operands { op: ANY_TYPE }
    }
}
fn main() {}
