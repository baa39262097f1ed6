//! Registered passes and named pipelines: explicit, one line each.

use crate::manager::OpPassManager;
use crate::options::{OptionInfo, Options};
use crate::pass::Pass;
use std::collections::BTreeMap;
use std::sync::Arc;

type MakePass = fn() -> Box<dyn Pass>;
type BuildPipeline = Arc<dyn Fn(&mut OpPassManager, &PassRegistry, &str) -> Result<(), String> + Send + Sync>;

/// A named pipeline: a shorthand for several passes.
pub(crate) struct NamedPipeline {
    summary: &'static str,
    options: fn() -> Vec<OptionInfo>,
    build: BuildPipeline,
}

/// What pipeline text may name.
#[derive(Default)]
pub struct PassRegistry {
    passes: BTreeMap<&'static str, MakePass>,
    pipelines: BTreeMap<&'static str, NamedPipeline>,
}

/// One line of `--help`: a pass or a named pipeline.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Name in pipelines.
    pub name: &'static str,
    /// One line.
    pub summary: String,
    /// Whole documentation, Markdown.
    pub description: String,
    /// Options.
    pub options: Vec<OptionInfo>,
    /// Name and meaning of the statistics.
    pub statistics: Vec<(&'static str, &'static str)>,
    /// The only operation it runs on.
    pub anchor: Option<&'static str>,
    /// A pipeline rather than a pass.
    pub is_pipeline: bool,
}

impl PassRegistry {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// Registers a pass; registering it again changes nothing.
    pub fn add<P: Pass + Default + 'static>(&mut self) {
        self.passes.insert(P::default().info().name, || Box::new(P::default()));
    }
    /// Registers a pipeline with options.
    pub fn add_pipeline<O: Options + Default + 'static>(
        &mut self,
        name: &'static str,
        summary: &'static str,
        build: fn(&mut OpPassManager, &O),
    ) {
        let build: BuildPipeline = Arc::new(move |pm, registry, text| {
            let mut options = O::default();
            options.read_options(text).map_err(|e| e.to_string())?;
            build(pm, &options);
            pm.initialize(registry)
        });
        self.pipelines.insert(name, NamedPipeline { summary, options: || O::default().option_infos(), build });
    }
    /// A new pass of that name.
    pub fn create(&self, name: &str) -> Option<Box<dyn Pass>> {
        self.passes.get(name).map(|make| make())
    }
    /// Whether pipeline text may use the name.
    pub fn contains(&self, name: &str) -> bool {
        self.passes.contains_key(name) || self.pipelines.contains_key(name)
    }
    /// Adds the passes of a named pipeline; None when there is none of that name.
    pub(crate) fn expand(&self, name: &str, options: &str, pm: &mut OpPassManager) -> Option<Result<(), String>> {
        self.pipelines.get(name).map(|p| (p.build)(pm, self, options))
    }
    /// Passes, sorted by name.
    pub fn passes(&self) -> Vec<Entry> {
        let entry = |make: &MakePass| {
            let pass = make();
            let info = pass.info();
            Entry {
                name: info.name,
                summary: info.summary(),
                description: info.description(),
                options: pass.option_infos(),
                statistics: pass.statistics().iter().map(|s| (s.name, s.doc)).collect(),
                anchor: info.anchor,
                is_pipeline: false,
            }
        };
        self.passes.values().map(entry).collect()
    }
    /// Named pipelines, sorted by name.
    pub fn pipelines(&self) -> Vec<Entry> {
        let entry = |(&name, p): (&&'static str, &NamedPipeline)| Entry {
            name,
            summary: p.summary.to_string(),
            description: p.summary.to_string(),
            options: (p.options)(),
            statistics: Vec::new(),
            anchor: None,
            is_pipeline: true,
        };
        self.pipelines.iter().map(entry).collect()
    }
}
