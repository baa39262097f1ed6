//! The input of the IR benchmark: generic MLIR text of any size, the same for the same seed everywhere.
//!
//! Functions that mix arithmetic, branches between blocks, loops over buffers, linear-algebra operations with affine maps, constants
//! with dense data (at most a tenth of the bytes), and operations of unregistered dialects. About 7,000 operations per million
//! bytes. `mlir-opt --allow-unregistered-dialect` accepts it.

use std::fmt::Write;

/// A text and what it consists of.
pub struct Generated {
    /// The module.
    pub text: String,
    /// Operations in it, the module included.
    pub operations: usize,
    /// Bytes in dense literals.
    pub dense_bytes: usize,
}

/// SplitMix64.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

struct Writer {
    rng: Rng,
    out: Generated,
    next: usize,
    indent: usize,
    /// Values of the current function by type, all visible at this point.
    ints: Vec<usize>,
    floats: Vec<usize>,
}

impl Writer {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out.text, "{:indent$}{text}", "", indent = self.indent);
    }

    /// An operation with one result.
    fn value(&mut self, text: &str) -> usize {
        let id = self.next;
        self.next += 1;
        self.out.operations += 1;
        let _ = writeln!(self.out.text, "{:indent$}%{id} = {text}", "", indent = self.indent);
        id
    }

    /// An operation without results.
    fn effect(&mut self, text: &str) {
        self.out.operations += 1;
        self.line(text);
    }

    fn int(&mut self) -> usize {
        let n = self.ints.len();
        // Mostly recent values, as in real code.
        let back = self.rng.below(n.min(12)) + 1;
        self.ints[n - back]
    }

    fn float(&mut self) -> usize {
        let n = self.floats.len();
        let back = self.rng.below(n.min(12)) + 1;
        self.floats[n - back]
    }

    fn arithmetic(&mut self, count: usize) {
        for _ in 0..count {
            if self.rng.below(2) == 0 {
                let (a, b) = (self.int(), self.int());
                let name = *self.rng.pick(&["addi", "subi", "muli"]);
                let v = self.value(&format!(
                    "\"arith.{name}\"(%{a}, %{b}) <{{overflowFlags = #arith.overflow<none>}}> : (i32, i32) -> i32"
                ));
                self.ints.push(v);
            } else {
                let (a, b) = (self.float(), self.float());
                let name = *self.rng.pick(&["addf", "mulf", "subf", "maximumf"]);
                let v = self.value(&format!(
                    "\"arith.{name}\"(%{a}, %{b}) <{{fastmath = #arith.fastmath<none>}}> : (f32, f32) -> f32"
                ));
                self.floats.push(v);
            }
        }
    }

    fn constants(&mut self) {
        for _ in 0..3 {
            let c = self.rng.below(4096) as i64 - 2048;
            let v = self.value(&format!("\"arith.constant\"() <{{value = {c} : i32}}> : () -> i32"));
            self.ints.push(v);
            let f = self.rng.below(1 << 16) as f64 / 8.0;
            let v = self.value(&format!("\"arith.constant\"() <{{value = {f:?} : f32}}> : () -> f32"));
            self.floats.push(v);
        }
    }

    /// `for` over two buffers.
    fn loop_over_buffers(&mut self) {
        let n = 16 << self.rng.below(4);
        let index =
            |w: &mut Self, v: usize| w.value(&format!("\"arith.constant\"() <{{value = {v} : index}}> : () -> index"));
        let (zero, end, one) = (index(self, 0), index(self, n), index(self, 1));
        let ty = format!("memref<{n}xf32, 1>");
        let alloc = |w: &mut Self| {
            w.value(&format!("\"memref.alloc\"() <{{operandSegmentSizes = array<i32: 0, 0>}}> : () -> {ty}"))
        };
        let (a, b) = (alloc(self), alloc(self));
        self.effect(&format!("\"scf.for\"(%{zero}, %{end}, %{one}) ({{"));
        let i = self.next;
        self.next += 1;
        self.line(&format!("^bb0(%{i}: index):"));
        self.indent += 2;
        let (ints, floats) = (self.ints.len(), self.floats.len());
        for source in [a, b] {
            let v = self
                .value(&format!("\"memref.load\"(%{source}, %{i}) <{{nontemporal = false}}> : ({ty}, index) -> f32"));
            self.floats.push(v);
        }
        let count = 4 + self.rng.below(6);
        self.arithmetic(count);
        let v = self.float();
        self.effect(&format!(
            "\"memref.store\"(%{v}, %{a}, %{i}) <{{nontemporal = false}}> : (f32, {ty}, index) -> ()"
        ));
        self.effect("\"scf.yield\"() : () -> ()");
        self.ints.truncate(ints);
        self.floats.truncate(floats);
        self.indent -= 2;
        self.line("}) : (index, index, index) -> ()");
    }

    /// A matrix product and an elementwise operation on tensors.
    fn linear_algebra(&mut self) {
        let (m, k, n) = (8 << self.rng.below(4), 8 << self.rng.below(4), 8 << self.rng.below(4));
        let empty =
            |w: &mut Self, r: usize, c: usize| w.value(&format!("\"tensor.empty\"() : () -> tensor<{r}x{c}xf32>"));
        let (a, b, c) = (empty(self, m, k), empty(self, k, n), empty(self, m, n));
        let maps = "[affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d2, d1)>, affine_map<(d0, d1, d2) -> (d0, d1)>]";
        let product = self.generic(
            &format!("%{a}, %{b}, %{c}"),
            maps,
            "[#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>, #linalg.iterator_type<reduction>]",
            3,
            &format!("(tensor<{m}x{k}xf32>, tensor<{k}x{n}xf32>, tensor<{m}x{n}xf32>) -> tensor<{m}x{n}xf32>"),
        );
        let out = empty(self, m, n);
        self.generic(
            &format!("%{product}, %{c}, %{out}"),
            "[affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>]",
            "[#linalg.iterator_type<parallel>, #linalg.iterator_type<parallel>]",
            3,
            &format!("(tensor<{m}x{n}xf32>, tensor<{m}x{n}xf32>, tensor<{m}x{n}xf32>) -> tensor<{m}x{n}xf32>"),
        );
    }

    fn generic(&mut self, operands: &str, maps: &str, iterators: &str, args: usize, ty: &str) -> usize {
        let result = self.value(&format!(
            "\"linalg.generic\"({operands}) <{{indexing_maps = {maps}, iterator_types = {iterators}, \
             operandSegmentSizes = array<i32: {}, 1>}}> ({{",
            args - 1
        ));
        let first = self.next;
        self.next += args;
        let list: Vec<String> = (first..first + args).map(|i| format!("%{i}: f32")).collect();
        self.line(&format!("^bb0({}):", list.join(", ")));
        self.indent += 2;
        let floats = self.floats.len();
        self.floats.extend(first..first + args);
        let n = self.floats.len();
        let mut last = self.floats[n - 1];
        for name in ["mulf", "addf"] {
            let other = self.floats[n - 1 - self.rng.below(3)];
            last = self.value(&format!(
                "\"arith.{name}\"(%{last}, %{other}) <{{fastmath = #arith.fastmath<none>}}> : (f32, f32) -> f32"
            ));
        }
        self.effect(&format!("\"linalg.yield\"(%{last}) : (f32) -> ()"));
        self.floats.truncate(floats);
        self.indent -= 2;
        self.line(&format!("}}) : {ty}"));
        result
    }

    /// Operations of a dialect that nobody knows.
    fn crossbar(&mut self) {
        let rows = 64 << self.rng.below(3);
        let x = self.value(&format!(
            "\"pim.xbar.alloc\"() {{cell = #pim.cell<bits = 2>, rows = {rows} : i64}} : () -> !pim.xbar.tile<{rows}x128>"
        ));
        let name = self.rng.below(100);
        let v = self.value(&format!("\"pim.graph.input\"() {{name = \"x{name}\"}} : () -> tensor<{rows}xsi8>"));
        for step in 0..4 + self.rng.below(8) {
            let group = self.rng.below(8);
            self.value(&format!(
                "\"pim.xbar.mvm\"(%{x}, %{v}) {{adc = 8 : i8, binding = #pim.binding<rows = {rows}, \
                 columns = 128, slices = 4>, group = {group} : i64, last = {}, steps = [0, 1, 2, 3]}} : \
                 (!pim.xbar.tile<{rows}x128>, tensor<{rows}xsi8>) -> tensor<1x8x4x4xsi32>",
                step % 2 == 0
            ));
        }
    }

    /// A constant with dense data, unless too many bytes are that already.
    fn weights(&mut self) {
        let n = 64 << self.rng.below(4);
        if (self.out.dense_bytes + 5 * n) * 11 > self.out.text.len() {
            return;
        }
        let kind = self.rng.below(3);
        let before = self.out.text.len();
        let (data, ty) = match kind {
            0 => {
                let all: Vec<String> = (0..n).map(|_| (self.rng.below(255) as i64 - 127).to_string()).collect();
                (format!("[{}]", all.join(", ")), format!("tensor<{n}xi8>"))
            }
            1 => {
                let all: Vec<String> =
                    (0..n / 4).map(|_| format!("{:?}", self.rng.below(1 << 12) as f64 / 16.0)).collect();
                (format!("[{}]", all.join(", ")), format!("tensor<{}xf32>", n / 4))
            }
            _ => {
                let all: String = (0..n * 2).map(|_| format!("{:02X}", self.rng.below(256))).collect();
                (format!("\"0x{all}\""), format!("tensor<{}xi8>", n * 2))
            }
        };
        self.value(&format!("\"arith.constant\"() <{{value = dense<{data}> : {ty}}}> : () -> {ty}"));
        debug_assert!(self.out.text.len() > before);
        self.out.dense_bytes += data.len();
    }

    /// Two ways that join again.
    fn branches(&mut self, label: &mut usize) {
        let (a, b) = (self.int(), self.int());
        let c = self.value(&format!("\"arith.cmpi\"(%{a}, %{b}) <{{predicate = 2 : i64}}> : (i32, i32) -> i1"));
        let (then, otherwise, join) = (*label, *label + 1, *label + 2);
        *label += 3;
        self.effect(&format!(
            "\"cf.cond_br\"(%{c})[^bb{then}, ^bb{otherwise}] <{{operandSegmentSizes = array<i32: 1, 0, 0>}}> : (i1) -> ()"
        ));
        let (ints, floats) = (self.ints.len(), self.floats.len());
        for block in [then, otherwise] {
            self.indent -= 2;
            self.line(&format!("^bb{block}:"));
            self.indent += 2;
            let count = 2 + self.rng.below(6);
            self.arithmetic(count);
            let v = self.int();
            self.effect(&format!("\"cf.br\"(%{v})[^bb{join}] : (i32) -> ()"));
            self.ints.truncate(ints);
            self.floats.truncate(floats);
        }
        let arg = self.next;
        self.next += 1;
        self.indent -= 2;
        self.line(&format!("^bb{join}(%{arg}: i32):"));
        self.indent += 2;
        self.ints.push(arg);
    }

    fn function(&mut self, number: usize) {
        self.effect(&format!("\"func.func\"() <{{function_type = (i32, f32) -> i32, sym_name = \"f{number}\"}}> ({{"));
        (self.ints, self.floats) = (vec![self.next], vec![self.next + 1]);
        self.line(&format!("^bb0(%{}: i32, %{}: f32):", self.next, self.next + 1));
        self.next += 2;
        self.indent += 2;
        self.constants();
        let mut label = 1;
        for _ in 0..6 + self.rng.below(20) {
            match self.rng.below(8) {
                0 => self.loop_over_buffers(),
                1 | 2 => self.linear_algebra(),
                3 | 4 => self.crossbar(),
                5 => self.weights(),
                6 => self.branches(&mut label),
                _ => {
                    let count = 4 + self.rng.below(8);
                    self.arithmetic(count);
                }
            }
        }
        let v = self.int();
        self.effect(&format!("\"func.return\"(%{v}) : (i32) -> ()"));
        self.indent -= 2;
        self.line("}) : () -> ()");
    }
}

/// A module of at least `bytes` bytes; longer by less than one function.
pub fn generate(seed: u64, bytes: usize) -> Generated {
    let out = Generated { text: String::with_capacity(bytes + (64 << 10)), operations: 1, dense_bytes: 0 };
    let mut w = Writer { rng: Rng(seed), out, next: 0, indent: 2, ints: Vec::new(), floats: Vec::new() };
    w.out.text.push_str("\"builtin.module\"() ({\n");
    let mut number = 0;
    while w.out.text.len() < bytes {
        w.function(number);
        number += 1;
    }
    w.out.text.push_str("}) : () -> ()\n");
    w.out
}

/// FNV-1a, to notice when the generator changes.
pub fn digest(text: &[u8]) -> u64 {
    text.iter().fold(0xcbf2_9ce4_8422_2325, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
}
