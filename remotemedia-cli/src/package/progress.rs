//! A bar that shows how far long work is, on terminals alone.

use std::borrow::Cow;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::console::Style;

/// A bar on standard error, which goes away with its owner.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar for `total` bytes of what is done, such as `writing`.
    pub(crate) fn new(style: Style, what: &'static str, total: u64) -> Self {
        Self::with(style, what, Some(total), "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
    }

    /// A line for what is done with nobody knows how many bytes.
    pub(crate) fn counting(style: Style, what: &'static str) -> Self {
        Self::with(style, what, None, "{msg} {bytes} {bytes_per_sec}")
    }

    /// A line for what goes on, nobody knows how far.
    pub(crate) fn waiting(style: Style, what: String) -> Self {
        let bar = Self::with(style, what, None, "{spinner} {msg} {elapsed}");
        bar.0.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    fn with(style: Style, what: impl Into<Cow<'static, str>>, total: Option<u64>, template: &str) -> Self {
        let target = if style.is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(total, target).with_message(what);
        Self(bar.with_style(ProgressStyle::with_template(template).expect("the templates are valid")))
    }

    /// Notes that so many further bytes are done.
    pub(crate) fn advance(&self, len_bytes: u64) {
        self.0.inc(len_bytes);
    }
}

impl remotemedia::pkg::Meter for Bar {
    fn expect(&self, len_bytes: u64) {
        self.0.inc_length(len_bytes);
    }

    fn advance(&self, len_bytes: u64) {
        Bar::advance(self, len_bytes);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
