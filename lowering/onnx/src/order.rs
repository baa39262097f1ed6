//! Nodes in execution order.

use crate::expand::reads;
use crate::proto::{GraphProto, NodeProto};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

/// Positions of the nodes so that each comes after what it reads; among those that are ready the first of the file goes first.
/// Otherwise a message: a name defined twice, a name nobody defines, or a cycle.
pub(crate) fn order(graph: &GraphProto) -> Result<Vec<usize>, String> {
    let mut given: HashSet<&str> = graph.initializer.iter().map(|t| t.name.as_str()).collect();
    given.extend(graph.input.iter().map(|v| v.name.as_str()));
    order_nodes(&graph.node, |name| given.contains(name))
}

/// As [`order`], for nodes among names that are `given`.
pub(crate) fn order_nodes(nodes: &[NodeProto], given: impl Fn(&str) -> bool) -> Result<Vec<usize>, String> {
    let mut producer: HashMap<&str, usize> = HashMap::new();
    for (i, node) in nodes.iter().enumerate() {
        for out in node.output.iter().filter(|o| !o.is_empty()) {
            let taken = given(out);
            if taken || producer.insert(out, i).is_some() {
                return Err(format!("{} defines '{out}', which is already defined", label(node, i)));
            }
        }
    }
    let (mut waiting, mut users) = (vec![0usize; nodes.len()], vec![Vec::new(); nodes.len()]);
    for (i, node) in nodes.iter().enumerate() {
        for input in reads(node).into_iter().filter(|n| !given(n)) {
            let Some(&p) = producer.get(input) else {
                return Err(format!("{} reads '{input}', which nothing defines", label(node, i)));
            };
            waiting[i] += 1;
            users[p].push(i);
        }
    }
    let mut ready: BinaryHeap<_> = (0..waiting.len()).filter(|&i| waiting[i] == 0).map(Reverse).collect();
    let mut out = Vec::with_capacity(waiting.len());
    while let Some(Reverse(i)) = ready.pop() {
        out.push(i);
        for &u in &users[i] {
            waiting[u] -= 1;
            if waiting[u] == 0 {
                ready.push(Reverse(u));
            }
        }
    }
    match waiting.iter().position(|w| *w > 0) {
        Some(i) => Err(format!("{} is part of a cycle, or reads from one", label(&nodes[i], i))),
        None => Ok(out),
    }
}

/// A node in messages.
pub(crate) fn label(node: &NodeProto, index: usize) -> String {
    format!("node '{}' (operator {})", name(node, index), node.op_type)
}

/// Name of a node: its own, or its first output, or its position.
pub(crate) fn name(node: &NodeProto, index: usize) -> String {
    let own = Some(&node.name).filter(|n| !n.is_empty());
    own.or(node.output.first().filter(|n| !n.is_empty()))
        .cloned()
        .unwrap_or_else(|| format!("{}_{index}", node.op_type))
}
