//! How large a program is: instructions by kind, as written and as executed, and bytes by section.

use std::collections::BTreeMap;
use std::fmt;

use crate::codec::section_sizes;
use crate::instr::Instr;
use crate::program::Program;

/// Family of a meta-operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// On crossbars.
    Mop,
    /// Digital computation.
    Dcom,
    /// Data movement.
    Dmov,
    /// On the host.
    Host,
    /// Loops and parallel blocks.
    Control,
}

impl Class {
    /// As in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Mop => "MOP",
            Class::Dcom => "DCOM",
            Class::Dmov => "DMOV",
            Class::Host => "host",
            Class::Control => "control",
        }
    }
}

impl Instr {
    /// Family of this instruction.
    pub fn class(&self) -> Class {
        match self {
            Instr::Loop { .. } | Instr::Parallel { .. } => Class::Control,
            Instr::WriteXb { .. }
            | Instr::WriteRow { .. }
            | Instr::ReadXb { .. }
            | Instr::ReadRow { .. }
            | Instr::WriteCore { .. }
            | Instr::ReadCore { .. } => Class::Mop,
            Instr::Mov { .. } | Instr::Fill { .. } => Class::Dmov,
            Instr::Host { .. } => Class::Host,
            _ => Class::Dcom,
        }
    }
}

/// Occurrences of one kind of instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Family.
    pub class: Class,
    /// In the program text.
    pub written: u64,
    /// Over all trips of the surrounding loops; saturates.
    pub executed: u64,
}

/// Occurrences by mnemonic.
pub type Counts = BTreeMap<&'static str, Count>;

/// Counts a list of instructions.
pub fn count(body: &[Instr]) -> Counts {
    let mut out = Counts::new();
    add(body, 1, &mut out);
    out
}

fn add(body: &[Instr], times: u64, out: &mut Counts) {
    for i in body {
        let c = out.entry(i.mnemonic()).or_insert(Count { class: i.class(), written: 0, executed: 0 });
        c.written += 1;
        c.executed = c.executed.saturating_add(times);
        match i {
            Instr::Loop { trip, body } => add(body, times.saturating_mul(*trip), out),
            Instr::Parallel { body } => add(body, times, out),
            _ => {}
        }
    }
}

/// Figures of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Model name.
    pub name: String,
    /// `cm`, `xbm` or `wlm`.
    pub mode: &'static str,
    /// (section, bytes) in file order.
    pub sections: Vec<(&'static str, u64)>,
    /// Bytes of all sections but the constants.
    pub bytes_without_constants: u64,
    /// Bytes of L0.
    pub l0_bytes: u64,
    /// Bytes of L1 per core.
    pub l1_span: u64,
    /// Instructions of `init`.
    pub init: Counts,
    /// Instructions of `main`.
    pub main: Counts,
}

impl Stats {
    /// Counts a program.
    pub fn of(p: &Program) -> Stats {
        let sections = section_sizes(p);
        Stats {
            name: p.name.clone(),
            mode: p.mode.name(),
            bytes_without_constants: sections.iter().filter(|s| s.0 != "data").map(|s| s.1).sum(),
            sections,
            l0_bytes: p.l0_bytes,
            l1_span: p.l1_span,
            init: count(&p.init),
            main: count(&p.main),
        }
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "program {:?}, mode {}", self.name, self.mode)?;
        writeln!(f, "L0 {} bytes, L1 {} bytes per core", self.l0_bytes, self.l1_span)?;
        for (name, counts) in [("init", &self.init), ("main", &self.main)] {
            writeln!(f, "\n{:<16} {:<8} {:>12} {:>20}", name, "class", "written", "executed")?;
            let mut rows: Vec<_> = counts.iter().collect();
            rows.sort_by_key(|r| (r.1.class, *r.0));
            for (kind, c) in rows {
                writeln!(f, "  {kind:<14} {:<8} {:>12} {:>20}", c.class.name(), c.written, c.executed)?;
            }
            let total = |of: fn(&Count) -> u64| {
                counts.values().filter(|c| c.class != Class::Control).map(of).fold(0, u64::saturating_add)
            };
            writeln!(f, "  {:<14} {:<8} {:>12} {:>20}", "total", "", total(|c| c.written), total(|c| c.executed))?;
        }
        writeln!(f, "\n{:<16} {:>12}", "section", "bytes")?;
        for (name, bytes) in &self.sections {
            writeln!(f, "  {name:<14} {bytes:>12}")?;
        }
        writeln!(f, "  {:<14} {:>12}", "all but data", self.bytes_without_constants)
    }
}
