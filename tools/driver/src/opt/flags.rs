//! The command line of an `opt` tool. Read by hand: start-up time matters to hundreds of small tests, and pass names are flags.

use cim_pass::PassRegistry;
use cim_pass::options::OptionValue;
use cim_pass::statistics::StatisticsDisplay;
use cim_pass::timing::TimingDisplay;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing, or `=0`, `=1`, `=true`, `=false`.
    Bool,
    /// `=value`, or the next argument.
    Value(&'static str),
    /// Nothing or `=value`.
    Maybe(&'static str),
}

/// A flag as `--help` shows it.
#[derive(Debug)]
pub struct Flag {
    /// Name without dashes.
    pub name: &'static str,
    /// Value.
    pub takes: Takes,
    /// Meaning.
    pub help: &'static str,
}

const fn flag(name: &'static str, takes: Takes, help: &'static str) -> Flag {
    Flag { name, takes, help }
}

/// All flags but those of passes, sorted by name.
pub static FLAGS: &[Flag] = &[
    flag("allow-unregistered-dialect", Takes::Bool, "Allow operation with no registered dialects"),
    flag("dump-pass-pipeline", Takes::Bool, "Print the pipeline that will be run"),
    flag("emit-docs", Takes::Value("<dir>"), "Write the reference of dialects and passes as Markdown and exit"),
    flag("help", Takes::Bool, "Display this text and exit"),
    flag("list-passes", Takes::Bool, "Print the list of registered passes and exit"),
    flag("mlir-disable-threading", Takes::Bool, "Run everything on one thread"),
    flag(
        "mlir-elide-elementsattrs-if-larger",
        Takes::Value("<uint>"),
        "Elide ElementsAttrs with \"...\" that have more elements than the given upper limit",
    ),
    flag(
        "mlir-pass-pipeline-crash-reproducer",
        Takes::Value("<filename>"),
        "Generate a .mlir reproducer file at the given output path if the pass manager crashes or fails",
    ),
    flag("mlir-pass-statistics", Takes::Bool, "Display the statistics of each pass"),
    flag("mlir-pass-statistics-display", Takes::Value("<list|pipeline>"), "Display method for pass statistics"),
    flag("mlir-print-debuginfo", Takes::Bool, "Print debug info in MLIR output"),
    flag(
        "mlir-print-elementsattrs-with-hex-if-larger",
        Takes::Value("<long>"),
        "Print DenseElementsAttrs with a hex string that have more elements than the given upper limit (use -1 to disable)",
    ),
    flag("mlir-print-ir-after", Takes::Value("<pass-arg>"), "Print IR after specified passes"),
    flag("mlir-print-ir-after-all", Takes::Bool, "Print IR after each pass"),
    flag("mlir-print-ir-after-change", Takes::Bool, "When printing the IR after a pass, only print if the IR changed"),
    flag(
        "mlir-print-ir-after-failure",
        Takes::Bool,
        "When printing the IR after a pass, only print if the pass failed",
    ),
    flag("mlir-print-ir-before", Takes::Value("<pass-arg>"), "Print IR before specified passes"),
    flag("mlir-print-ir-before-all", Takes::Bool, "Print IR before each pass"),
    flag(
        "mlir-print-ir-module-scope",
        Takes::Bool,
        "When printing IR for print-ir-[before|after]{-all} always print the top-level operation",
    ),
    flag(
        "mlir-print-local-scope",
        Takes::Bool,
        "Print with local scope and inline information (eliding aliases for attributes, types, and locations)",
    ),
    flag("mlir-print-op-generic", Takes::Bool, "Print the generic op form"),
    flag("mlir-timing", Takes::Bool, "Display execution times"),
    flag("mlir-timing-display", Takes::Value("<list|tree>"), "Display method for timing data"),
    flag("no-implicit-module", Takes::Bool, "Disable implicit addition of a top-level module op during parsing"),
    flag("o", Takes::Value("<filename>"), "Output filename; - is standard output"),
    flag("output-split-marker", Takes::Value("<string>"), "Split marker to use for merging the output"),
    flag("pass-pipeline", Takes::Value("<string>"), "Textual description of the pass pipeline to run"),
    flag("q", Takes::Bool, "Show errors only"),
    flag("run-reproducer", Takes::Bool, "Run the pipeline stored in the reproducer"),
    flag("show-dialects", Takes::Bool, "Print the list of registered dialects and exit"),
    flag(
        "split-input-file",
        Takes::Maybe("<string>"),
        "Split the input file into chunks using the given or default marker and process each chunk independently",
    ),
    flag("threads", Takes::Value("<uint>"), "Threads for passes on isolated operations (default: all)"),
    flag("v", Takes::Bool, "Say on standard error what is being done"),
    flag(
        "verify-diagnostics",
        Takes::Maybe("<all|only-expected>"),
        "Check that emitted diagnostics match expected-* lines on the corresponding line",
    ),
    flag("verify-each", Takes::Bool, "Run the verifier after each transformation pass (default: true)"),
    flag("verify-roundtrip", Takes::Bool, "Round-trip the IR after parsing and ensure it succeeds"),
    flag("version", Takes::Bool, "Display the version and exit"),
];

/// Which diagnostics `--verify-diagnostics` checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verify {
    /// Expected ones must come, others must not.
    All,
    /// Expected ones must come.
    OnlyExpected,
}

