//! `remotemedia run`: feeds a pipeline and writes what comes out of it.

use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use remotemedia::driver::Driver;
use remotemedia::pipeline::SessionConfig;
use remotemedia::session::Received;
use remotemedia::time::{Span, Timestamp};
use remotemedia::{Error, Session, Telemetry};

use crate::args::RunArgs;
use crate::console::{Console, Style};
use crate::failure::{Failure, Fault, warn};
use crate::host::Host;
use crate::items::{Inputs, Writer};
use crate::log::{self, Log};
use crate::open::{Loaded, is_stdin, open_to_run};
use crate::printer::Printer;
use crate::signals::Signals;
use crate::watch::{Screen, View, Watch};

/// Runs a pipeline to its end, and exports what is to be exported.
pub(crate) fn run(args: &RunArgs, host: &dyn Host, console: &mut Console<'_>) -> Result<u8, Failure> {
    let telemetry = telemetry(args, host, console)?;
    let result = run_pipeline(args, telemetry.as_ref(), host, console);
    if let Some(telemetry) = telemetry {
        telemetry.shut_down(EXPORT_GRACE);
    }
    result
}

/// Where spans and metrics go to. Only who asks for it by name is stopped by a mistake in it.
fn telemetry(args: &RunArgs, host: &dyn Host, console: &mut Console<'_>) -> Result<Option<Telemetry>, Failure> {
    if let Some(endpoint) = &args.otel {
        let telemetry =
            Telemetry::to(endpoint.as_deref()).map_err(|error| Fault::of(&error, host).in_file("--otel"))?;
        return Ok(Some(telemetry));
    }
    match Telemetry::from_env() {
        Ok(telemetry) => Ok(telemetry),
        Err(error) => {
            let warning = format!("no telemetry is exported: {error}");
            warn(console.err, console.err_style, args.json, &args.file.display().to_string(), &warning)
                .map_err(Failure::write)?;
            Ok(None)
        }
    }
}

fn run_pipeline(
    args: &RunArgs,
    telemetry: Option<&Telemetry>,
    host: &dyn Host,
    console: &mut Console<'_>,
) -> Result<u8, Failure> {
    let runtime = host.runtime(telemetry).map_err(|error| Fault::of(&error, host))?;
    let loaded = open_to_run(args, console.err_style, &runtime, host)?;
    let inputs = inputs(args, &loaded)?;
    let unfed = matches!(inputs, Inputs::None) && !loaded.pipeline.graph().inputs.is_empty();
    let no_input = unfed.then_some("no input; give --input JSON, or JSON lines on standard input");
    for warning in loaded.warnings().chain(no_input) {
        warn(console.err, console.err_style, args.json, &loaded.label, warning).map_err(Failure::write)?;
    }
    let screen = Arc::new(Mutex::new(Screen::new(io::stderr())));
    let (level, style) = (log::level(args.verbose), console.err_style);
    Log { level, style, as_json: args.json, screen: Arc::clone(&screen) }.start(telemetry);
    let driver = runtime.driver();
    let session = loaded.pipeline.launch(driver, &SessionConfig::default()).map_err(|error| Fault::of(&error, host))?;
    let run = Run { session: Arc::new(session), driver: Arc::clone(driver), screen, fault: Arc::default() };
    let signals = run.listen()?;
    let (ended, clean) = run.to_end(args, inputs, &signals, console)?;
    if !clean {
        let late = "some nodes had not cleaned up when the run ended";
        warn(console.err, console.err_style, args.json, &loaded.label, late).map_err(Failure::write)?;
    }
    match signals.code() {
        Some(code) => Err(Failure::Exit(code)),
        None => run.outcome(ended, host),
    }
}

/// What is fed to the pipeline.
fn inputs(args: &RunArgs, loaded: &Loaded) -> Result<Inputs, Failure> {
    let takes_inputs = !loaded.pipeline.graph().inputs.is_empty();
    match (args.input.is_empty(), takes_inputs) {
        (false, true) => Ok(Inputs::Given(args.input.clone())),
        (false, false) => Err(Failure::new(
            "usage",
            format!("{}: the pipeline takes no input, it begins with a source", loaded.label),
        )),
        (true, true) if !is_stdin(&args.file) && !io::stdin().is_terminal() => Ok(Inputs::Lines),
        (true, _) => Ok(Inputs::None),
    }
}

struct Run {
    session: Arc<Session>,
    driver: Arc<dyn Driver>,
    /// What standard error shows at its bottom.
    screen: Arc<Mutex<Screen>>,
    /// What is wrong with the input.
    fault: Arc<OnceLock<String>>,
}

/// How a run ended.
enum Ended {
    /// By itself.
    Finished,
    /// By an error of the pipeline.
    Failed(Error),
    /// By the time limit.
    TimedOut(Duration),
    /// Because an output could not be written.
    Unwritten(Failure),
}

impl Run {
    /// Lets Ctrl-C cancel the session.
    fn listen(&self) -> Result<Signals, Failure> {
        let session = Arc::clone(&self.session);
        Signals::listen(move || session.cancel()).map_err(no_thread)
    }

