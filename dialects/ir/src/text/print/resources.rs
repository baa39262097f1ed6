//! The resource section.

use super::OpPrinter;
use crate::core::{Ident, Ir, ResourceValue};

impl OpPrinter<'_> {
    /// Remembers a resource that the text refers to.
    pub(super) fn use_resource(&mut self, key: Ident) {
        if !self.out.muted && !self.resources.contains(&key) {
            self.resources.push(key);
        }
    }

    /// Prints the blobs that were referred to, and the resources of others as they were read.
    pub(super) fn print_resources(&mut self, ir: &Ir) {
        let limit = self.options.elide_resources;
        let shown = |len: usize| limit.is_none_or(|l| (len as u64).saturating_mul(2) + 4 <= l);
        let blobs: Vec<_> = std::mem::take(&mut self.resources)
            .into_iter()
            .filter_map(|key| Some((key, self.ctx.aligned_resource(key)?)))
            .filter(|(_, (_, blob))| shown(blob.len() + 4))
            .collect();
        let external: Vec<_> = ir.external_resources().iter().filter(|e| !e.1.is_empty()).collect();
        if blobs.is_empty() && external.is_empty() {
            return;
        }
        self.out.str("\n{-#\n");
        if !blobs.is_empty() {
            self.out.str("  dialect_resources: {\n    builtin: {\n");
            for (i, (key, (alignment, blob))) in blobs.iter().enumerate() {
                self.resource_key(i, self.ctx.str(*key));
                self.out.str("\"0x");
                self.hex_bytes(&alignment.to_le_bytes());
                self.hex_bytes(blob);
                self.out.str("\"");
            }
            self.out.str("\n    }\n  }");
        }
        if !external.is_empty() {
            self.out.str(if blobs.is_empty() { "" } else { ",\n" });
            self.out.str("  external_resources: {\n");
            for (i, (owner, entries)) in external.into_iter().enumerate() {
                self.out.str(if i > 0 { ",\n    " } else { "    " });
                self.out.str(owner);
                self.out.str(": {\n");
                for (i, (key, value)) in entries.iter().enumerate() {
                    self.resource_key(i, key);
                    match value {
                        ResourceValue::Blob(b) => self.blob(b),
                        ResourceValue::String(s) => self.quoted(s),
                        ResourceValue::Bool(b) => self.out.str(if *b { "true" } else { "false" }),
                    }
                }
                self.out.str("\n    }");
            }
            self.out.str("\n  }");
        }
        self.out.str("\n#-}\n");
    }

    fn resource_key(&mut self, index: usize, key: &str) {
        self.out.str(if index > 0 { ",\n      " } else { "      " });
        self.keyword_or_string(key);
        self.out.str(": ");
    }

    fn blob(&mut self, data: &[u8]) {
        self.out.str("\"0x");
        self.hex_bytes(data);
        self.out.str("\"");
    }
}