/// The default split marker.
pub const SPLIT_MARKER: &str = "// -----";

/// What the command line says.
#[derive(Debug)]
#[allow(missing_docs)] // named after the flags, which FLAGS explains
pub struct Options {
    pub input: Option<String>,
    pub output: String,
    pub allow_unregistered_dialect: bool,
    pub dump_pass_pipeline: bool,
    pub emit_docs: Option<String>,
    pub help: bool,
    pub list_passes: bool,
    pub disable_threading: bool,
    pub elide_if_larger: Option<u32>,
    pub hex_if_larger: Option<i64>,
    pub reproducer: Option<String>,
    pub statistics: bool,
    pub statistics_display: StatisticsDisplay,
    pub print_debuginfo: bool,
    pub print_after: Vec<String>,
    pub print_after_all: bool,
    pub print_after_change: bool,
    pub print_after_failure: bool,
    pub print_before: Vec<String>,
    pub print_before_all: bool,
    pub print_module_scope: bool,
    pub print_local_scope: bool,
    pub print_op_generic: bool,
    pub timing: bool,
    pub timing_display: TimingDisplay,
    pub no_implicit_module: bool,
    pub output_split_marker: Option<String>,
    pub pass_pipeline: Option<String>,
    pub quiet: bool,
    pub run_reproducer: bool,
    pub show_dialects: bool,
    pub split: Option<String>,
    pub threads: Option<usize>,
    pub verbose: bool,
    pub verify_diagnostics: Option<Verify>,
    pub verify_each: bool,
    pub verify_roundtrip: bool,
    pub version: bool,
    /// Passes named by flags, with their option text, in order.
    pub passes: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            input: None,
            output: "-".into(),
            allow_unregistered_dialect: false,
            dump_pass_pipeline: false,
            emit_docs: None,
            help: false,
            list_passes: false,
            disable_threading: false,
            elide_if_larger: None,
            hex_if_larger: None,
            reproducer: None,
            statistics: false,
            statistics_display: StatisticsDisplay::Pipeline,
            print_debuginfo: false,
            print_after: Vec::new(),
            print_after_all: false,
            print_after_change: false,
            print_after_failure: false,
            print_before: Vec::new(),
            print_before_all: false,
            print_module_scope: false,
            print_local_scope: false,
            print_op_generic: false,
            timing: false,
            timing_display: TimingDisplay::Tree,
            no_implicit_module: false,
            output_split_marker: None,
            pass_pipeline: None,
            quiet: false,
            run_reproducer: false,
            show_dialects: false,
            split: None,
            threads: None,
            verbose: false,
            verify_diagnostics: None,
            verify_each: true,
            verify_roundtrip: false,
            version: false,
            passes: Vec::new(),
        }
    }
}