    /// Runs the session to its end. Gives how it ended, and whether every node is cleaned up.
    fn to_end(
        &self,
        args: &RunArgs,
        inputs: Inputs,
        signals: &Signals,
        console: &mut Console<'_>,
    ) -> Result<(Ended, bool), Failure> {
        let view = args.watch.then(|| self.view(args, console.err_style));
        let is_live = matches!(view, Some(View::Live(..)));
        let watch = view.map(|view| Watch::start(Arc::clone(&self.session), view)).transpose().map_err(no_thread)?;
        self.feed(inputs, args.packets).map_err(no_thread)?;

        let writer = Writer { packets: args.packets, data: args.data };
        let shared = (is_live && console.out_style.is_terminal).then_some(&*self.screen);
        let several_ports = self.session.outputs().count() > 1;
        let ended = self.pump(args.timeout, &mut Printer::new(console.out, writer, several_ports, shared));
        if !matches!(ended, Ended::Finished) {
            self.session.cancel();
        }
        let clean = self.session.wait_over(Some(self.driver.now() + CLEANUP_GRACE));
        signals.run_is_over();
        if let Some(watch) = watch {
            watch.finish(ended.in_words(signals));
        }
        Ok((ended, clean))
    }

    fn view(&self, args: &RunArgs, style: Style) -> View {
        match (args.json, style.is_terminal) {
            (true, _) => View::Json(io::stderr()),
            (false, true) => View::Live(Arc::clone(&self.screen), style),
            (false, false) => View::Plain(io::stderr()),
        }
    }

    /// Feeds the session from a thread of its own. It ends with the session, or with the process where it waits for a
    /// line that never comes.
    fn feed(&self, inputs: Inputs, packets: bool) -> io::Result<()> {
        let (session, driver, fault) = (Arc::clone(&self.session), Arc::clone(&self.driver), Arc::clone(&self.fault));
        let feed = move || {
            if let Err(message) = inputs.feed(&session, &*driver, packets) {
                fault.get_or_init(|| message);
            }
            session.finish();
        };
        thread::Builder::new().name("inputs".to_owned()).spawn(feed).map(drop)
    }

    /// Prints outputs as they come, until they end.
    fn pump(&self, limit: Option<Duration>, printer: &mut Printer<'_>) -> Ended {
        let end = limit.map(|limit| self.driver.now() + Span::from_secs_f64(limit.as_secs_f64()));
        loop {
            let printed = match self.next(end, printer) {
                Err(failure) => Err(failure),
                Ok(Err(error)) => return printer.flush().map_or_else(Ended::Unwritten, |()| Ended::Failed(error)),
                Ok(Ok(Received::Packet(port, packet))) => printer.print(&port, packet),
                Ok(Ok(Received::End)) => return printer.flush().map_or_else(Ended::Unwritten, |()| Ended::Finished),
                Ok(Ok(Received::Nothing)) => Ok(()),
            };
            if let Err(failure) = printed {
                return Ended::Unwritten(failure);
            }
            if let Some(limit) = limit.filter(|_| end.is_some_and(|end| self.driver.now() >= end)) {
                return Ended::TimedOut(limit);
            }
        }
    }

    /// The next output. What was printed is flushed before waiting for it.
    fn next(&self, end: Option<Timestamp>, printer: &mut Printer<'_>) -> Result<Result<Received, Error>, Failure> {
        match self.session.try_recv(None) {
            Ok(Received::Nothing) => {
                printer.flush()?;
                // A deadline keeps heavy nodes off this thread, which is to print what others make meanwhile.
                let patience = self.driver.now() + PATIENCE;
                Ok(self.session.recv(None, Some(end.map_or(patience, |end| end.min(patience)))))
            }
            other => Ok(other),
        }
    }

    fn outcome(&self, ended: Ended, host: &dyn Host) -> Result<u8, Failure> {
        match (ended, self.fault.get()) {
            (Ended::Finished, None) => Ok(0),
            (Ended::Finished, Some(fault)) => Err(Failure::new("input", fault)),
            (Ended::Failed(error), _) => Err(Fault::of(&error, host).into()),
            (Ended::TimedOut(limit), _) => {
                Err(Failure::new("timeout", format!("no end after {} s", limit.as_secs_f64())))
            }
            (Ended::Unwritten(failure), _) => Err(failure),
        }
    }
}

impl Ended {
    fn in_words(&self, signals: &Signals) -> &'static str {
        match self {
            _ if signals.code().is_some() => "cancelled",
            Self::Finished | Self::Unwritten(Failure::Exit(_)) => "finished",
            Self::TimedOut(_) => "out of time",
            Self::Failed(_) | Self::Unwritten(_) => "failed",
        }
    }
}

fn no_thread(error: io::Error) -> Failure {
    Failure::new("system", format!("the operating system gives no thread: {error}"))
}

/// How long one wait for an output takes at most.
const PATIENCE: Span = Span::from_millis(1_000);
/// How long nodes may take to clean up before the run ends all the same.
const CLEANUP_GRACE: Span = Span::from_millis(2_000);
/// How long a collector may take for what is left at the end.
const EXPORT_GRACE: Duration = Duration::from_secs(5);
