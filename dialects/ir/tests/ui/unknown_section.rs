cim_ir::op! {
    /// Docs.
    pub Op = "t.op" {
        operand { a: cim_ir::constraints::ANY_TYPE }
    }
}
fn main() {}