/// Reads arguments (without the program name). The error is a text for standard error: wrong usage.
pub fn parse(args: &[String], registry: &PassRegistry, program: &str) -> Result<Options, String> {
    let mut o = Options::default();
    let mut rest = args.iter();
    let mut only_files = false;
    while let Some(arg) = rest.next() {
        let name = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-')).filter(|n| !n.is_empty());
        if arg == "--" {
            only_files = true;
            continue;
        }
        let Some(text) = name.filter(|_| !only_files) else {
            if o.input.replace(arg.clone()).is_some() {
                return Err(format!(
                    "{program}: Too many positional arguments specified!\nCan specify at most 1 positional arguments: See: {program} --help"
                ));
            }
            continue;
        };
        let (name, value) = match text.split_once('=') {
            Some((n, v)) => (n, Some(v)),
            None => (text, None),
        };
        let name = if name == "h" { "help" } else { name };
        if let Some(f) = FLAGS.iter().find(|f| f.name == name) {
            let value = match (f.takes, value) {
                (Takes::Value(_), None) => {
                    let next = rest.next().map(String::as_str);
                    Some(next.ok_or_else(|| refused(program, name, "requires a value!"))?)
                }
                (_, v) => v,
            };
            set(&mut o, name, value).map_err(|why| refused(program, name, &why))?;
        } else if registry.contains(name) {
            o.passes.push((name.to_string(), value.unwrap_or("").to_string()));
        } else {
            return Err(unknown(program, arg, name, registry));
        }
    }
    for (flag, names) in [("mlir-print-ir-before", &o.print_before), ("mlir-print-ir-after", &o.print_after)] {
        if let Some(bad) = names.iter().find(|n| registry.create(n).is_none()) {
            return Err(refused(program, flag, &format!("Cannot find option named '{bad}'!")));
        }
    }
    Ok(o)
}

fn refused(program: &str, name: &str, why: &str) -> String {
    let dashes = if name.len() == 1 { "-" } else { "--" };
    format!("{program}: for the {dashes}{name} option: {why}")
}

fn unknown(program: &str, arg: &str, name: &str, registry: &PassRegistry) -> String {
    let passes = registry.passes().into_iter().chain(registry.pipelines()).map(|e| e.name.to_string());
    let names = FLAGS.iter().map(|f| f.name.to_string()).chain(passes);
    let near = names.min_by_key(|n| distance(n, name));
    let hint = near.map(|n| format!("\n{program}: Did you mean '{}{n}'?", if n.len() == 1 { "-" } else { "--" }));
    let hint = hint.unwrap_or_default();
    format!("{program}: Unknown command line argument '{arg}'.  Try: '{program} --help'{hint}")
}

/// Edit distance: insertions, deletions, replacements.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, cb) in b.iter().enumerate() {
            let replace = corner + usize::from(ca != *cb);
            corner = row[j + 1];
            row[j + 1] = replace.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

