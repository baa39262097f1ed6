//! Tables of the program in which every entry appears once.

use cim_dialect::graph::Elements;
use cim_ir::{Attribute, Context};
use cim_isa::Program;
use cim_isa::types::*;
use std::collections::{HashMap, HashSet};

/// Constants, windows, ports and tiles, deduplicated in order of first use.
#[derive(Default)]
pub(super) struct Tables {
    pub constants: Vec<Constant>,
    by_attr: HashMap<(Attribute, ElemType), ConstId>,
    by_ints: HashMap<Vec<i64>, ConstId>,
    names: HashSet<String>,
    windows: Vec<Window>,
    window_ids: HashMap<Window, WindowId>,
    ports: Vec<Port>,
    port_ids: HashMap<Port, PortId>,
    tiles: Vec<Tile>,
    tile_ids: HashMap<Tile, TileId>,
}

impl Tables {
    /// A name like `wanted` that no other entry has.
    pub fn unique(&mut self, wanted: &str) -> String {
        if self.names.insert(wanted.to_string()) {
            return wanted.to_string();
        }
        let mut k = 1u64;
        loop {
            let name = format!("{wanted}.{k}");
            if self.names.insert(name.clone()) {
                return name;
            }
            k += 1;
        }
    }

    /// The constant of a dense attribute; its bytes are shared, not copied, unless it is a splat. Elements of one bit are integers to
    /// the chip and truth values to the host.
    pub fn elements(&mut self, ctx: &Context, name: &str, value: Attribute, host: bool) -> Result<ConstId, String> {
        let e = Elements::of(ctx, value)?;
        let width = e.elem.bytes();
        let elem: ElemType = match e.int {
            Some(t) if host && t.width == 1 && !t.signed => ElemType::Bool,
            _ => e.elem.to_string().parse()?,
        };
        if let Some(&id) = self.by_attr.get(&(value, elem)) {
            return Ok(id);
        }
        if elem.bytes() as usize != width {
            return Err(format!("constants of {elem} have no place in a program"));
        }
        let dims = cim_ir::constraints::shape(ctx, e.ty).unwrap_or(&[]);
        let shape = dims.iter().map(|&d| u32::try_from(d).map_err(|_| "a dimension does not fit 32 bits".to_string()));
        let shape = shape.collect::<Result<Vec<_>, _>>()?;
        let stored = e.sign_extended();
        let data = match stored.get(..width) {
            Some(one) if e.splat && e.count != 1 => one.repeat(e.count).into(),
            _ => stored,
        };
        let id = self.push(name, elem, shape, data);
        self.by_attr.insert((value, elem), id);
        Ok(id)
    }

    /// A constant of 64-bit integers.
    pub fn ints(&mut self, name: &str, values: Vec<i64>) -> ConstId {
        if let Some(&id) = self.by_ints.get(&values) {
            return id;
        }
        let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let id = self.push(name, ElemType::Int(IntType::I64), vec![values.len() as u32], data.into());
        self.by_ints.insert(values, id);
        id
    }

    fn push(&mut self, name: &str, elem: ElemType, shape: Vec<u32>, data: bytes::Bytes) -> ConstId {
        let name = self.unique(name);
        self.constants.push(Constant { name, elem, shape, data });
        ConstId(self.constants.len() as u32 - 1)
    }

    /// A window.
    pub fn window(&mut self, w: Window) -> WindowId {
        let (windows, next) = (&mut self.windows, WindowId(self.window_ids.len() as u32));
        *self.window_ids.entry(w).or_insert_with(|| {
            windows.push(w);
            next
        })
    }
    /// A port.
    pub fn port(&mut self, p: Port) -> PortId {
        let (ports, next) = (&mut self.ports, PortId(self.port_ids.len() as u32));
        *self.port_ids.entry(p).or_insert_with(|| {
            ports.push(p);
            next
        })
    }
    /// A tile.
    pub fn tile(&mut self, t: Tile) -> TileId {
        let (tiles, next) = (&mut self.tiles, TileId(self.tile_ids.len() as u32));
        *self.tile_ids.entry(t).or_insert_with(|| {
            tiles.push(t);
            next
        })
    }

    /// Moves the tables into the program.
    pub fn finish(self, p: &mut Program) {
        p.constants = self.constants;
        p.windows = self.windows;
        p.ports = self.ports;
        p.tiles = self.tiles;
    }
}
