//! Locations.

use super::OpPrinter;
use crate::core::{LocData, Location};

impl OpPrinter<'_> {
    /// Prints `loc(...)` in full; locations inside it may be aliases.
    pub(super) fn location(&mut self, loc: Location) {
        self.out.str("loc(");
        self.location_body(loc);
        self.out.str(")");
    }

    /// Prints ` loc(...)` after an operation, by its alias if it has one.
    pub(super) fn trailing_location(&mut self, loc: Location, allow_alias: bool) {
        if !self.options.debug_info {
            return;
        }
        self.out.str(" loc(");
        if !(allow_alias && self.loc_alias(loc)) {
            self.location_body(loc);
        }
        self.out.str(")");
    }

    fn inner_location(&mut self, loc: Location) {
        if !self.loc_alias(loc) {
            self.location_body(loc);
        }
    }

    fn location_body(&mut self, loc: Location) {
        match self.ctx.loc_data(loc) {
            LocData::Unknown => self.out.str("unknown"),
            LocData::File { file, line, column } => {
                self.quoted(self.ctx.str(*file).as_bytes());
                self.numbers(*line, *column);
            }
            LocData::Range { file, span } => {
                let [line, column, end_line, end_column] = **span;
                self.quoted(self.ctx.str(*file).as_bytes());
                self.numbers(line, column);
                self.out.str(" to ");
                if end_line != line {
                    self.out.uint(end_line.into());
                }
                self.out.str(":");
                self.out.uint(end_column.into());
            }
            LocData::Name { name, child } => {
                self.quoted(self.ctx.str(*name).as_bytes());
                if *child != self.ctx.unknown_loc() {
                    self.out.str("(");
                    self.inner_location(*child);
                    self.out.str(")");
                }
            }
            LocData::CallSite { callee, caller } => {
                self.out.str("callsite(");
                self.inner_location(*callee);
                self.out.str(" at ");
                self.inner_location(*caller);
                self.out.str(")");
            }
            LocData::Fused { locs, metadata } => {
                self.out.str("fused");
                if let Some(metadata) = metadata {
                    self.out.str("<");
                    self.attr(*metadata);
                    self.out.str(">");
                }
                self.out.str("[");
                for (i, &loc) in locs.iter().enumerate() {
                    if i > 0 {
                        self.out.str(", ");
                    }
                    self.inner_location(loc);
                }
                self.out.str("]");
            }
        }
    }

    fn numbers(&mut self, line: u32, column: u32) {
        self.out.str(":");
        self.out.uint(line.into());
        self.out.str(":");
        self.out.uint(column.into());
    }
}
