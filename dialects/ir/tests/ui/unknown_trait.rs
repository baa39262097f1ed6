cim_ir::op! {
    /// Docs.
    pub Op = "t.op" : [Pur] {}
}
fn main() {}
