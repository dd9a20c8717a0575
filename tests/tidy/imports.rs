//! Checks that modules of a crate do not import each other in a cycle.
//!
//! The check considers the modules of one folder at a time, each together with its submodules. Imports between a module and
//! its own submodules do not count. An import of a re-exported name counts as an import of the module that defines the
//! name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::sources::{CRATES, Source};

/// Folders of benchmarks and tests that have several modules.
const BENCHMARKS_AND_TESTS: [&str; 10] = [
    "benches/durability",
    "benches/fanout",
    "benches/scaling",
    "benches/tick",
    "tests/conformance",
    "tests/faults",
    "tests/server",
    "tests/simulation",
    "tests/tidy",
    "tests/virtual_time",
];

/// Path of a module within its crate, such as `["transport", "timer"]`; empty for the crate root.
type ModulePath = Vec<String>;

/// A path that a module uses, such as `crate::transport::Timeouts`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Import {
    segments: Vec<String>,
    /// The name that a `use` declaration introduces; `None` for a path within an expression or a type.
    name: Option<String>,
}

/// The modules of a crate, and the paths that each of them uses.
struct Modules(BTreeMap<ModulePath, Vec<Import>>);

#[test]
fn modules_of_a_folder_import_each_other_in_one_direction() {
    let mut cycles = Vec::new();
    for folder in CRATES.into_iter().chain(BENCHMARKS_AND_TESTS) {
        for (parent, edges) in Modules::of_crate(folder).edges() {
            if let Some(cycle) = find_cycle(&edges) {
                let imports = cycle.windows(2).map(|pair| edges[&(pair[0].clone(), pair[1].clone())].as_str());
                let imports: Vec<_> = imports.collect();
                cycles.push(format!("{folder} {}: {}", parent.join("::"), imports.join(", ")));
            }
        }
    }
    assert!(cycles.is_empty(), "imports form cycles:\n{}", cycles.join("\n"));
}

/// Imports between the modules of one folder. The key is (importing module, imported module). The value describes one such
/// import.
type Edges = BTreeMap<(String, String), String>;

impl Modules {
    fn of_crate(folder: &str) -> Self {
        let sources = Source::all_of(folder);
        Self(sources.iter().map(|source| (module_path(folder, &source.path), parse_imports(&source.text()))).collect())
    }

    /// The imports between sibling modules, by the path of their parent module.
    fn edges(&self) -> BTreeMap<ModulePath, Edges> {
        let mut edges: BTreeMap<ModulePath, Edges> = BTreeMap::new();
        for (module, imports) in &self.0 {
            for import in imports {
                let Some(target) = self.defining_module(module, &import.segments) else { continue };
                let common = module.iter().zip(&target).take_while(|(a, b)| a == b).count();
                if let (Some(from), Some(to)) = (module.get(common), target.get(common)) {
                    let example = format!("{} imports {}", module.join("::"), import.segments.join("::"));
                    edges.entry(module[..common].to_vec()).or_default().insert((from.clone(), to.clone()), example);
                }
            }
        }
        edges
    }

    /// Resolves a path that is used in `module` to the module that defines the item. Returns `None` for items of other
    /// crates.
    fn defining_module(&self, module: &[String], segments: &[String]) -> Option<ModulePath> {
        let mut absolute = self.absolute(module, segments)?;
        // A re-export may refer to another re-export.
        for _ in 0..8 {
            let length = (0..=absolute.len()).rev().find(|length| self.0.contains_key(&absolute[..*length]))?;
            let (target, rest) = absolute.split_at(length);
            let Some(name) = rest.first() else { return Some(target.to_vec()) };
            let re_export = self.0[target].iter().filter(|import| import.name.as_ref() == Some(name));
            let Some(next) = re_export.filter_map(|import| self.absolute(target, &import.segments)).next() else {
                return Some(target.to_vec());
            };
            absolute = next;
        }
        panic!("{segments:?} in {module:?} is re-exported in a circle")
    }

    /// Converts a path that is used in `module` to a path from the crate root. Returns `None` for paths of other crates.
    fn absolute(&self, module: &[String], segments: &[String]) -> Option<Vec<String>> {
        let (first, rest) = segments.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([module, rest].concat()),
            "super" => {
                let supers = segments.iter().take_while(|segment| *segment == "super").count();
                let base = module.get(..module.len().checked_sub(supers)?)?;
                Some([base, &segments[supers..]].concat())
            }
            _ => {
                let child = [module, std::slice::from_ref(first)].concat();
                self.0.contains_key(&child).then(|| [module, segments].concat())
            }
        }
    }
}

fn module_path(folder: &str, file: &Path) -> ModulePath {
    let relative = file.strip_prefix(folder).expect("the file is in the folder of the crate").with_extension("");
    let names: ModulePath = relative.iter().map(|name| name.to_str().expect("paths are UTF-8").to_owned()).collect();
    if names == ["lib"] || names == ["main"] { Vec::new() } else { names }
}

