//! Execution time as a tree: `--mlir-timing`.

use std::fmt::Write;
use std::time::Duration;

/// Time spent under a name. Work spread over threads counts its sum as user time and its longest thread as wall time.
#[derive(Clone, Debug, Default)]
pub struct TimeNode {
    /// What ran.
    pub name: String,
    /// Time that passed.
    pub wall: Duration,
    /// Time over all threads.
    pub user: Duration,
    /// Parts, in order of first execution.
    pub children: Vec<TimeNode>,
}

/// How the report is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimingDisplay {
    /// One line per name, longest first.
    List,
    /// Nested as the pipeline is.
    Tree,
}

impl TimeNode {
    /// A node without time.
    pub fn new(name: &str) -> Self {
        TimeNode { name: name.to_string(), ..Default::default() }
    }
    /// The part of that name, made when it is not there.
    pub fn child(&mut self, name: &str) -> &mut TimeNode {
        let at = self.children.iter().position(|c| c.name == name).unwrap_or_else(|| {
            self.children.push(TimeNode::new(name));
            self.children.len() - 1
        });
        &mut self.children[at]
    }
    /// Adds time of one thread.
    pub fn add(&mut self, time: Duration) {
        self.wall += time;
        self.user += time;
    }
    /// Adds the times of `other`, which ran before or after.
    pub fn merge_serial(&mut self, other: &TimeNode) {
        self.wall += other.wall;
        self.user += other.user;
        for c in &other.children {
            self.child(&c.name).merge_serial(c);
        }
    }
    /// Adds the times of `other`, which ran at the same time.
    pub fn merge_parallel(&mut self, other: &TimeNode) {
        self.wall = self.wall.max(other.wall);
        self.user += other.user;
        for c in &other.children {
            self.child(&c.name).merge_parallel(c);
        }
    }

    /// The report, `self` being the whole run.
    pub fn report(&self, display: TimingDisplay) -> String {
        let both = self.user_differs();
        let total = (self.wall.as_secs_f64(), self.total_user().as_secs_f64());
        let bar = format!("==={}===\n", "-".repeat(73));
        let mut out = format!("{bar}{:>width$}\n{bar}", "... Execution time report ...", width = 54);
        let _ = writeln!(out, "  Total Execution Time: {:.4} seconds\n", total.0);
        let user_title = if both { "  ----User Time----" } else { "" };
        let _ = writeln!(out, "{user_title}  ----Wall Time----  ----Name----");
        let mut line = |indent: usize, wall: f64, user: f64, name: &str| {
            let column =
                |t: f64, all: f64| format!("{t:10.4} ({:5.1}%)", if all > 0.0 { 100.0 * t / all } else { 0.0 });
            if both {
                out.push_str(&column(user, total.1));
            }
            let _ = writeln!(out, "{}{}  {name}", column(wall, total.0), " ".repeat(indent));
        };
        match display {
            TimingDisplay::Tree => {
                for c in &self.children {
                    c.walk(0, &mut |n, depth| {
                        line(2 * depth, n.wall.as_secs_f64(), n.user.as_secs_f64(), &n.name);
                    });
                }
            }
            TimingDisplay::List => {
                let mut flat = TimeNode::default();
                for c in &self.children {
                    c.walk(0, &mut |n, _| {
                        let f = flat.child(&n.name);
                        f.wall += n.wall;
                        f.user += n.user;
                    });
                }
                flat.children.sort_by_key(|c| std::cmp::Reverse(c.wall));
                for c in &flat.children {
                    line(0, c.wall.as_secs_f64(), c.user.as_secs_f64(), &c.name);
                }
            }
        }
        let parts =
            self.children.iter().fold((0.0, 0.0), |s, c| (s.0 + c.wall.as_secs_f64(), s.1 + c.user.as_secs_f64()));
        line(0, (total.0 - parts.0).max(0.0), (total.1 - parts.1).max(0.0), "Rest");
        line(0, total.0, total.1, "Total");
        out
    }

    fn walk(&self, depth: usize, f: &mut impl FnMut(&TimeNode, usize)) {
        f(self, depth);
        for c in &self.children {
            c.walk(depth + 1, f);
        }
    }
    fn user_differs(&self) -> bool {
        self.children.iter().any(|c| c.user != c.wall || c.user_differs())
    }
    /// User time of the whole: what its parts report plus the rest of the wall time.
    fn total_user(&self) -> Duration {
        let (wall, user) =
            self.children.iter().fold((Duration::ZERO, Duration::ZERO), |s, c| (s.0 + c.wall, s.1 + c.user));
        user + self.wall.saturating_sub(wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_is_laid_out_as_in_mlir() {
        let mut t = TimeNode::new("root");
        t.wall = Duration::from_millis(1100);
        t.child("Parser").add(Duration::from_millis(600));
        let f = t.child("'func.func' Pipeline");
        f.add(Duration::from_millis(200));
        f.child("CSE").add(Duration::from_millis(100));
        let expected = "\
===-------------------------------------------------------------------------===
                         ... Execution time report ...
===-------------------------------------------------------------------------===
  Total Execution Time: 1.1000 seconds

  ----Wall Time----  ----Name----
    0.6000 ( 54.5%)  Parser
    0.2000 ( 18.2%)  'func.func' Pipeline
    0.1000 (  9.1%)    CSE
    0.3000 ( 27.3%)  Rest
    1.1000 (100.0%)  Total
";
        assert_eq!(t.report(TimingDisplay::Tree), expected);
        assert!(t.report(TimingDisplay::List).contains("    0.1000 (  9.1%)  CSE\n"));
    }

    #[test]
    fn parallel_parts_add_user_time() {
        let mut t = TimeNode::new("root");
        t.wall = Duration::from_millis(100);
        let mut a = TimeNode::new("p");
        a.add(Duration::from_millis(90));
        let mut sum = a.clone();
        sum.merge_parallel(&a);
        t.child("p").merge_serial(&sum);
        let text = t.report(TimingDisplay::Tree);
        assert!(text.contains("    0.1800 ( 94.7%)    0.0900 ( 90.0%)  p\n"), "{text}");
        assert!(text.contains("----User Time----"));
    }
}