fn set(o: &mut Options, name: &str, value: Option<&str>) -> Result<(), String> {
    let truth = || bool::read(value);
    let text = || value.unwrap_or("").to_string();
    let choice = |t: &str| Err(format!("Cannot find option named '{t}'!"));
    match name {
        "allow-unregistered-dialect" => o.allow_unregistered_dialect = truth()?,
        "dump-pass-pipeline" => o.dump_pass_pipeline = truth()?,
        "emit-docs" => o.emit_docs = Some(text()),
        "help" => o.help = truth()?,
        "list-passes" => o.list_passes = truth()?,
        "mlir-disable-threading" => o.disable_threading = truth()?,
        "mlir-elide-elementsattrs-if-larger" => o.elide_if_larger = Some(u32::read(value)?),
        "mlir-pass-pipeline-crash-reproducer" => o.reproducer = Some(text()),
        "mlir-pass-statistics" => o.statistics = truth()?,
        "mlir-pass-statistics-display" => {
            o.statistics_display = match value {
                Some("list") => StatisticsDisplay::List,
                Some("pipeline") => StatisticsDisplay::Pipeline,
                other => return choice(other.unwrap_or("")),
            }
        }
        "mlir-print-debuginfo" => o.print_debuginfo = truth()?,
        "mlir-print-elementsattrs-with-hex-if-larger" => o.hex_if_larger = Some(i64::read(value)?),
        "mlir-print-ir-after" => o.print_after.extend(text().split(',').map(str::to_string)),
        "mlir-print-ir-after-all" => o.print_after_all = truth()?,
        "mlir-print-ir-after-change" => o.print_after_change = truth()?,
        "mlir-print-ir-after-failure" => o.print_after_failure = truth()?,
        "mlir-print-ir-before" => o.print_before.extend(text().split(',').map(str::to_string)),
        "mlir-print-ir-before-all" => o.print_before_all = truth()?,
        "mlir-print-ir-module-scope" => o.print_module_scope = truth()?,
        "mlir-print-local-scope" => o.print_local_scope = truth()?,
        "mlir-print-op-generic" => o.print_op_generic = truth()?,
        "mlir-timing" => o.timing = truth()?,
        "mlir-timing-display" => {
            o.timing_display = match value {
                Some("list") => TimingDisplay::List,
                Some("tree") => TimingDisplay::Tree,
                other => return choice(other.unwrap_or("")),
            }
        }
        "no-implicit-module" => o.no_implicit_module = truth()?,
        "o" => o.output = text(),
        "output-split-marker" => o.output_split_marker = Some(text()),
        "pass-pipeline" => o.pass_pipeline = Some(text()),
        "q" => o.quiet = truth()?,
        "run-reproducer" => o.run_reproducer = truth()?,
        "show-dialects" => o.show_dialects = truth()?,
        "split-input-file" => o.split = Some(value.filter(|v| !v.is_empty()).unwrap_or(SPLIT_MARKER).to_string()),
        "threads" => o.threads = Some(usize::read(value)?).filter(|n| *n > 0),
        "v" => o.verbose = truth()?,
        "verify-diagnostics" => {
            o.verify_diagnostics = match value {
                None | Some("" | "all") => Some(Verify::All),
                Some("only-expected") => Some(Verify::OnlyExpected),
                Some(other) => return choice(other),
            }
        }
        "verify-each" => o.verify_each = truth()?,
        "verify-roundtrip" => o.verify_roundtrip = truth()?,
        "version" => o.version = truth()?,
        _ => unreachable!("every name of FLAGS is handled"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Result<Options, String> {
        let args: Vec<String> = args.iter().map(|a| a.to_string()).collect();
        let mut registry = PassRegistry::new();
        cim_transforms::register(&mut registry);
        parse(&args, &registry, "cim-opt")
    }

    #[test]
    fn every_flag_is_handled_and_the_list_is_sorted() {
        let mut o = Options::default();
        for f in FLAGS {
            // The value may be refused; the name may not be unknown.
            let _ = set(&mut o, f.name, Some("1"));
        }
        assert!(FLAGS.windows(2).all(|w| w[0].name < w[1].name));
    }

    #[test]
    fn flags_take_one_or_two_dashes_and_values() {
        let o = read(&[
            "-split-input-file",
            "--verify-each=0",
            "-o",
            "out",
            "x.mlir",
            "--cse",
            "--canonicalize=top-down=0",
        ])
        .unwrap();
        assert_eq!(o.split.as_deref(), Some(SPLIT_MARKER));
        assert!(!o.verify_each);
        assert_eq!((o.output.as_str(), o.input.as_deref()), ("out", Some("x.mlir")));
        assert_eq!(o.passes[0], ("cse".into(), "".into()));
        assert_eq!(o.passes[1], ("canonicalize".into(), "top-down=0".into()));
        assert_eq!(read(&["-"]).unwrap().input.as_deref(), Some("-"));
    }

    #[test]
    fn usage_errors_are_worded_as_in_mlir() {
        let err = |args: &[&str]| read(args).unwrap_err();
        assert_eq!(
            err(&["--cses"]),
            "cim-opt: Unknown command line argument '--cses'.  Try: 'cim-opt --help'\ncim-opt: Did you mean '--cse'?"
        );
        assert_eq!(err(&["-o"]), "cim-opt: for the -o option: requires a value!");
        assert_eq!(
            err(&["--verify-each=x"]),
            "cim-opt: for the --verify-each option: 'x' is invalid value for boolean argument! Try 0 or 1"
        );
        assert_eq!(
            err(&["--mlir-elide-elementsattrs-if-larger=x"]),
            "cim-opt: for the --mlir-elide-elementsattrs-if-larger option: 'x' value invalid for uint argument!"
        );
        assert_eq!(
            err(&["--mlir-print-ir-after=foo"]),
            "cim-opt: for the --mlir-print-ir-after option: Cannot find option named 'foo'!"
        );
        assert!(err(&["a", "b"]).contains("at most 1 positional"));
        assert_eq!(
            err(&["--verify-diagnostics=x"]),
            "cim-opt: for the --verify-diagnostics option: Cannot find option named 'x'!"
        );
    }
}
