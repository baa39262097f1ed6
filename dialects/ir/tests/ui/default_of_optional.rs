use cim_ir::kinds::I64Attr;
cim_ir::op! {
    /// Docs.
    pub Op = "t.op" {
        props { a?: I64Attr = 1 }
    }
}
fn main() {}
