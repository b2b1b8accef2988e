//! The command line: subcommands, their options, and the help texts.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::Value;

use crate::package_args::{
    BuildArgs, CacheArgs, CacheCommand, KeysArgs, KeysCommand, PolicyArgs, TrustArgs, TrustCommand, VerifyArgs,
};
#[cfg(feature = "registry")]
use crate::package_args::{PullArgs, PushArgs};

/// Runs media pipelines, and shows what is in them.
#[derive(Debug, Parser)]
#[command(name = "remotemedia", bin_name = "remotemedia", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = "Examples:
  remotemedia run voice_notes.py --watch            run a pipeline, watch its nodes
  echo '[1, 2]' | remotemedia run sum.json          feed JSON lines, get JSON lines
  remotemedia inspect voice_notes.py --svg graph.svg
  remotemedia validate manifest.json
  remotemedia nodes Resample                        ports and parameters of a node type
  remotemedia build voice.json                      pack a pipeline with its models, signed

FILE is a manifest (JSON), a Python file that makes a pipeline, a package (.rmpkg, or oci://… in a registry), or - for a
manifest on standard input.")]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(RunArgs),
    Inspect(InspectArgs),
    Validate(ValidateArgs),
    Build(BuildArgs),
    #[cfg(feature = "registry")]
    Push(PushArgs),
    #[cfg(feature = "registry")]
    Pull(PullArgs),
    Verify(VerifyArgs),
    Keys(KeysArgs),
    Trust(TrustArgs),
    Cache(CacheArgs),
    Nodes(NodesArgs),
    Doctor(DoctorArgs),
}

impl Command {
    /// Whether errors are to be written as JSON.
    pub(crate) fn is_json(&self) -> bool {
        match self {
            Self::Run(args) => args.json,
            Self::Build(args) => args.json,
            Self::Inspect(args) => args.json,
            #[cfg(feature = "registry")]
            Self::Push(args) => args.json,
            #[cfg(feature = "registry")]
            Self::Pull(args) => args.json,
            Self::Keys(args) => match args.command {
                KeysCommand::New { json, .. } | KeysCommand::Ls { json } | KeysCommand::Export { json, .. } => json,
            },
            Self::Cache(args) => match args.command {
                CacheCommand::Ls { json } | CacheCommand::Clear { json } | CacheCommand::Verify { json } => json,
            },
            Self::Trust(args) => match &args.command {
                TrustCommand::Add { json, .. }
                | TrustCommand::Rm { json, .. }
                | TrustCommand::Ls { json }
                | TrustCommand::Policy(PolicyArgs { json, .. })
                | TrustCommand::Revoke { json, .. } => *json,
            },
            _ => false,
        }
    }
}

/// Run a pipeline on JSON lines
///
/// Inputs come from --input, or as JSON values, one per line, from standard input unless that is a terminal. Outputs go
/// to standard output as soon as they are there, one JSON value per line; audio, tensors and the like as objects that
/// describe them. Warnings and errors go to standard error. Ctrl-C stops the run and cleans up; a second one ends the
/// program at once.
#[derive(Args, Debug)]
#[command(after_long_help = "Exit codes:
  0    the pipeline came to its end, or the reader of the outputs had enough
  1    an error, described on standard error
  2    the command line is wrong
  130  Ctrl-C (143: asked to terminate)

Examples:
  remotemedia run double.json --input 1 --input 2.5
  remotemedia run words.json < lines.jsonl > words.jsonl
  remotemedia run split.json --packets --input '{\"value\": 1, \"port\": \"left\"}'
  remotemedia run cut.json --packets --data | remotemedia run hear.json --packets
  remotemedia run voice_notes.py --watch -- meeting.wav
  remotemedia run oci://registry.example/double:1.0 --input 1")]
pub(crate) struct RunArgs {
    /// The pipeline: a manifest, a package (a file, or oci://…), or a Python file (`file.py`, or `file.py:variable` to
    /// name one of several pipelines)
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// An item to feed in, as JSON; may be given several times. Standard input is not read then
    #[arg(short, long, value_name = "JSON", value_parser = json, allow_hyphen_values = true)]
    pub(crate) input: Vec<Value>,

