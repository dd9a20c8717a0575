//! Puts a module and all modules that it imports into one script.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use crate::module::{Export, Module};
use crate::{PackError, read};

/// Returns a script that does the same as the module at `entry`.
///
/// Each imported module becomes a function that runs once and returns the module's exports. The functions are in the order
/// in which a browser would run the modules: each after its imports. The code of `entry` follows them outside of any
/// function, so it may use `await`.
///
/// `write_script` receives the path and the script of each module that is imported dynamically. It returns the name of the
/// file that it has written beside the script.
pub(crate) fn bundle(
    entry: &Path,
    write_script: &dyn Fn(&Path, &str) -> Result<String, PackError>,
) -> Result<String, PackError> {
    let mut bundle = Bundle::new(write_script);
    bundle.numbers.insert(entry.to_owned(), None);
    let Loaded { bindings, code, .. } = bundle.load(entry)?;
    Ok(bundle.script + &bindings + &code)
}

/// Returns a module that does the same as the module at `entry`, and has the same exports. No module may use dynamic
/// imports.
pub(crate) fn bundle_module(entry: &Path) -> Result<String, PackError> {
    let mut bundle = Bundle::new(&|path, _| Err(PackError::DynamicImport(path.to_owned())));
    let number = bundle.add(entry)?;
    let exports: Vec<_> = parse(entry)?.exports.into_iter().map(|export| export.exported).collect();
    let _ = writeln!(bundle.script, "export const {{ {} }} = $module{number};", exports.join(", "));
    Ok(bundle.script)
}

struct Bundle<'a> {
    script: String,
    /// Numbers of the modules in `script` by path; `None` while the imports of a module are being added.
    numbers: BTreeMap<PathBuf, Option<usize>>,
    write_script: &'a dyn Fn(&Path, &str) -> Result<String, PackError>,
}

/// A module whose imports are in the script.
struct Loaded {
    /// Statements that bind the exports of the imported modules.
    bindings: String,
    code: String,
    exports: Vec<Export>,
}

impl<'a> Bundle<'a> {
    fn new(write_script: &'a dyn Fn(&Path, &str) -> Result<String, PackError>) -> Self {
        Self { script: String::new(), numbers: BTreeMap::new(), write_script }
    }

    /// Adds a module and its imports, and returns the module's number. Modules that were added before are not added again.
    fn add(&mut self, path: &Path) -> Result<usize, PackError> {
        match self.numbers.get(path) {
            Some(Some(number)) => return Ok(*number),
            Some(None) => return Err(PackError::Cycle(path.to_owned())),
            None => self.numbers.insert(path.to_owned(), None),
        };
        let Loaded { bindings, code, exports } = self.load(path)?;
        let number = self.numbers.values().flatten().count();
        self.numbers.insert(path.to_owned(), Some(number));
        let exports: Vec<_> = exports.iter().map(|export| format!("{}: {}", export.exported, export.local)).collect();
        let exports = exports.join(", ");
        let _ = writeln!(self.script, "const $module{number} = (() => {{\n{bindings}{code}return {{ {exports} }};\n}})();");
        Ok(number)
    }

    /// Reads a module, and adds its imports.
    fn load(&mut self, path: &Path) -> Result<Loaded, PackError> {
        let module = parse(path)?;
        let mut bindings = String::new();
        for import in &module.imports {
            let imported = self.add(&resolve(path, &import.path))?;
            if let Some(binding) = &import.binding {
                let _ = writeln!(bindings, "const {binding} = $module{imported};");
            }
        }
        let mut code = module.code;
        for imported in &module.dynamic_imports {
            let name = self.write_dynamic(&resolve(path, imported))?;
            code = code.replace(&format!("import('{imported}')"), &format!("import('./{name}')"));
        }
        Ok(Loaded { bindings, code, exports: module.exports })
    }

    /// Writes the script of a module that is imported dynamically, and returns the name of its file.
    fn write_dynamic(&self, path: &Path) -> Result<String, PackError> {
        let Module { imports, dynamic_imports, exports, code } = parse(path)?;
        // Imports are rejected, because the script would contain a second copy of each imported module.
        if !imports.is_empty() || !dynamic_imports.is_empty() {
            return Err(PackError::DynamicImport(path.to_owned()));
        }
        let exports: Vec<_> = exports.iter().map(|export| format!("{} as {}", export.local, export.exported)).collect();
        (self.write_script)(path, &format!("{code}export {{ {} }};\n", exports.join(", ")))
    }
}

fn parse(path: &Path) -> Result<Module, PackError> {
    Module::parse(&read(path)?).map_err(|(line, error)| PackError::Syntax { path: path.to_owned(), line, error })
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
