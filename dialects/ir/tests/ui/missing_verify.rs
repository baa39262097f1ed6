cim_ir::op! {
    /// Docs.
    pub Op = "t.op" { verify }
}
fn main() {}
