//! What the library has to say while it works, told to a callback of the host.

use std::cell::Cell;
use std::ffi::c_void;
use std::fmt::{self, Write};
use std::sync::{Arc, Once, PoisonError, RwLock};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, Subscriber};
use tracing::{Event, Level, Metadata, callsite};

use crate::callback::{HostData, inside, rm_destroy_fn};
use crate::error::rm_error_t;
use crate::guard::{Fault, guard};
use crate::status::{RM_STATUS_OK, RM_STATUS_UNSUPPORTED, rm_status_t};
use crate::table;
use crate::text::rm_str_t;

/// Something is lost or broken.
pub const RM_LOG_ERROR: i32 = 1;
/// Something is not as it should be; the library goes on.
pub const RM_LOG_WARN: i32 = 2;
/// What an operator may want to know.
pub const RM_LOG_INFO: i32 = 3;
/// What whoever searches for a fault wants to know.
pub const RM_LOG_DEBUG: i32 = 4;
/// Every step.
pub const RM_LOG_TRACE: i32 = 5;

/// One line of the log, lent until the callback returns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rm_log_record_t {
    /// The size of the struct in this library.
    pub struct_size: u32,
    /// How grave it is: `RM_LOG_…`.
    pub level: i32,
    /// The part of the library that speaks, such as `remotemedia_core::executor`.
    pub target: rm_str_t,
    /// What it says, with its values behind it: `falls back to small node=ask error=…`.
    pub message: rm_str_t,
}

/// Hears of one line. Calls may come on any thread, and several at once.
pub type rm_log_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, record: *const rm_log_record_t)>;

/// Who hears the log. Begin with `RM_LOG_LISTENER_INIT`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rm_log_listener_t {
    /// `sizeof(rm_log_listener_t)`.
    pub struct_size: u32,
    /// The least grave level that is told: `RM_LOG_…`.
    pub level: i32,
    /// Hears of each line. What it makes the library say itself is not told.
    pub record: rm_log_fn,
    /// What it is called with.
    pub user_data: *mut c_void,
    /// Lets go of `user_data`, once, after the last call; also when the listener is refused.
    pub destroy: rm_destroy_fn,
}

table::tables! { rm_log_listener_t: destroy; }

/// Lets `listener` hear the log of every runtime in the process, in place of the one before; null for none, which is
/// how the library begins. `RM_STATUS_UNSUPPORTED` in a program that is written in Rust and has a `tracing` subscriber
/// already. Any thread. Since 0.1, experimental.
///
/// # Safety
/// `listener` is null or readable; its callback and data may be used on any thread until `destroy` is called; `error`
/// is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_log_set(listener: *const rm_log_listener_t, error: *mut *mut rm_error_t) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let listener = unsafe { table::maybe(listener)? }.as_ref().map(Listener::new).transpose()?;
        install()?;
        replace(listener.map(Arc::new));
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Who listens.
struct Listener {
    level: LevelFilter,
    record: rm_log_fn,
    data: HostData,
}

impl Listener {
    fn new(table: &rm_log_listener_t) -> Result<Self, Fault> {
        let data = HostData { data: table.user_data, destroy: table.destroy };
        let level = match table.level {
            RM_LOG_ERROR => LevelFilter::ERROR,
            RM_LOG_WARN => LevelFilter::WARN,
            RM_LOG_INFO => LevelFilter::INFO,
            RM_LOG_DEBUG => LevelFilter::DEBUG,
            RM_LOG_TRACE => LevelFilter::TRACE,
            other => return Err(Fault::argument(format!("level is {other}, expected 1 to 5"))),
        };
        Ok(Self { level, record: table.record, data })
    }

    fn tell(&self, level: Level, target: &str, message: &str) {
        let Some(tell) = self.record else { return };
        let level = match level {
            Level::ERROR => RM_LOG_ERROR,
            Level::WARN => RM_LOG_WARN,
            Level::INFO => RM_LOG_INFO,
            Level::DEBUG => RM_LOG_DEBUG,
            Level::TRACE => RM_LOG_TRACE,
        };
        let (target, message) = (rm_str_t::lend(target), rm_str_t::lend(message));
        let record = rm_log_record_t { struct_size: size_of::<rm_log_record_t>() as u32, level, target, message };
        // SAFETY: the host promises what its table says; the record is lent until the call returns.
        inside(|| unsafe { tell(self.data.data, &raw const record) });
    }
}

static LISTENER: RwLock<Option<Arc<Listener>>> = RwLock::new(None);

thread_local! {
    /// Whether the thread is telling a line right now.
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// The thread tells a line until this is dropped.
struct Telling;

impl Telling {
    /// `None` if the thread is telling a line already.
    fn begin() -> Option<Self> {
        (!TELLING.replace(true)).then_some(Self)
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        TELLING.set(false);
    }
}

/// The least grave level that is told. Asked with locks of the log held, so the listener must not end in here.
fn level() -> LevelFilter {
    let listener = LISTENER.read().unwrap_or_else(PoisonError::into_inner);
    listener.as_ref().map_or(LevelFilter::OFF, |listener| listener.level)
}

fn current() -> Option<Arc<Listener>> {
    LISTENER.read().unwrap_or_else(PoisonError::into_inner).clone()
}

fn replace(listener: Option<Arc<Listener>>) {
    let before = std::mem::replace(&mut *LISTENER.write().unwrap_or_else(PoisonError::into_inner), listener);
    callsite::rebuild_interest_cache();
    drop(before);
}

/// Puts the subscriber in place, the first time that somebody asks for the log.
fn install() -> Result<(), Fault> {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // Another subscriber shows in the check below.
        let _ = tracing::subscriber::set_global_default(Told);
    });
    if tracing::dispatcher::get_default(|dispatch| dispatch.is::<Told>()) {
        return Ok(());
    }
    Err(Fault::new(RM_STATUS_UNSUPPORTED, "the program has a tracing subscriber already, which gets the log"))
}

/// Tells events to the listener. Spans are of no interest to it.
struct Told;

impl Subscriber for Told {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= level()
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(level())
    }

    fn event(&self, event: &Event<'_>) {
        let Some(listener) = current() else { return };
        let Some(_telling) = Telling::begin() else { return };
        let mut line = Line::default();
        event.record(&mut line);
        let Line { mut message, values } = line;
        message.push_str(&values);
        listener.tell(*event.metadata().level(), event.metadata().target(), &message);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// A line of the log: what is said, then the values.
#[derive(Default)]
struct Line {
    message: String,
    values: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail, and a value that does not want to be written is left out.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.values, " {name}={value:?}"),
        };
    }
}
