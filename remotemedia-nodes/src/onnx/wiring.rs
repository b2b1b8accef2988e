//! The wiring: which port of a node feeds which input of its model, and which output each port gives.

use std::collections::HashMap;

use remotemedia_core::error::{NodeError, NodeResult};
use remotemedia_core::node::NodeContext;
use serde_json::{Map, Value};

use super::model::{Model, Port};

/// How ports and model are connected.
#[derive(Debug)]
pub(super) struct Wiring {
    /// The inputs of the model that ports feed, by index.
    pub(super) feeds: Vec<usize>,
    /// The feed of each input port of the node.
    ports: HashMap<usize, usize>,
    /// What is given, in the order of emission.
    pub(super) gives: Vec<Gives>,
}

/// An output of the model and the port that gives it.
#[derive(Debug)]
pub(super) struct Gives {
    pub(super) output: usize,
    pub(super) port: usize,
    /// Whether the packet has to say which output it is.
    pub(super) named: bool,
}

impl Wiring {
    /// The wiring of `model` in a node with the ports of `cx`.
    ///
    /// # Errors
    /// If a name is not the model's, or an input is fed by nothing.
    pub(super) fn of(
        model: &Model,
        cx: &NodeContext,
        constants: &Map<String, Value>,
        input: Option<&str>,
        outputs: Option<&[String]>,
    ) -> NodeResult<Self> {
        let named = named_ports(model, model.inputs(), &cx.inputs, "in", "takes")?;
        let free = |(index, port): &(usize, &Port)| {
            !constants.contains_key(&port.name) && !named.iter().any(|(_, input)| input == index)
        };
        let mut fed = named.clone();
        let left: Vec<(usize, &Port)> = model.inputs().iter().enumerate().filter(free).collect();
        fed.extend(feed_of_default(model, &left, input)?.map(|input| (0, input)));
        let feeds: Vec<usize> = fed.iter().map(|(_, input)| *input).collect();
        let ports = fed.iter().enumerate().map(|(feed, (port, _))| (*port, feed)).collect();
        Ok(Self { feeds, ports, gives: gives(model, cx, outputs)? })
    }

    /// Which feed the node's input port `port` is.
    pub(super) fn feed_of(&self, port: usize) -> Option<usize> {
        self.ports.get(&port).copied()
    }
}

/// The node's ports with names of the model's, beside the one called `default`.
fn named_ports(
    model: &Model,
    known: &[Port],
    ports: &[String],
    default: &str,
    verb: &str,
) -> NodeResult<Vec<(usize, usize)>> {
    let beside = ports.iter().enumerate().filter(|(_, name)| *name != default);
    let find = |(index, name): (usize, &String)| {
        let found = known.iter().position(|port| port.name == *name);
        found.map(|found| (index, found)).ok_or_else(|| unknown(model, known, name, verb))
    };
    beside.map(find).collect()
}

fn feed_of_default(model: &Model, left: &[(usize, &Port)], input: Option<&str>) -> NodeResult<Option<usize>> {
    if let Some(name) = input {
        model.input(name)?;
    }
    let others: Vec<&str> =
        left.iter().map(|(_, port)| port.name.as_str()).filter(|name| Some(*name) != input).collect();
    match (left, input) {
        ([], _) => Ok(None),
        ([(only, _)], None) => Ok(Some(*only)),
        (_, Some(name)) if others.is_empty() => {
            Ok(left.iter().find(|(_, port)| port.name == name).map(|(index, _)| *index))
        }
        _ => Err(NodeError::new(format!(
            "model {} has inputs that nothing feeds: {}; connect ports of these names or give constants",
            model.path().display(),
            others.join(", ")
        ))),
    }
}

fn gives(model: &Model, cx: &NodeContext, outputs: Option<&[String]>) -> NodeResult<Vec<Gives>> {
    let named = named_ports(model, model.outputs(), &cx.outputs, "out", "gives")?;
    let by_default: Vec<usize> = match outputs {
        Some(names) => {
            let find = |name: &String| model.outputs().iter().position(|port| port.name == *name);
            names
                .iter()
                .map(|name| find(name).ok_or_else(|| unknown(model, model.outputs(), name, "gives")))
                .collect::<NodeResult<_>>()?
        }
        None => (0..model.outputs().len()).filter(|index| !named.iter().any(|(_, output)| output == index)).collect(),
    };
    let several = by_default.len() > 1;
    let default = by_default.into_iter().map(|output| Gives { output, port: 0, named: several });
    let own = named.into_iter().map(|(port, output)| Gives { output, port, named: false });
    Ok(default.chain(own).collect())
}

/// An error about a name that is not among `known`.
pub(super) fn unknown(model: &Model, known: &[Port], name: &str, verb: &str) -> NodeError {
    let names = known.iter().map(|port| port.name.as_str()).collect::<Vec<_>>().join(", ");
    NodeError::new(format!("model {} {verb} no \"{name}\", it {verb}: {names}", model.path().display()))
}
