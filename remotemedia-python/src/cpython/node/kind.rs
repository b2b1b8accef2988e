//! Kinds of node: how a Python object wants to be called, read from its methods without calling them.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// How an object takes part in a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One call, one result, on the calling thread.
    Plain,
    /// A generator function: a call gives many results.
    Generator,
    /// A generator function that makes items by itself.
    Source,
    /// A coroutine or asynchronous generator function.
    Async,
    /// A source on the event loop, or one whose function only tells what it gives when it is called.
    AsyncSource,
    /// Called once with an iterator of all inputs.
    Stream,
}

const GENERATOR: u32 = 0x20;
const COROUTINE: u32 = 0x80;
const ASYNC_GENERATOR: u32 = 0x200;

/// The object's kind and the function to call.
///
/// # Errors
/// If the object has no function to call.
pub(super) fn kind_of(object: &Bound<'_, PyAny>, source: bool) -> PyResult<(Kind, Py<PyAny>)> {
    let (function, streams) = function_of(object)?;
    let flags = code_flags(&function);
    let kind = match () {
        () if source && flags & GENERATOR != 0 => Kind::Source,
        () if source => Kind::AsyncSource,
        () if streams => Kind::Stream,
        () if flags & (COROUTINE | ASYNC_GENERATOR) != 0 => Kind::Async,
        () if flags & GENERATOR != 0 => Kind::Generator,
        () => Kind::Plain,
    };
    Ok((kind, function.unbind()))
}

/// Whether the function wants to know on which port its input came: it has a parameter called `port`.
pub(super) fn takes_port(function: &Bound<'_, PyAny>) -> bool {
    let names = || {
        let code = code_of(function)?;
        let count = |name: &str| code.getattr(name).and_then(|count| count.extract::<usize>());
        let known = count("co_argcount").ok()? + count("co_kwonlyargcount").ok()?;
        let names: Vec<String> = code.getattr("co_varnames").ok()?.extract().ok()?;
        Some(names.into_iter().take(known).any(|name| name == "port"))
    };
    names().unwrap_or(false)
}

fn function_of<'py>(object: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyAny>, bool)> {
    if let Some(process) = method(object, "process")? {
        let streams = match object.getattr_opt("is_streaming")? {
            Some(flag) => flag.is_truthy()?,
            None => false,
        };
        return Ok((process, streams));
    }
    if let Some(stream) = method(object, "stream")? {
        return Ok((stream, true));
    }
    if object.is_callable() {
        return Ok((object.clone(), false));
    }
    let name = object.get_type().name()?;
    Err(PyTypeError::new_err(format!("{name} has neither process() nor stream(), which a node needs")))
}

fn method<'py>(object: &Bound<'py, PyAny>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(method) = object.getattr_opt(name)? else { return Ok(None) };
    let is_abstract = match method.getattr_opt("__isabstractmethod__")? {
        Some(flag) => flag.is_truthy()?,
        None => false,
    };
    Ok(Some(method).filter(|method| method.is_callable() && !is_abstract))
}

fn code_flags(function: &Bound<'_, PyAny>) -> u32 {
    let flags = code_of(function).and_then(|code| code.getattr("co_flags").ok()?.extract().ok());
    flags.unwrap_or_default()
}

/// The code behind a function, a method, a partial application or a callable object.
fn code_of<'py>(function: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let mut function = function.clone();
    for _ in 0..MAX_WRAPPERS {
        if let Ok(Some(code)) = function.getattr_opt("__code__") {
            return Some(code);
        }
        let inner = ["__func__", "func", "__call__"].iter().find_map(|name| function.getattr_opt(*name).ok().flatten());
        function = inner?;
    }
    None
}

/// How many partial applications and methods around a function are looked through.
const MAX_WRAPPERS: usize = 8;
