//! Interfaces: what generic passes ask of operations they do not know.
