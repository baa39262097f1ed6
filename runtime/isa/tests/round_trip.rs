//! Binary and text are exact inverses, and nothing that is not a program crashes the readers.

use bytes::Bytes;
use cim_isa::program::ProgramMode;
use cim_isa::testing::{Rng, conv_relu, mend, random_program, write_count};
use cim_isa::text::external_files;
use cim_isa::{TextOptions, decode, encode, from_text, to_flow, to_text, validate};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn binary(seed: u64, size in 0usize..60) {
        let p = random_program(seed, size);
        validate(&p).unwrap();
        let file = Bytes::from(encode(&p));
        let back = decode(file.clone()).unwrap();
        prop_assert_eq!(&back, &p);
        prop_assert_eq!(encode(&back), file);
    }

    #[test]
    fn text(seed: u64, size in 0usize..60, numbers_up_to in 0u64..80) {
        let p = random_program(seed, size);
        let options = TextOptions { numbers_up_to, ..TextOptions::default() };
        let text = to_text(&p, &options);
        let back = from_text(&text, None).unwrap();
        prop_assert_eq!(&back, &p);
        prop_assert_eq!(to_text(&back, &options), text);
        prop_assert_eq!(encode(&back), encode(&p));
    }

    /// Damage that the checksums notice, and damage with the checksums put right, so that the readers behind them see it.
    #[test]
    fn damaged_files(seed: u64, size in 0usize..30) {
        let mut r = Rng::new(seed ^ 0x5a5a);
        let good = encode(&random_program(seed, size));
        for _ in 0..40 {
            let mut bad = good.clone();
            if r.once_in(5) {
                bad.truncate(r.int(0, bad.len() as i64 - 1) as usize);
                prop_assert!(decode(Bytes::from(bad)).is_err());
                continue;
            }
            for _ in 0..r.size(1, 3) {
                let at = r.int(0, bad.len() as i64 - 1) as usize;
                bad[at] = if r.once_in(2) { bad[at] ^ (1 << r.size(0, 7)) } else { r.bits() as u8 };
            }
            if bad != good {
                prop_assert!(decode(Bytes::from(bad.clone())).is_err(), "a checksum covers every byte");
            }
            mend(&mut bad);
            if let Ok(p) = decode(Bytes::from(bad.clone())) {
                prop_assert_eq!(encode(&p), bad, "what is accepted is in its only form");
                let _ = to_flow(&p, false, &mut Vec::new());
                let text = to_text(&p, &TextOptions::default());
                prop_assert_eq!(encode(&from_text(&text, None).unwrap()), encode(&p));
            }
        }
    }

    #[test]
    fn damaged_text(seed: u64, size in 0usize..20) {
        let mut r = Rng::new(seed ^ 0xa5a5);
        let good = to_text(&random_program(seed, size), &TextOptions::default());
        let chars: Vec<char> = good.chars().collect();
        for _ in 0..20 {
            let mut bad = chars.clone();
            let at = r.int(0, bad.len() as i64 - 1) as usize;
            match r.size(0, 3) {
                0 => bad.truncate(at),
                1 => bad[at] = *r.pick(&['0', '9', '-', '{', '}', '[', '"', '=', '|', '/', '\n', 'ß', '\\', 'i']),
                2 => { bad.remove(at); }
                _ => bad.insert(at, *r.pick(&['0', '-', '{', '"', '*', ':', ' '])),
            }
            let bad: String = bad.into_iter().collect();
            match from_text(&bad, None) {
                Ok(p) => { let _ = validate(&p); }
                Err(e) => {
                    prop_assert!(e.line >= 1 && e.line <= bad.split('\n').count());
                    prop_assert!(e.column >= 1);
                }
            }
        }
    }
}

#[test]
fn mending_an_intact_file_changes_nothing() {
    let good = encode(&random_program(7, 30));
    let mut same = good.clone();
    mend(&mut same);
    assert_eq!(same, good);
}

#[test]
fn every_prefix_is_refused() {
    let file = Bytes::from(encode(&conv_relu(ProgramMode::Xbm, 8)));
    for n in 0..file.len() {
        assert!(decode(file.slice(..n)).is_err(), "prefix of {n} bytes");
    }
    let mut longer = file.to_vec();
    longer.push(0);
    assert!(decode(Bytes::from(longer)).is_err());
}

