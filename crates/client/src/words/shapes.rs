//! Names of the fields of objects. They are described once, and not repeated in every object.

/// The fields of an object in their order, and the variant of an enum to which the object belongs. Shapes form a tree: each
/// one continues another shape by one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape(u32);

impl Shape {
    /// A struct without fields.
    pub(crate) const EMPTY: Self = Self(0);

    /// The number by which the page knows the shape.
    pub(crate) const fn number(self) -> u32 {
        self.0
    }
}

/// All shapes that have occurred. Their number depends only on the types of a game, not on the values.
#[derive(Debug)]
pub(crate) struct Shapes(Vec<Node>);

#[derive(Debug, Default)]
struct Node {
    /// Text of the description: the name of the variant, which is empty for a struct, and the names of the fields, each after a
    /// line feed. Its address does not change.
    description: String,
    /// The shapes that have one more field.
    longer: Vec<(&'static str, Shape)>,
    /// The variants of enums. Used only in the node of [`Shape::EMPTY`].
    variants: Vec<(&'static str, Shape)>,
}

impl Default for Shapes {
    fn default() -> Self {
        Self(vec![Node::default()])
    }
}

impl Shapes {
    /// A variant of an enum, without fields.
    pub(crate) fn variant(&mut self, name: &'static str) -> Shape {
        let known = find(&self.0[0].variants, name);
        known.unwrap_or_else(|| {
            let added = self.add(name.to_owned());
            self.0[0].variants.push((name, added));
            added
        })
    }

    /// A shape with another field at the end.
    pub(crate) fn with_field(&mut self, shape: Shape, name: &'static str) -> Shape {
        let node = &self.0[shape.0 as usize];
        find(&node.longer, name).unwrap_or_else(|| {
            let added = self.add([&*self.0[shape.0 as usize].description, name].join("\n"));
            self.0[shape.0 as usize].longer.push((name, added));
            added
        })
    }

    /// The description of a shape with this number; empty for an unknown number.
    pub(crate) fn description(&self, number: u32) -> &str {
        self.0.get(number as usize).map_or("", |node| &node.description)
    }

    fn add(&mut self, description: String) -> Shape {
        self.0.push(Node { description, ..Node::default() });
        Shape(self.0.len() as u32 - 1)
    }
}

fn find(names: &[(&'static str, Shape)], name: &str) -> Option<Shape> {
    names.iter().find(|(known, _)| *known == name).map(|(_, shape)| *shape)
}