    /// Show a live table of the nodes: rate, queue, drops, errors, call times
    #[arg(short, long)]
    pub(crate) watch: bool,

    /// Read and write packets: objects with the value, its kind, port, times and attributes
    #[arg(short, long)]
    pub(crate) packets: bool,

    /// Write the bytes of audio, tensors and the like too, as base64
    #[arg(short, long)]
    pub(crate) data: bool,

    /// Write errors, warnings and what --watch shows as JSON lines
    #[arg(long)]
    pub(crate) json: bool,

    /// Export spans and metrics to an OpenTelemetry collector; without ENDPOINT to OTEL_EXPORTER_OTLP_ENDPOINT, else to
    /// http://localhost:4318. Where that variable is set they are exported in any case
    #[arg(long, value_name = "ENDPOINT", num_args = 0..=1, require_equals = true)]
    pub(crate) otel: Option<Option<String>>,

    /// Tell more of what happens: -v information, -vv details, -vvv everything. Warnings are always told
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Run a package of somebody else even if its nodes reach beyond the pipeline: to files, devices, other code
    #[arg(long)]
    pub(crate) trust_native: bool,

    /// The longest the run may take
    #[arg(short, long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// Arguments for a Python file, after `--`
    #[arg(last = true, value_name = "ARGS")]
    pub(crate) args: Vec<String>,
}

/// Show the graph of a pipeline: its nodes, where each runs, and why
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  remotemedia inspect voice_notes.py
  remotemedia inspect manifest.json --svg graph.svg
  remotemedia inspect manifest.json --format dot | dot -Tpng -o graph.png
  remotemedia inspect voice.rmpkg                   what is in a package, and who signed it
  remotemedia inspect oci://registry.example/voice  the same of one in a registry, and how old it is")]
pub(crate) struct InspectArgs {
    /// The pipeline: a manifest, a package, or a Python file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// The form to show it in [default: by the ending of the output file, else text]
    #[arg(short, long, value_enum)]
    pub(crate) format: Option<Format>,

    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,

    /// The file to write to, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Write a drawing to this file; the same as `--format svg --output FILE`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["format", "json", "output"])]
    pub(crate) svg: Option<PathBuf>,

    /// Fetch packages in registries that are nodes, and show what is in them
    #[arg(long)]
    pub(crate) fetch: bool,

    /// Arguments for a Python file, after `--`
    #[arg(last = true, value_name = "ARGS")]
    pub(crate) args: Vec<String>,
}

/// A form in which a graph is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table, for people
    Text,
    /// JSON, for programs
    Json,
    /// The language of Graphviz
    Dot,
    /// The language of Mermaid, which many Markdown viewers draw
    Mermaid,
    /// A drawing
    Svg,
}

/// Check pipelines without running them
///
/// Finds every mistake that can be found before a node is made: in the JSON, the fields, the node types, the
/// connections. The exit code is 1 if there is one.
#[derive(Args, Debug)]
pub(crate) struct ValidateArgs {
    /// The pipelines: manifests, packages, or Python files
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// Fetch packages in registries that are nodes, and check what is in them
    #[arg(long)]
    pub(crate) fetch: bool,

    /// Write one JSON object per file
    #[arg(long)]
    pub(crate) json: bool,
}

/// List the node types, or show one of them
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  remotemedia nodes
  remotemedia nodes VoiceActivity
  remotemedia nodes --json")]
pub(crate) struct NodesArgs {
    /// The node type whose ports and parameters are to be shown
    pub(crate) name: Option<String>,

    /// Write JSON, with the schemas of the parameters
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show what this build and this machine have
#[derive(Args, Debug)]
pub(crate) struct DoctorArgs {
    /// Write one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text)
        .map_err(|error| format!("not valid JSON: {error}; text needs its double quotes, as in '\"hello\"'"))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    let duration =
        Duration::try_from_secs_f64(seconds).map_err(|_| "expected a positive number of seconds".to_owned())?;
    if duration.is_zero() { Err("expected a positive number of seconds".to_owned()) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <CommandLine as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn time_limits_are_positive_seconds() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["", "-1", "0", "inf", "NaN", "1m"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