/// The paths of all `use` declarations, and all other paths that begin with `crate` or `super`.
fn parse_imports(code: &str) -> Vec<Import> {
    let mut imports = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find(|character: char| is_identifier(character)) {
        let is_path_start = !rest[..start].ends_with("::");
        rest = &rest[start..];
        let word_length = rest.find(|character| !is_identifier(character)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word_length);
        rest = match word {
            "use" if is_path_start => parse_tree(after.trim_start(), &[], &mut imports),
            "crate" | "super" if is_path_start && after.starts_with("::") => {
                let first = imports.len();
                let after = parse_tree(rest, &[], &mut imports);
                imports[first..].iter_mut().for_each(|import| import.name = None);
                after
            }
            _ => after,
        };
    }
    imports
}

/// Parses a tree such as `a::{b::C, d as e}` and returns the code after it.
fn parse_tree<'c>(code: &'c str, prefix: &[String], imports: &mut Vec<Import>) -> &'c str {
    let mut segments = prefix.to_vec();
    let mut rest = code;
    loop {
        let length = rest.find(|character| !is_identifier(character)).unwrap_or(rest.len());
        let (segment, after) = rest.split_at(length);
        rest = after;
        if segment != "self" || segments.is_empty() {
            segments.extend((!segment.is_empty()).then(|| segment.to_owned()));
        }
        if let Some(after) = rest.strip_prefix("::") {
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            return parse_list(after, &segments, imports);
        } else {
            break;
        }
    }
    let mut name = segments.last().cloned().unwrap_or_default();
    if let Some(after) = rest.strip_prefix(" as ") {
        let length = after.find(|character| !is_identifier(character)).unwrap_or(after.len());
        (name, rest) = (after[..length].to_owned(), &after[length..]);
    }
    imports.push(Import { segments, name: Some(name) });
    rest
}

/// Parses the trees within braces and returns the code after the closing brace.
fn parse_list<'c>(code: &'c str, prefix: &[String], imports: &mut Vec<Import>) -> &'c str {
    let mut rest = code.trim_start();
    while !rest.starts_with('}') {
        assert!(!rest.is_empty(), "the list of {prefix:?} has no end");
        rest = parse_tree(rest, prefix, imports).trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    &rest[1..]
}

fn is_identifier(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '*'
}

/// Finds a cycle. Returns the names along it, and the first name again at the end.
fn find_cycle(edges: &Edges) -> Option<Vec<String>> {
    let mut finished = BTreeSet::new();
    edges.keys().find_map(|(start, _)| follow(start, edges, &mut Vec::new(), &mut finished))
}

/// Searches depth-first for an edge back to a name on the path.
fn follow<'e>(
    name: &'e String,
    edges: &'e Edges,
    path: &mut Vec<&'e String>,
    finished: &mut BTreeSet<&'e String>,
) -> Option<Vec<String>> {
    if let Some(start) = path.iter().position(|visited| *visited == name) {
        return Some(path[start..].iter().chain([&name]).map(|name| (*name).clone()).collect());
    }
    if finished.contains(name) {
        return None;
    }
    path.push(name);
    let targets = edges.keys().filter(|(from, _)| from == name).map(|(_, to)| to);
    let cycle = targets.into_iter().find_map(|target| follow(target, edges, path, finished));
    path.pop();
    finished.insert(name);
    cycle
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(sources: &[(&[&str], &str)]) -> Modules {
        let path = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Modules(sources.iter().map(|(names, code)| (path(names), parse_imports(code))).collect())
    }

    fn cycle_below(modules: &Modules, parent: &[&str]) -> Option<Vec<String>> {
        let parent: ModulePath = parent.iter().map(|name| (*name).to_owned()).collect();
        modules.edges().get(&parent).and_then(find_cycle)
    }

    #[test]
    fn use_trees_and_inline_paths_are_parsed() {
        let code = "use crate::a::{self, B, c::{D as E, F}};\nfn x() { super::g::h(); }";
        let imports: Vec<_> =
            parse_imports(code).into_iter().map(|import| (import.segments.join("::"), import.name)).collect();
        let expected = [
            ("crate::a", Some("a")),
            ("crate::a::B", Some("B")),
            ("crate::a::c::D", Some("E")),
            ("crate::a::c::F", Some("F")),
            ("super::g::h", None),
        ];
        assert_eq!(imports, expected.map(|(path, name)| (path.to_owned(), name.map(str::to_owned))));
    }

    #[test]
    fn a_cycle_through_submodules_and_re_exports_is_found() {
        let sources: [(&[&str], &str); 4] = [
            (&[], "pub use a::inner::Thing;"),
            (&["a"], "pub mod inner;"),
            (&["a", "inner"], "use crate::b::Other;"),
            (&["b"], "use crate::Thing;"),
        ];
        let names = ["a", "b", "a"].map(str::to_owned).to_vec();
        assert_eq!(cycle_below(&modules(&sources), &[]), Some(names));
    }

    #[test]
    fn imports_in_one_direction_or_between_parent_and_child_are_no_cycle() {
        let sources: [(&[&str], &str); 4] = [
            (&[], ""),
            (&["a"], "use inner::Thing; use crate::b::Other;"),
            (&["a", "inner"], "use super::Helper; use crate::b::{Other, Another};"),
            (&["b"], "use std::fmt;"),
        ];
        assert_eq!(cycle_below(&modules(&sources), &[]), None);
        assert_eq!(cycle_below(&modules(&sources), &["a"]), None);
    }
}
