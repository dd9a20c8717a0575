//! Puts a module and all modules that it imports into one script.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use crate::module::Module;
use crate::{PackError, read};

/// Returns a script that does the same as the module at `entry`.
///
/// Each module becomes a function that runs once and returns the module's exports. The functions are in the order in which a
/// browser would run the modules: each after its imports.
pub(crate) fn bundle(entry: &Path) -> Result<String, PackError> {
    let mut bundle = Bundle::default();
    bundle.add(entry)?;
    Ok(bundle.script)
}

#[derive(Debug, Default)]
struct Bundle {
    script: String,
    /// Numbers of the modules in `script` by path; `None` while the imports of a module are being added.
    numbers: BTreeMap<PathBuf, Option<usize>>,
}

impl Bundle {
    /// Adds a module and its imports, and returns the module's number. Modules that were added before are not added again.
    fn add(&mut self, path: &Path) -> Result<usize, PackError> {
        match self.numbers.get(path) {
            Some(Some(number)) => return Ok(*number),
            Some(None) => return Err(PackError::Cycle(path.to_owned())),
            None => self.numbers.insert(path.to_owned(), None),
        };
        let module = Module::parse(&read(path)?).map_err(|(line, error)| PackError::Syntax {
            path: path.to_owned(),
            line,
            error,
        })?;
        let mut bindings = String::new();
        for import in &module.imports {
            let imported = self.add(&resolve(path, &import.path))?;
            if let Some(binding) = &import.binding {
                let _ = writeln!(bindings, "const {binding} = $module{imported};");
            }
        }
        let number = self.numbers.values().flatten().count();
        self.numbers.insert(path.to_owned(), Some(number));
        let exports: Vec<_> =
            module.exports.iter().map(|export| format!("{}: {}", export.exported, export.local)).collect();
        let exports = exports.join(", ");
        let code = &module.code;
        let _ = writeln!(self.script, "const $module{number} = (() => {{\n{bindings}{code}return {{ {exports} }};\n}})();");
        Ok(number)
    }
}

/// The path of a module that the module at `importer` imports as `path`.
fn resolve(importer: &Path, path: &str) -> PathBuf {
    let mut resolved = importer.parent().unwrap_or(Path::new("")).to_owned();
    for component in Path::new(path).components() {
        match component {
            Component::ParentDir => drop(resolved.pop()),
            Component::Normal(name) => resolved.push(name),
            _ => {}
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_importing_module() {
        assert_eq!(resolve(Path::new("web/demo/hud/board.js"), "../../netcode/x.js"), Path::new("web/netcode/x.js"));
        assert_eq!(resolve(Path::new("web/demo/main.js"), "./hud.js"), Path::new("web/demo/hud.js"));
    }
}
