//! Program order: every loop is looked at once for all its iterations, or walked where that proves nothing.

use std::collections::HashMap;
use std::sync::Arc;

use cim_isa::instr::Affine;
use cim_isa::program::{HostValue, ProgramMode};
use cim_isa::types::TileId;
use cim_isa::{Instr, Program, Space};
use cim_machine::Machine;

use super::block;
use super::intervals::Intervals;
use super::{CheckError, CheckOptions};
use crate::access::{Access, Kind, accesses};
use crate::cells::PortFormat;
use crate::error::InstrPath;
use crate::extent::range;
use crate::memory::space_name;
use crate::tile::TileView;

/// Why a list of instructions was not accepted.
pub enum Stop {
    /// It is wrong.
    Error(String),
    /// It may be right; the loops have to be walked.
    Unclear(String),
}

/// (path inside the top-level instruction, innermost first; reason).
type Failure = (Vec<u32>, Stop);

type Terms = Vec<(u8, i64)>;

/// Intervals in one set before an access is no longer split into pieces.
const MAX_PIECES: u64 = 1 << 20;

/// What has been written so far.
#[derive(Clone, Default)]
struct Written {
    /// Bytes of L0 and L1, at fixed addresses.
    fixed: [Intervals; 2],
    /// Bytes written in the present iteration at addresses that move with the loops, by space and movement.
    moving: HashMap<(Space, Terms), Intervals>,
    /// Columns programmed from column 0, per row of each crossbar.
    cells: Arc<HashMap<u64, Vec<u32>>>,
    floats: Vec<bool>,
}

/// The walk over a program.
pub struct Flow<'p> {
    program: &'p Program,
    crossbars: u64,
    per_core: u64,
    rows: u32,
    options: CheckOptions,
    written: Written,
    steps: u64,
    init: bool,
    /// Trip counts of the open loops (looked at once), or their present indices (walked).
    trips: Vec<u64>,
    indices: Option<Vec<u64>>,
}

fn slot(space: Space) -> usize {
    match space {
        Space::L0 => 0,
        Space::L1 => 1,
    }
}

/// Contiguous pieces of an access, relative to the movement that it keeps.
fn pieces(a: &Access, mut each: impl FnMut(i128, i128)) {
    let base = i128::from(a.at.base);
    a.pieces(|offset| each(base + offset, base + offset + i128::from(a.len)));
}

