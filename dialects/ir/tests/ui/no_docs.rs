cim_ir::op! {
    pub NoDocs = "t.no_docs" {}
}
fn main() {}
