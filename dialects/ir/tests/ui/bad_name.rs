cim_ir::op! {
    /// Docs.
    pub BadName = "nodialect" {}
}
fn main() {}