impl<'p> Flow<'p> {
    /// A walk from the start of the program: nothing is written but the model inputs.
    pub fn new(program: &'p Program, machine: &Machine, options: CheckOptions) -> Flow<'p> {
        let mut written = Written { floats: vec![false; program.host_tensors.len()], ..Written::default() };
        for input in &program.inputs {
            if let Some(f) = written.floats.get_mut(input.tensor.index()) {
                *f = true;
            }
        }
        Flow {
            program,
            crossbars: machine.crossbars(),
            per_core: machine.crossbars_per_core().max(1),
            rows: machine.crossbar.rows,
            options,
            written,
            steps: 0,
            init: true,
            trips: Vec::new(),
            indices: None,
        }
    }

    /// Walks `init` and `main`.
    pub fn run(mut self) -> Vec<CheckError> {
        let program = self.program;
        let mut errors = Vec::new();
        for (init, list) in [(true, &program.init), (false, &program.main)] {
            self.init = init;
            for (i, instr) in list.iter().enumerate() {
                if let Err((mut at, reason)) = self.top(instr) {
                    at.push(i as u32);
                    at.reverse();
                    errors.push(CheckError::At { path: InstrPath { init, at }, reason });
                    if errors.len() >= self.options.max_errors {
                        return errors;
                    }
                }
            }
        }
        for output in &program.outputs {
            if self.written.floats.get(output.tensor.index()) != Some(&true) {
                errors.push(CheckError::Mismatch(format!("model output `{}` is never computed", output.name)));
            }
        }
        errors
    }

    /// A top-level instruction: first for all iterations at once, then walked if that leaves a doubt.
    fn top(&mut self, instr: &Instr) -> Result<(), (Vec<u32>, String)> {
        let before = matches!(instr, Instr::Loop { .. }).then(|| self.written.clone());
        let (at, stop) = match self.step(instr) {
            Ok(()) => return Ok(()),
            Err(failure) => failure,
        };
        self.trips.clear();
        let doubt = match stop {
            Stop::Error(reason) => return Err((at, reason)),
            Stop::Unclear(doubt) => doubt,
        };
        let Some(before) = before else { return Err((at, doubt)) };
        self.written = before;
        self.indices = Some(Vec::new());
        let result = self.step(instr);
        self.indices = None;
        self.trips.clear();
        result.map_err(|(inner, stop)| match stop {
            Stop::Error(reason) => (inner, reason),
            Stop::Unclear(reason) => (at, format!("{doubt}; {reason}")),
        })
    }

    fn step(&mut self, instr: &Instr) -> Result<(), Failure> {
        match instr {
            Instr::Loop { trip, body } => self.looped(*trip, body),
            Instr::Parallel { body } => self.parallel(body),
            leaf => {
                let all = self.accesses(leaf).map_err(|s| (Vec::new(), s))?;
                self.leaf(leaf, &all).map_err(|s| (Vec::new(), s))?;
                self.record(leaf, &all).map_err(|s| (Vec::new(), s))
            }
        }
    }

    fn list(&mut self, body: &[Instr]) -> Result<(), Failure> {
        for (i, instr) in body.iter().enumerate() {
            self.step(instr).map_err(|(mut at, stop)| {
                at.push(i as u32);
                (at, stop)
            })?;
        }
        Ok(())
    }

    fn looped(&mut self, trip: u64, body: &[Instr]) -> Result<(), Failure> {
        if self.trips.len() >= 16 {
            return Err((Vec::new(), Stop::Error("loops are nested more than 16 deep".into())));
        }
        if trip == 0 {
            return Ok(());
        }
        self.trips.push(trip);
        if let Some(depth) = self.indices.as_ref().map(Vec::len) {
            for i in 0..trip {
                if let Some(indices) = &mut self.indices {
                    indices.truncate(depth);
                    indices.push(i);
                }
                self.list(body)?;
            }
            if let Some(indices) = &mut self.indices {
                indices.truncate(depth);
            }
            self.trips.pop();
            return Ok(());
        }
        self.list(body)?;
        self.trips.pop();
        self.leave(self.trips.len() as u8, trip).map_err(|s| (Vec::new(), s))
    }

    /// After a loop its index has taken every value: what moved with it becomes a larger set.
    fn leave(&mut self, depth: u8, trip: u64) -> Result<(), Stop> {
        let moved: Vec<(Space, Terms)> =
            self.written.moving.keys().filter(|k| k.1.iter().any(|t| t.0 == depth)).cloned().collect();
        for key in moved {
            let Some(set) = self.written.moving.remove(&key) else { continue };
            let stride = key.1.iter().find(|t| t.0 == depth).map_or(0, |t| i128::from(t.1));
            let terms: Terms = key.1.into_iter().filter(|t| t.0 != depth).collect();
            let mut pieces = 0u64;
            let target = match terms.is_empty() {
                true => &mut self.written.fixed[slot(key.0)],
                false => self.written.moving.entry((key.0, terms)).or_default(),
            };
            for (start, end) in set.iter() {
                let far = stride.saturating_mul(i128::from(trip.saturating_sub(1)));
                if stride.abs() <= end - start {
                    target.insert(start + far.min(0), end + far.max(0));
                    continue;
                }
                pieces = pieces.saturating_add(trip);
                if pieces > MAX_PIECES {
                    return Err(Stop::Unclear("a loop writes more separate pieces than are followed".into()));
                }
                (0..i128::from(trip)).for_each(|i| target.insert(start + i * stride, end + i * stride));
            }
        }
        Ok(())
    }

    fn parallel(&mut self, body: &[Instr]) -> Result<(), Failure> {
        let mut all = Vec::new();
        let mut crossbars = Vec::new();
        let mut lists = Vec::with_capacity(body.len());
        for (i, instr) in body.iter().enumerate() {
            let here = |stop| (vec![i as u32], stop);
            if matches!(instr, Instr::Loop { .. } | Instr::Parallel { .. }) {
                return Err(here(Stop::Error("a parallel block holds leaf instructions only".into())));
            }
            let accesses = self.accesses(instr).map_err(here)?;
            self.leaf(instr, &accesses).map_err(here)?;
            all.extend(accesses.iter().map(|a| (i, a.clone())));
            crossbars.extend(self.crossbars_of(instr).into_iter().map(|(xb, n)| (i, xb, n)));
            lists.push(accesses);
        }
        let trips = if self.indices.is_some() { &[][..] } else { &self.trips[..] };
        block::bytes(&all, trips).and_then(|()| block::crossbars(&crossbars, trips)).map_err(|s| (Vec::new(), s))?;
        for (i, (instr, accesses)) in body.iter().zip(&lists).enumerate() {
            self.record(instr, accesses).map_err(|s| (vec![i as u32], s))?;
        }
        Ok(())
    }

    /// An address with the walked indices filled in.
    fn resolved(&self, a: &Affine) -> Affine {
        match &self.indices {
            Some(indices) => Affine::constant(a.eval(indices)),
            None => a.clone(),
        }
    }

    fn trips(&self) -> &[u64] {
        if self.indices.is_some() { &[] } else { &self.trips }
    }

    fn accesses(&mut self, instr: &Instr) -> Result<Vec<Access>, Stop> {
        let mut all = accesses(self.program, instr);
        all.retain(|a| !a.is_empty());
        for a in &mut all {
            a.at = self.resolved(&a.at);
        }
        if self.indices.is_some() {
            self.steps = all.iter().fold(self.steps + 1, |n, a| n.saturating_add(a.piece_count()));
            if self.steps > self.options.max_steps {
                let limit = self.options.max_steps;
                return Err(Stop::Unclear(format!("not proven within {limit} steps")));
            }
        }
        Ok(all)
    }

    /// Checks one instruction against what was written before.
    fn leaf(&self, instr: &Instr, all: &[Access]) -> Result<(), Stop> {
        self.crossbar_rules(instr)?;
        for access in all {
            self.in_range(instr, access)?;
        }
        for access in all.iter().filter(|a| a.kind == Kind::Read) {
            self.written_before(access)?;
        }
        let Instr::Host { op } = instr else { return Ok(()) };
        let Some(op) = self.program.host_ops.get(op.index()) else {
            return Err(Stop::Error(format!("host operator {} does not exist", op.0)));
        };
        for value in &op.inputs {
            if let HostValue::Tensor(id) = value
                && self.written.floats.get(id.index()) != Some(&true)
            {
                let name = self.program.host_tensors.get(id.index()).map_or("?", |t| t.name.as_str());
                return Err(Stop::Error(format!("host operator `{}` reads `{name}` before it is computed", op.name)));
            }
        }
        Ok(())
    }

    fn in_range(&self, instr: &Instr, a: &Access) -> Result<(), Stop> {
        let (lo, hi) = range(&a.at, self.trips());
        let (from, to) = a.reach();
        let (start, end) = (lo + from, hi + to);
        let span = i128::from(self.program.l1_span);
        let size = match a.space {
            Space::L0 => i128::from(self.program.l0_bytes),
            Space::L1 => span.saturating_mul(i128::from(self.crossbars / self.per_core)),
        };
        if start < 0 || end > size {
            return Err(Stop::Error(format!(
                "bytes {start}..{end} of {} are needed, available are {size}",
                space_name(a.space)
            )));
        }
        if a.space == Space::L0 {
            return Ok(());
        }
        let core = |at: i128| at / span.max(1);
        // Which core a crossbar instruction must stay in.
        let owner = self.crossbars_of(instr).first().map(|(xb, _)| range(xb, self.trips()));
        if let Some((first, last)) = owner {
            let (first, last) = (first / i128::from(self.per_core), last / i128::from(self.per_core));
            if first != last {
                return Err(Stop::Unclear("crossbars of several cores in one loop".into()));
            }
            if core(start) != first || core(end - 1) != first {
                return Err(Stop::Error(format!(
                    "bytes {start}..{end} of L1 are not in the buffer of core {first}, whose crossbar is read"
                )));
            }
        }
        // The digital units of a core see its own buffer only; moves go anywhere.
        if matches!(instr, Instr::Mov { .. } | Instr::Fill { .. } | Instr::Host { .. }) || core(start) == core(end - 1)
        {
            return Ok(());
        }
        let text = format!("bytes {start}..{end} of L1 lie in the buffers of several cores");
        Err(if self.trips().is_empty() { Stop::Error(text) } else { Stop::Unclear(text) })
    }

    /// Is every byte of a read written, in all iterations?
    fn written_before(&self, a: &Access) -> Result<(), Stop> {
        let fixed = &self.written.fixed[slot(a.space)];
        let (lo, hi) = range(&a.at, self.trips());
        let reach = a.reach();
        if fixed.covers(lo + reach.0, hi + reach.1) {
            return Ok(());
        }
        let fault = |at: i128| {
            format!(
                "byte {at} of {} is read but not written before (bytes {}..{})",
                space_name(a.space),
                lo + reach.0,
                hi + reach.1
            )
        };
        let mut gap = None;
        if a.at.terms.is_empty() {
            if a.piece_count() > MAX_PIECES {
                return Err(Stop::Unclear(fault(lo + reach.0)));
            }
            pieces(a, |start, end| gap = gap.or(fixed.first_gap(start, end)));
            return gap.map_or(Ok(()), |at| Err(Stop::Error(fault(at))));
        }
        // Writes of this iteration that move like the read, or like some of its terms: the others then become dimensions.
        let candidates = self.written.moving.iter().filter(|(k, _)| k.0 == a.space);
        for ((_, terms), moving) in candidates.filter(|(k, _)| k.1.iter().all(|t| a.at.terms.contains(t))) {
            let Some(wide) = self.without(a, terms) else { continue };
            let mut covered = true;
            pieces(&wide, |start, end| {
                moving.gaps(start, end, |s, e| {
                    let shift = Affine { base: 0, terms: terms.clone() };
                    let (lo, hi) = range(&shift, self.trips());
                    covered &= fixed.covers(s + lo, e + hi);
                });
            });
            if covered {
                return Ok(());
            }
        }
        // Nothing moves alike: the exact set over all iterations, when it is small enough.
        if let Some(wide) = self.without(a, &[]) {
            pieces(&wide, |start, end| gap = gap.or(fixed.first_gap(start, end)));
            if gap.is_none() {
                return Ok(());
            }
        }
        Err(Stop::Unclear(fault(gap.unwrap_or(lo + reach.0))))
    }

    /// The access with all loop terms but `kept` turned into dimensions; None when that gives too many pieces.
    fn without(&self, a: &Access, kept: &[(u8, i64)]) -> Option<Access> {
        let mut a = a.clone();
        for (depth, stride) in std::mem::take(&mut a.at.terms) {
            if kept.contains(&(depth, stride)) {
                a.at.terms.push((depth, stride));
            } else {
                a.dims.push((self.trips().get(depth as usize).copied().unwrap_or(1), stride));
            }
        }
        // Continuing dimensions merge from the innermost, so the smallest stride goes last.
        a.dims.sort_by_key(|d| std::cmp::Reverse(d.1.unsigned_abs()));
        let a = a.simplified();
        (a.piece_count() <= MAX_PIECES).then_some(a)
    }

    /// Crossbars that an instruction uses: (first, number).
    fn crossbars_of(&self, instr: &Instr) -> Vec<(Affine, u64)> {
        match instr {
            Instr::WriteXb { xb, .. } | Instr::WriteRow { xb, .. } | Instr::ReadRow { xb, .. } => {
                vec![(self.resolved(xb), 1)]
            }
            Instr::ReadXb { xb, len, .. } => vec![(self.resolved(xb), u64::from(*len))],
            Instr::WriteCore { resident } | Instr::ReadCore { resident, .. } => {
                let entry = self.program.residents.get(resident.index());
                let placed = entry.map_or(&[][..], |r| &r.placement);
                placed.iter().map(|p| (Affine::constant(i64::from(p.1)), 1)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Mode, existence of crossbars, rows, and programmed cells.
    fn crossbar_rules(&self, instr: &Instr) -> Result<(), Stop> {
        let mode = match instr {
            Instr::WriteXb { .. } | Instr::ReadXb { .. } => ProgramMode::Xbm,
            Instr::WriteRow { .. } | Instr::ReadRow { .. } => ProgramMode::Wlm,
            Instr::WriteCore { .. } | Instr::ReadCore { .. } => ProgramMode::Cm,
            _ => return Ok(()),
        };
        let error = |text: String| Err(Stop::Error(text));
        if mode != self.program.mode {
            return error(format!("an instruction of mode {mode:?} in a program of mode {:?}", self.program.mode));
        }
        for (xb, len) in self.crossbars_of(instr) {
            let (first, last) = range(&xb, self.trips());
            if first < 0 || last + i128::from(len) > i128::from(self.crossbars) {
                let (end, available) = (last + i128::from(len), self.crossbars);
                return error(format!("crossbars {first}..{end} are needed, available are {available}"));
            }
        }
        let port = |id: cim_isa::types::PortId| {
            self.program.ports.get(id.index()).ok_or_else(|| Stop::Error(format!("port {} does not exist", id.0)))
        };
        match instr {
            Instr::ReadXb { xb, len, rows, dst_stride, port: id, .. } => {
                let port = port(*id)?;
                let out = u64::from(port.outputs) * u64::from(port.output.bytes());
                if *len > 1 && *dst_stride < out {
                    return error(format!("outputs of {out} bytes every {dst_stride} bytes overlap"));
                }
                let per_core = i128::from(self.per_core);
                let (first, last) = range(&self.resolved(xb), self.trips());
                let end = last + i128::from(*len);
                if first / per_core != (end - 1).max(first) / per_core {
                    let text = format!("crossbars {first}..{end} lie on several cores");
                    return Err(if first == last { Stop::Error(text) } else { Stop::Unclear(text) });
                }
                let cols = PortFormat::of(port, port.outputs).cols();
                self.programmed(xb, u64::from(*len), (0, u64::from(*rows)), cols)
            }
            Instr::ReadRow { xb, row, len, port: id, .. } => {
                let port = port(*id)?;
                if *len > self.program.rows_per_conversion {
                    let available = self.program.rows_per_conversion;
                    return error(format!("{len} rows in one conversion, available are {available}"));
                }
                let (first, last) = range(&self.resolved(row), self.trips());
                if first < 0 || last + i128::from(*len) > i128::from(self.rows) {
                    let end = last + i128::from(*len);
                    return error(format!("rows {first}..{end} are needed, a crossbar has {}", self.rows));
                }
                let cols = PortFormat::of(port, port.outputs).cols();
                self.programmed(xb, 1, (first as u64, (last + i128::from(*len)) as u64), cols)
            }
            Instr::ReadCore { resident, .. } => {
                let Some(entry) = self.program.residents.get(resident.index()) else {
                    return error(format!("core residency entry {} does not exist", resident.0));
                };
                let port = port(entry.port)?;
                for (tile, xb) in &entry.placement {
                    let tile = self.tile(*tile)?;
                    let cols = PortFormat::of(port, tile.shape.outputs()).cols();
                    let rows = (0, u64::from(tile.shape.crossbar_rows()));
                    self.programmed(&Affine::constant(i64::from(*xb)), 1, rows, cols)?;
                }
                Ok(())
            }
            Instr::WriteRow { row, len, .. } if u64::from(*row) + u64::from(*len) > u64::from(self.rows) => {
                let end = u64::from(*row) + u64::from(*len);
                error(format!("rows {row}..{end} are needed, a crossbar has {}", self.rows))
            }
            _ => Ok(()),
        }
    }

    fn tile(&self, id: TileId) -> Result<TileView<'p>, Stop> {
        TileView::new(self.program, id).map_err(Stop::Error)
    }

    /// Are the cells of a read programmed, for every crossbar it reaches over the loops?
    fn programmed(&self, xb: &Affine, len: u64, rows: (u64, u64), cols: u32) -> Result<(), Stop> {
        let xb = self.resolved(xb);
        let (first, last) = range(&xb, self.trips());
        if last - first > 1 << 16 {
            return Err(Stop::Unclear("a loop over more crossbars than are followed".into()));
        }
        let missing = |xb: u64| {
            let done = self.written.cells.get(&xb);
            let rows = rows.0 as usize..rows.1 as usize;
            let all = done.and_then(|d| d.get(rows)).is_some_and(|r| r.iter().all(|n| *n >= cols));
            !all
        };
        let failed = (first as u64..last as u64 + len).find(|x| missing(*x));
        let Some(found) = failed else { return Ok(()) };
        let text = format!(
            "crossbar {found}: rows {}..{} of columns 0..{cols} are read but not all programmed",
            rows.0, rows.1
        );
        // In a loop the first and the last crossbar need not be followed by all between, nor rows by all rows.
        Err(if self.trips().is_empty() { Stop::Error(text) } else { Stop::Unclear(text) })
    }

    /// Remembers what an instruction writes.
    fn record(&mut self, instr: &Instr, all: &[Access]) -> Result<(), Stop> {
        for a in all.iter().filter(|a| a.kind == Kind::Write) {
            if a.piece_count() > MAX_PIECES {
                return Err(Stop::Unclear("an instruction writes more separate pieces than are followed".into()));
            }
            let set = match a.at.terms.is_empty() {
                true => &mut self.written.fixed[slot(a.space)],
                false => self.written.moving.entry((a.space, a.at.terms.clone())).or_default(),
            };
            let base = i128::from(a.at.base);
            a.pieces(|offset| set.insert(base + offset, base + offset + i128::from(a.len)));
        }
        match instr {
            Instr::Host { op } => {
                let output = self.program.host_ops.get(op.index()).map(|o| o.output);
                if let Some(HostValue::Tensor(id)) = output
                    && let Some(f) = self.written.floats.get_mut(id.index())
                {
                    *f = true;
                }
                Ok(())
            }
            Instr::WriteXb { xb, tile } => {
                let tile = self.tile(*tile)?;
                self.program_rows(xb, 0, tile.shape.crossbar_rows(), tile.crossbar_cols())
            }
            Instr::WriteRow { xb, row, tile, tile_row, len } => {
                let tile = self.tile(*tile)?;
                let rows = tile.shape.crossbar_rows();
                if u64::from(*tile_row) + u64::from(*len) > u64::from(rows) {
                    let end = u64::from(*tile_row) + u64::from(*len);
                    return Err(Stop::Error(format!("rows {tile_row}..{end} of a tile of {rows} rows")));
                }
                self.program_rows(xb, *row, *len, tile.crossbar_cols())
            }
            Instr::WriteCore { resident } => {
                let entry = self.program.residents.get(resident.index());
                let Some(entry) = entry else {
                    return Err(Stop::Error(format!("core residency entry {} does not exist", resident.0)));
                };
                for (id, xb) in &entry.placement {
                    let tile = self.tile(*id)?;
                    let xb = Affine::constant(i64::from(*xb));
                    self.program_rows(&xb, 0, tile.shape.crossbar_rows(), tile.crossbar_cols())?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn program_rows(&mut self, xb: &Affine, row: u32, len: u32, cols: u32) -> Result<(), Stop> {
        let xb = self.resolved(xb);
        if !xb.terms.is_empty() {
            return Err(Stop::Unclear("a loop programs crossbars".into()));
        }
        let total = self.rows as usize;
        let rows =
            Arc::make_mut(&mut self.written.cells).entry(xb.base.max(0) as u64).or_insert_with(|| vec![0; total]);
        let end = (row as usize).saturating_add(len as usize);
        if let Some(rows) = rows.get_mut(row as usize..end) {
            rows.iter_mut().for_each(|r| *r = (*r).max(cols));
        }
        Ok(())
    }
}
