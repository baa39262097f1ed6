//! Bytes of the tile table. There are tens of thousands of tiles and each resembles the one before it, so an entry holds what has changed:
//! a varint whose bits say which fields, then these fields.

use crate::schema::Field;
use crate::types::{BindingSpec, MatrixId, Tile};
use crate::wire::{Reader, Result, Writer};

/// What the first tile is compared with.
const NONE: Tile = Tile {
    matrix: MatrixId(0),
    group0: 0,
    groups: 0,
    row0: 0,
    rows: 0,
    col0: 0,
    cols: 0,
    binding: BindingSpec { differential: false, bits_to_crossbars: false, cell_bits: 0 },
    slice: 0,
};

/// The fields by their bits: what changes often comes first, so that one byte says it.
macro_rules! changes {
    ($($bit:literal => $f:ident),* $(,)?) => {
        const FIELDS: u64 = [$($bit),*].len() as u64;

        fn changed(tile: &Tile, last: &Tile) -> u64 {
            let mut bits = 0;
            $(if tile.$f != last.$f { bits |= 1 << $bit; })*
            bits
        }
        fn put_changed(tile: &Tile, bits: u64, w: &mut Writer) {
            $(if bits >> $bit & 1 == 1 { tile.$f.put(w); })*
        }
        fn get_changed(tile: &mut Tile, bits: u64, r: &mut Reader) -> Result<()> {
            $(if bits >> $bit & 1 == 1 { tile.$f = Field::get(r)?; })*
            Ok(())
        }
    };
}

changes!(0 => col0, 1 => row0, 2 => slice, 3 => cols, 4 => rows, 5 => group0, 6 => matrix, 7 => groups, 8 => binding);

pub(crate) fn put(tiles: &[Tile], w: &mut Writer) {
    w.varint(tiles.len() as u64);
    let mut last = NONE;
    for tile in tiles {
        let bits = changed(tile, &last);
        w.varint(bits);
        put_changed(tile, bits, w);
        last = *tile;
    }
}

pub(crate) fn get(r: &mut Reader) -> Result<Vec<Tile>> {
    let n = r.count()?;
    let mut out = Vec::new();
    let mut last = NONE;
    for i in 0..n {
        r.charge(size_of::<Tile>())?;
        let at = r.pos();
        let bits = r.varint()?;
        if bits >> FIELDS != 0 {
            return r.fail(at, format!("tile t{i} names a field that tiles do not have"));
        }
        let mut tile = last;
        get_changed(&mut tile, bits, r)?;
        // Every program has one form only.
        if changed(&tile, &last) != bits {
            return r.fail(at, format!("tile t{i} repeats a field of the tile before it"));
        }
        out.push(tile);
        last = tile;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Interner, Shared};

    fn read(data: &[u8]) -> std::result::Result<Vec<Tile>, String> {
        let mut shared = Shared::new(0);
        let mut r = Reader::new("tables", data, &mut shared);
        let tiles = get(&mut r).map_err(|e| e.to_string())?;
        r.finish().map_err(|e| e.to_string())?;
        Ok(tiles)
    }

    #[test]
    fn only_changes_are_written() {
        let binding = BindingSpec { differential: true, bits_to_crossbars: false, cell_bits: 2 };
        let tile = |row0, col0| Tile { row0, col0, groups: 1, rows: 128, cols: 32, binding, ..NONE };
        let tiles: Vec<Tile> = (0..64).map(|i| tile(i / 8 * 128, i % 8 * 32)).collect();
        let mut interner = Interner::default();
        let mut w = Writer::new(&mut interner);
        put(&tiles, &mut w);
        assert!(w.out.len() < 4 * tiles.len(), "{} bytes", w.out.len());
        assert_eq!(read(&w.out), Ok(tiles));
    }

    #[test]
    fn one_form_only() {
        assert_eq!(read(&[1, 1, 5]).map(|t| t[0].col0), Ok(5));
        assert!(read(&[1, 1, 0]).unwrap_err().contains("tile t0 repeats a field"));
        assert!(read(&[2, 1, 5, 1, 5]).unwrap_err().contains("tile t1 repeats a field"));
        assert!(read(&[1, 0x80, 4]).unwrap_err().contains("a field that tiles do not have"));
        assert!(read(&[1, 1]).unwrap_err().contains("ends too early"));
    }
}
