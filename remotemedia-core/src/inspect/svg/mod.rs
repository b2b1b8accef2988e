//! An inspection as a picture: the graph from left to right, in SVG.

use crate::inspect::Inspection;
use coordinates::Coordinates;
use fixing::Fixing;
use layers::Layers;
use picture::Picture;

impl Inspection {
    /// The inspection as an SVG picture that stands alone or within a page, and follows a light or dark scheme.
    pub fn to_svg(&self) -> String {
        let picture = Picture::of(self);
        let mut layers = Layers::of(&picture.boxes, &picture.wires);
        ordering::order(&mut layers, &picture.wires);
        let fixing = Fixing::of(&picture.wires, &layers);
        let coordinates = Coordinates::of(&picture.wires, &layers, &fixing);
        paint::document(self, &picture, &Layout { layers, fixing, coordinates })
    }
}

/// Where everything stands.
struct Layout {
    layers: Layers,
    fixing: Fixing,
    coordinates: Coordinates,
}

mod coordinates;
mod fixing;
mod layers;
mod measure;
mod ordering;
mod paint;
mod picture;
mod style;
mod xml;