#[test]
fn constants_are_not_copied() {
    let p = conv_relu(ProgramMode::Wlm, 32);
    let file = Bytes::from(encode(&p));
    let range = file.as_ptr() as usize..file.as_ptr() as usize + file.len();
    let back = decode(file.clone()).unwrap();
    for c in &back.constants {
        let at = c.data.as_ptr() as usize;
        assert!(range.contains(&at), "constant {} lies in the file", c.name);
        assert_eq!((at - range.start) % 64, 0, "constant {} is aligned in the file", c.name);
    }
}

#[test]
fn a_large_file_is_mapped() {
    let mut p = conv_relu(ProgramMode::Xbm, 32);
    let data = Bytes::from(vec![3u8; 1 << 20]);
    let elem = cim_isa::types::ElemType::F32;
    p.constants.push(cim_isa::types::Constant { name: "large".into(), elem, shape: vec![1 << 18], data });
    let path = std::env::temp_dir().join(format!("cim-isa-{}.metaop", std::process::id()));
    std::fs::write(&path, encode(&p)).unwrap();
    let back = cim_isa::open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(back, p);
    // A map starts at a page, so the file's alignment is that of memory.
    assert_eq!(back.constants[2].data.as_ptr() as usize % 64, 0);
}

#[test]
fn size_follows_the_operators() {
    let sizes = |mode| [32, 224, 1024].map(|n| encode(&conv_relu(mode, n)).len());
    for mode in [ProgramMode::Cm, ProgramMode::Xbm, ProgramMode::Wlm] {
        let [small, middle, large] = sizes(mode);
        // Only the width of some numbers may grow.
        assert!(middle <= small + 128 && large <= small + 128, "{mode:?}: {small}, {middle}, {large} bytes");
        assert_eq!(write_count(&conv_relu(mode, 32).main), write_count(&conv_relu(mode, 1024).main));
    }
}

#[test]
fn constants_in_files() {
    let p = conv_relu(ProgramMode::Xbm, 8);
    let options = TextOptions { external_from: Some(100), external_prefix: "net".into(), ..TextOptions::default() };
    let text = to_text(&p, &options);
    assert!(text.contains("= @\"net.c0.bin\" crc32="), "{text}");
    assert!(from_text(&text, None).unwrap_err().message.contains("may not refer to files"));
    let dir = std::env::temp_dir().join(format!("cim-isa-text-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let missing = from_text(&text, Some(&dir)).unwrap_err();
    assert!(missing.message.contains("is not a file"), "{missing}");
    let files = external_files(&p, &options);
    assert_eq!(files.len(), 1);
    for f in &files {
        std::fs::write(dir.join(&f.name), &f.data).unwrap();
    }
    assert_eq!(from_text(&text, Some(&dir)).unwrap(), p);
    std::fs::write(dir.join(&files[0].name), b"other").unwrap();
    let changed = from_text(&text, Some(&dir)).unwrap_err();
    assert!(changed.message.contains("has digest"), "{changed}");
    let outside = from_text(&text.replace("net.c0.bin", "../net.c0.bin"), Some(&dir)).unwrap_err();
    assert!(outside.message.contains("no `..`"), "{outside}");
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn text_errors_have_a_place() {
    let text = to_text(&conv_relu(ProgramMode::Xbm, 8), &TextOptions::default());
    let at = |from: &str, to: &str| {
        let e = from_text(&text.replacen(from, to, 1), None).unwrap_err();
        let line = text.lines().nth(e.line - 1).unwrap_or("").to_string();
        (line, e.column, e.message)
    };
    let (line, column, message) = at("rows=27", "rows=-27");
    assert!(line.contains("rows=27") && message.contains("decimal u32"), "{line} {message}");
    assert_eq!(column, line.find("rows=").unwrap() + 6);
    assert!(at("read_xb", "read_yb").2.contains("unknown instruction `read_yb`"));
    assert!(at("buffer b0", "buffer b1").2.contains("expected b0"));
    assert!(at("loop i0", "loop i1").2.contains("expected i0"));
    assert!(at("port=p0", "port=t0").2.contains("expected `p` and a number"));
    assert!(at("metaop 2.0", "metaop 3.0").2.contains("expected `metaop 2.0`"));
    assert!(at("hex\"", "hex\"0").2.contains("lower-case hex"));
    assert!(at("si8[32", "si8[31").2.contains("the shape needs"));
}

/// A seed whose core-mode operator needs more L0 than a random program starts with.
#[test]
fn random_programs_grow_their_buffers() {
    validate(&random_program(7_185_208_175_612_690_350, 24)).unwrap();
}
